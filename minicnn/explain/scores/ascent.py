"""Gradient ascent: a picture made to please one filter, step by step up the slope of its mean."""

from typing import NamedTuple

import numpy as np

from ...arguments import is_integer
from ...models import Model
from ...types import Array, ArrayLike
from ..terms import find, inside, unfold
from .score import one


class Ascent(NamedTuple):
    """A picture that was made to please one filter.

    Attributes
    ----------
    x : (H, W, C)
        As the model takes it.
    values : (steps + 1,)
        What was to grow, the mean of the filter's map: before the first step, and after each.

    Examples
    --------
    >>> Ascent(np.zeros((1, 1, 1)), np.array([0.5, 2.0])).values[-1].item()
    2.0
    """

    x: Array
    values: Array


def gradient_ascent(
    model: Model,
    layer: str,
    channel: int,
    steps: int = 40,
    rate: float = 0.02,
    x: ArrayLike | None = None,
    seed: int = 0,
) -> Ascent:
    """Make a picture that one filter answers to: from noise, step by step up the gradient of its map's mean.

    x <- clip(x + rate * (high - low) * g / rms(g), low, high),    g = d mean over i, j of A[i, j, channel] / d x

    Parameters
    ----------
    model : Model
        Of one input of known size.
    layer : str
        "conv2d_1", or "conv2d_1 (before relu)": what a closed ReLU would hide has a slope there. Not of a model inside.
    channel : int
        Which of its maps, or which entry of its row.
    steps : int
        How many.
    rate : float
        How far a step goes, as a share of the range of pixels: the root of its mean square.
    x : (H, W, C), optional
        Where to begin, as the model takes it; by default grey noise.
    seed : int
        Of the noise.

    Returns
    -------
    ascent : Ascent

    Raises
    ------
    ValueError
        A layer or channel that the model does not have, or that lies within a model in it; no positive number.

    Notes
    -----
    Pixels stay from 0 to 255, as the model's classifier.json scales them; without one x itself does. Source: Erhan et
    al. 2009, "Visualizing higher-layer features of a deep network".

    Examples
    --------
    >>> from minicnn.models import tinyvgg
    >>> model = tinyvgg((64, 64), 10, seed=0)
    >>> picture, values = gradient_ascent(model, "conv2d_1", 3, steps=5)
    >>> picture.shape, bool(values[-1] > values[0])
    ((64, 64, 3), True)
    """
    if not is_integer(steps) or steps < 1:
        raise ValueError(f"`steps` must be a positive integer. Received: steps={steps!r}.")
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"`rate` must be a positive number. Received: rate={rate!r}.")
    at, part = find(unfold(model), layer)
    if "/" in at.key or ":" in at.key or part == inside.DEPTHWISE:
        raise ValueError(f"`layer` must be a layer of the model itself, called once. Received: {layer!r}.")
    if not is_integer(channel) or not 0 <= channel < int(at.shape[-1] or 0):
        raise ValueError(f"`channel` must name one of the {at.shape[-1]} of {layer!r}. Received: channel={channel!r}.")
    # The model's own call of the layer: another model may have called it since.
    upto = Model(model.inputs, next(node for node in model.nodes if node.layer is at.layer).outputs[0])
    low, high = _range(model)
    shape = tuple(int(side or 0) for side in model.inputs[0].shape[1:])
    if x is None:
        noise = np.random.default_rng(seed).normal(0.5, 0.1, shape)
        x = (low + (high - low) * noise.clip(0, 1)).astype(model.dtype or "float32")
    picture, values = one(model, x), []
    for _ in range(steps):
        value, gradient = _mean(upto, picture, channel, part is not None)
        values.append(value)
        size = float(np.sqrt(np.square(gradient, dtype=np.float64).mean()))
        moved = picture + (rate * (high - low) / size if size else 0.0) * gradient
        picture = np.clip(moved, low, high).astype(picture.dtype)
    values.append(_mean(upto, picture, channel, part is not None)[0])
    return Ascent(picture[0], np.array(values))


def _range(model: Model) -> tuple[Array, Array]:
    """Return the smallest and the largest number that a pixel becomes, one for all channels or one each."""
    card = model.classifier or {}
    scale, offset = (np.asarray(card.get(name, usual), np.float64) for name, usual in (("scale", 1), ("offset", 0)))
    return np.minimum(offset, 255 * scale + offset), np.maximum(offset, 255 * scale + offset)


def _mean(upto: Model, batch: Array, channel: int, before: bool) -> tuple[float, Array]:
    """Return the mean of a map, or an entry of a row, and its gradient at the picture."""
    out = upto.forward(batch, keep=True, logits=before)
    dy = np.zeros_like(out)
    dy[..., channel] = out.shape[-1] / out.size
    return float(out[..., channel].mean()), upto.backward(dy)
