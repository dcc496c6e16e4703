"""One recorded run of a model: every place's output and, after the loss, the gradient there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import losses
from ...models import Model
from ...types import AnyArray, Array, ArrayLike, Arrays
from . import inside
from .places import Place, unfold


@dataclass
class Run:
    """What one pass of a model gave: every place's output and, after the loss, its gradient.

    Attributes
    ----------
    places : dict
        Key -> Place.
    values : dict
        Key -> output.
    gradients : dict
        Key -> the loss's gradient at that output.
    grads : dict
        "conv2d/kernel" -> the loss's gradient at that array.
    loss : Loss
    target : array
        What the loss took as the truth.
    value : float
        The loss.
    fused : bool
        Whether the loss took the logits before the last activation: the last output is then the logits, and what the
        model returns has no gradient of its own.
    last : str
        The key of the last output.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((2,)), Dense(2)])
    >>> model.set_weights([np.eye(2), [0.0, 0.0]])
    >>> run = run_backward(model, [3.0, 3.0], 1)  # both classes at 0.5, class 1 is true
    >>> run.last, run.values["dense"].tolist(), run.gradients["dense"].round(3).tolist()
    ('dense', [[3.0, 3.0]], [[0.5, -0.5]])
    """

    places: dict[str, Place]
    values: Arrays
    gradients: Arrays
    grads: Arrays
    loss: losses.Loss
    target: AnyArray
    value: float
    fused: bool
    last: str

    @property
    def start(self) -> tuple[str, str | None]:
        """The (key, part) of what the loss takes: where the gradients begin."""
        at = self.places[self.last]
        part = inside.before(at.layer)
        return (self.last, None) if not self.fused else (self.last, part) if part else (at.sources[0], None)

    def inputs(self, at: Place) -> list[Array]:
        """List what went into a place."""
        return [self.values[key] for key in at.sources]

    def output_at(self, at: Place, part: str | None) -> Array:
        """Return what a place computed: its output, or a part inside it."""
        if part is None or (self.last, part) == self.start == (at.key, part):
            return self.values[at.key]
        return inside.value(at.layer, self.inputs(at)[0], part)

    def gradient_at(self, at: Place, part: str | None) -> Array:
        """Return the loss's gradient at a place's output, or at a part inside it."""
        if (at.key, part) == self.start:
            return self.gradients[self.last]
        if self.fused and (at.key, part) == (self.last, None):
            raise ValueError(
                f"`what` must name a number that has a gradient; {at.key!r} is part of the loss, which is "
                f"computed from {inside.named(*self.start)!r}: ask there. Received: what={at.key!r}."
            )
        if part is None:
            return self.gradients[at.key]
        if part == inside.DEPTHWISE:
            return inside.through_pointwise(at.layer, self.gradient_at(at, inside.before(at.layer)))
        return inside.through_activation(at.layer, self.gradients[at.key], self.inputs(at)[0], self.values[at.key])


def run_forward(model: Model, x: ArrayLike) -> tuple[dict[str, Place], Arrays]:
    """Run the model as when predicting.

    Parameters
    ----------
    model : Model
        With one input.
    x : (N, ...) or one example (...)

    Returns
    -------
    places : dict
        Key -> Place.
    values : dict
        Key -> output.

    Examples
    --------
    >>> from minicnn import Input, ReLU, Sequential
    >>> places, values = run_forward(Sequential([Input((2,)), ReLU()]), [-3.0, 5.0])
    >>> places["re_lu"].kind, values["re_lu"].tolist()
    ('ReLU', [[0.0, 5.0]])
    """
    values: Arrays = {}
    model.forward(as_batch(model, x), record=values)
    return unfold(model), values


def run_backward(model: Model, x: ArrayLike, y: ArrayLike) -> Run:
    """Run the model as when predicting, then the loss and everything back.

    Parameters
    ----------
    model : Model
        With one input and one output.
    x : (N, ...) or one example (...)
    y : int, list of int, or array
        The true class, one class an example, or what the loss takes.

    Returns
    -------
    run : Run

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((2,)), Dense(2)])
    >>> model.set_weights([np.zeros((2, 2)), [0.0, 0.0]])
    >>> run = run_backward(model, [2.0, 4.0], 0)
    >>> round(float(run.value), 4), run.grads["dense/kernel"].round(3).tolist()  # log 2; x * (p - t)
    (0.6931, [[-1.0, 1.0], [-2.0, 2.0]])
    """
    loss = loss_of(model)
    fused = loss.takes_logits(model)
    values: Arrays = {}
    gradients: Arrays = {}
    out = model.forward(as_batch(model, x), keep=True, logits=fused, record=values)
    try:
        target = labels(loss, y, out.shape)
        value, dy = loss.value_and_gradient(target, out, None, fused or None)
        model.backward(dy, record=gradients)
    except BaseException:
        model.forget()
        raise
    places = unfold(model)
    return Run(places, values, gradients, dict(model.grads), loss, target, value, fused, list(places)[-1])


def loss_of(model: Model) -> losses.Loss:
    """Return the loss that the model was compiled with, or the one that belongs to how it ends.

    Raises
    ------
    ValueError
        The model has several outputs.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> loss = loss_of(Sequential([Input((4,)), Dense(3)]))
    >>> loss.name, loss.from_logits
    ('categorical_crossentropy', True)
    """
    if model.loss is not None:
        return model.loss
    if isinstance(model.outputs, list) and len(model.outputs) != 1:
        raise ValueError(f"Only models with one output can be explained. Received: {len(model.outputs)} outputs.")
    logits = not losses.gives_probabilities(model)
    binary = model.activation == "sigmoid" or model.output_shape[-1] == 1
    return (losses.BinaryCrossentropy if binary else losses.CategoricalCrossentropy)(from_logits=logits)


def labels(loss: losses.Loss, y: ArrayLike, shape: Sequence[int]) -> AnyArray:
    """Turn a class, or one class an example, into what the loss takes; anything else is left to the loss's check.

    Parameters
    ----------
    loss : Loss
    y : int, list of int, or array
    shape : (N, ..., K)
        Of the predictions.

    Returns
    -------
    target : array

    Raises
    ------
    ValueError
        A class that the model does not have.

    Examples
    --------
    >>> labels(losses.CategoricalCrossentropy(), 1, (2, 3)).tolist()
    [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
    """
    y = np.asarray(y)
    whole = np.issubdtype(y.dtype, np.integer) or y.dtype == bool
    if y.ndim == 0:
        y = np.full(shape[0], y)
    sparse = isinstance(loss, losses.SparseCategoricalCrossentropy)
    if whole and y.shape == (shape[0],) and len(shape) == 2 and shape[-1] > 1 and not sparse:
        if y.min() < 0 or y.max() >= shape[-1]:
            raise ValueError(f"`y` must be classes from 0 to {shape[-1] - 1}. Received: y={y.tolist()}.")
        y = np.eye(shape[-1])[y.astype(int)]
    return y.astype(float) if whole and not sparse else y


def as_batch(model: Model, x: ArrayLike) -> AnyArray:
    """Return x as a batch of the model's one input: a single example gets its axis.

    Parameters
    ----------
    model : Model
    x : (N, ...) or one example (...)

    Returns
    -------
    batch : (N, ...)

    Raises
    ------
    ValueError
        The model has several inputs.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((2,)), Dense(3)])
    >>> as_batch(model, [1.0, 2.0]).tolist(), as_batch(model, [[1.0, 2.0], [3.0, 4.0]]).shape
    ([[1.0, 2.0]], (2, 2))
    """
    if len(model.inputs) != 1:
        raise ValueError(f"Only models with one input can be explained. Received: {len(model.inputs)} inputs.")
    x = np.asarray(x)
    rank = len(model.inputs[0].shape)
    return x[None] if x.ndim == rank - 1 else x


def fed(pixels: AnyArray, card: Mapping[str, Any]) -> Array:
    """Scale an image's pixels as a model's classifier.json says, in float64 and rounded once, as the page does.

    Parameters
    ----------
    pixels : (H, W, C)
    card : dict
        The classifier.json: `scale` and `offset`, one for all channels or one each.

    Returns
    -------
    x : (H, W, C) float32

    Examples
    --------
    >>> fed(np.array([[[255, 51, 0]]], np.uint8), {"scale": 1 / 255, "offset": -0.5}).ravel().tolist()
    [0.5, -0.30000001192092896, -0.5]
    """
    return (pixels.astype(np.float64) * card["scale"] + card["offset"]).astype(np.float32)
