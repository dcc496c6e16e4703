"""Occlusion: cover the picture part after part, and see how far the score of a class falls."""

import numpy as np

from ...arguments import is_integer
from ...models import Model
from ...types import Array, ArrayLike
from .score import Class, Scored, one, score

BATCH = 32


def occlusion(
    model: Model,
    x: ArrayLike,
    label: Class | None = None,
    size: int | None = None,
    stride: int | None = None,
    fill: ArrayLike | None = None,
    against: Class | None = None,
) -> Array:
    """Compute how far the score of a class falls when a square around each pixel is covered.

    m[i, j] = score(x) - the mean score over all covers that lie on pixel (i, j)

    Parameters
    ----------
    model : Model
        Of one input and one row of outputs.
    x : (H, W, C) or (1, H, W, C)
        One picture, as the model takes it.
    label : int or str, optional
        The class, by number or by name; by default the one that the model names.
    size : int, optional
        Of the square, in pixels; by default an eighth of the picture's shorter side.
    stride : int, optional
        From one square to the next, in pixels, at most `size`; by default half of it. The last square ends at the edge.
    fill : float, or one a channel, optional
        What covers, on x's scale; by default the picture's mean colour.
    against : int or str, optional
        Another class: the score is then the difference of both logits.

    Returns
    -------
    m : (H, W)
        In units of the score. Above 0: what lies there speaks for the class; below 0: against it.

    Raises
    ------
    ValueError
        More than one picture, a class that the model does not have, or a size or stride that does not fit.

    Notes
    -----
    It costs a forward pass a square, (H / stride) * (W / stride) of them. Source: Zeiler & Fergus 2013, "Visualizing
    and understanding convolutional networks", arXiv:1311.2901, section 4.2.

    Examples
    --------
    >>> from minicnn import Dense, Flatten, Input, Sequential
    >>> model = Sequential([Input((2, 2, 1)), Flatten(), Dense(2)])
    >>> model.set_weights([np.array([[1.0, 0], [2, 0], [3, 0], [4, 0]]), np.zeros(2)])
    >>> occlusion(model, np.ones((2, 2, 1)), label=0, size=1, fill=0).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    batch = one(model, x)
    height, width = batch.shape[1:3]
    size = _whole(max(1, min(height, width) // 8) if size is None else size, "size", min(height, width))
    stride = _whole(max(1, size // 2) if stride is None else stride, "stride", size)
    whole = score(model, batch, label, against)
    cover = (
        batch.mean((0, 1, 2)) if fill is None else np.asarray(fill, batch.dtype if batch.dtype.kind == "f" else float)
    )
    picture = batch.astype(np.result_type(batch.dtype, np.float32))
    places = [(top, left) for top in _starts(height, size, stride) for left in _starts(width, size, stride)]
    total, count = np.zeros((height, width)), np.zeros((height, width))
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        covered = np.repeat(picture, len(some), 0)
        for k, (top, left) in enumerate(some):
            covered[k, top : top + size, left : left + size] = cover
        out = model.forward(covered, logits=True)
        for (top, left), z in zip(some, out, strict=True):
            at = np.s_[top : top + size, left : left + size]
            total[at] += whole.value - _of(whole, z)
            count[at] += 1
    return (total / count).astype(model.dtype or picture.dtype)


def _of(scored: Scored, z: Array):
    """Return the score of the same class, or pair of classes, for other logits."""
    if len(z) == 1:
        return float(z[0]) if scored.label else -float(z[0])
    return float(z[scored.label]) - (0 if scored.against is None else float(z[scored.against]))


def _starts(length: int, size: int, stride: int):
    starts = list(range(0, length - size + 1, stride))
    return starts if starts[-1] + size == length else [*starts, length - size]


def _whole(value: int, name: str, most: int):
    if not is_integer(value) or not 1 <= value <= most:
        raise ValueError(f"`{name}` must be an integer from 1 to {most}. Received: {value!r}.")
    return int(value)
