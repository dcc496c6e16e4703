"""Patches: the pictures that make a map strongest, of each the part that the map's strongest cell sees."""

from typing import NamedTuple

import numpy as np

from ...arguments import is_integer
from ...models import Model
from ...types import ArrayLike, Pair
from ..terms import closes, find, inside, run_forward, seen_by, unfold

BATCH = 32


class Patch(NamedTuple):
    """A part of a picture that makes a map strong.

    Attributes
    ----------
    picture : int
        Which of the pictures.
    cell : (row, column)
        The map's largest cell on it.
    value : float
        Of that cell.
    rows, columns : range
        Of the picture: what the cell sees.

    Examples
    --------
    >>> patch = Patch(0, (1, 2), 3.5, range(1, 3), range(2, 4))
    >>> np.arange(25).reshape(5, 5)[np.ix_(patch.rows, patch.columns)].tolist()  # its pixels
    [[7, 8], [12, 13]]
    """

    picture: int
    cell: Pair
    value: float
    rows: range
    columns: range


def patches(model: Model, layer: str, channel: int, x: ArrayLike, count: int = 9) -> list[Patch]:
    """Find what a filter looks for: the pictures in which its map is largest somewhere, and what that cell sees.

    Parameters
    ----------
    model : Model
        Of one input of known size.
    layer : str
        Its name, as `trace` takes it; its output are maps.
    channel : int
        Which of its maps.
    x : (N, H, W, C)
        Pictures, as the model takes them.
    count : int
        How many at most, one a picture.

    Returns
    -------
    patches : list of Patch
        The strongest first. Pictures in which a ReLU closes the whole map are none.

    Raises
    ------
    ValueError
        The layer's output are no maps of the picture, or it has no such channel.

    Notes
    -----
    Source: Zeiler & Fergus 2013, "Visualizing and understanding convolutional networks", arXiv:1311.2901, section 4.

    Examples
    --------
    >>> from minicnn import Conv2D, Input, Sequential
    >>> model = Sequential([Input((3, 4, 1)), Conv2D(1, 2, name="conv")])
    >>> model.set_weights([np.ones((2, 2, 1, 1)), np.zeros(1)])
    >>> x = np.zeros((2, 3, 4, 1))
    >>> x[1, 1, 2] = 5  # the second picture has one bright pixel
    >>> patches(model, "conv", 0, x, count=1)
    [Patch(picture=1, cell=(0, 1), value=5.0, rows=range(0, 2), columns=range(1, 3))]
    """
    at, part = find(unfold(model), layer)
    if len(at.shape) != 4 or not is_integer(channel) or not 0 <= channel < int(at.shape[3] or 0):
        raise ValueError(f"`channel` must name one of the maps of {layer!r}. Received: channel={channel!r}.")
    if not is_integer(count) or count < 1:
        raise ValueError(f"`count` must be a positive integer. Received: count={count!r}.")
    pictures, found = np.asarray(x), []
    for start in range(0, len(pictures), BATCH):
        _, values = run_forward(model, pictures[start : start + BATCH])
        maps = values[at.key] if part is None else inside.value(at.layer, values[at.sources[0]], part)
        for picture, map_ in enumerate(maps[..., channel], start):
            i, j = map(int, np.unravel_index(np.argmax(map_), map_.shape))
            found.append((float(map_[i, j]), picture, (i, j)))
    if part is None and closes(at.layer):
        found = [each for each in found if each[0] > 0]
    strongest = sorted(found, key=lambda each: -each[0])[:count]
    return [Patch(picture, cell, value, *seen_by(model, layer, cell)) for value, picture, cell in strongest]
