"""Which pixels of the picture a cell of a map depends on: its receptive field, and where it lies.

The page draws the same (page/web/fields.js, `seenBy`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...arguments import is_integer
from ...layers import GlobalAveragePooling2D, GlobalMaxPooling2D
from ...models import Call, Model
from .places import Place, find, unfold

GLOBAL = (GlobalAveragePooling2D, GlobalMaxPooling2D)
NOTHING: tuple[set[int], set[int]] = (set(), set())


def seen_by(model: Model, layer: str, cell: Sequence[int]) -> tuple[range, range]:
    """Find the rows and the columns of the picture that a cell of a map depends on, whatever the weights.

    Parameters
    ----------
    model : Model
        With one input of known size.
    layer : str
        Its name, as `trace` takes it; its output are maps.
    cell : (row, column)
        Of the map.

    Returns
    -------
    rows, columns : range
        From the first pixel to the last; both empty where it depends on none, as between the pixels that a transposed
        convolution writes. What lies in the padding is none.

    Raises
    ------
    ValueError
        The layer's output are no maps of known size, there is no such cell, or its cells are no places of the picture
        any more (Reshape).

    Notes
    -----
    Cells at the edge see less than `summary` says: that counts what a cell in the middle sees.

    Examples
    --------
    >>> from minicnn import Conv2D, Input, MaxPooling2D, Sequential
    >>> model = Sequential([Input((9, 9, 1)), Conv2D(2, 3), MaxPooling2D(2), Conv2D(2, 3, padding="same")])
    >>> seen_by(model, "max_pooling2d", (1, 2)), seen_by(model, "conv2d_1", (0, 0))
    ((range(2, 6), range(4, 8)), (range(0, 6), range(0, 6)))
    """
    calls = {call.key: call for call in model.calls()}
    start, _ = find(unfold(model), layer)
    _check(start, layer, cell)
    seen = {start.key: [{int(at)} for at in cell]}
    for call in reversed(calls.values()):
        own = seen.get(call.key)
        if own is None or not call.sources:
            continue
        rows_of_numbers = [source for source in call.sources if len(calls[source].shape) != 4]
        if rows_of_numbers:
            if all(_is_whole(calls, source) for source in rows_of_numbers):
                height, width = next(iter(calls.values())).shape[1:3]
                return range(int(height or 0)), range(int(width or 0))
            raise ValueError(f"`layer` must have cells that are places of the picture. Received: layer={layer!r}.")
        for index, source in enumerate(call.sources):
            found = own if call.input_shape is None else _read(call, index, own, layer)
            if all(found):  # else it reads padding alone
                seen[source] = [known | more for known, more in zip(seen.get(source, NOTHING), found, strict=True)]
    rows, columns = seen.get(next(iter(calls)), NOTHING)
    return _span(rows), _span(columns)


def _check(start: Place, layer: str, cell: Sequence[int]):
    sizes = [size for size in start.shape[1:3] if size is not None]
    if len(start.shape) != 4 or len(sizes) < 2:
        raise ValueError(f"`layer` must have maps of known size as its output. Received: layer={layer!r}.")
    whole = len(cell) == 2 and all(map(is_integer, cell))
    if not whole or not all(0 <= at < size for at, size in zip(cell, sizes, strict=True)):
        raise ValueError(
            f"`cell` must be the row and column of a map of {sizes[0]} x {sizes[1]} cells. Received: cell={cell!r}."
        )


def _is_whole(calls: dict[str, Call], key: str):
    """Say whether each number of a row was made of a whole picture."""
    call = calls[key]
    if len(call.shape) == 4:
        return False
    gathers = type(call.layer).__name__ == "Dense" or isinstance(call.layer, GLOBAL)
    return gathers or bool(call.sources) and all(_is_whole(calls, source) for source in call.sources)


def _read(call: Call, index: int, own: list[set[int]], layer: str) -> list[set[int]]:
    """List what some rows and columns of a call's output read of one of its inputs, without padding."""
    shape: Any = call.input_shape[index] if isinstance(call.input_shape, list) else call.input_shape  # known in full
    becomes = {call.layer.source_axis(axis): axis for axis in (1, 2, 3)}
    found: list[set[int]] = []
    for axis in (1, 2):
        if becomes[axis] == 3:  # rows or columns have become channels
            found.append(set(range(shape[axis])))
            continue
        reads = call.layer.reads(axis, np.array(sorted(own[becomes[axis] - 1])), call.input_shape, index)
        if reads is None:
            raise ValueError(f"`layer` must have cells that are places of the picture. Received: layer={layer!r}.")
        ends = zip(reads.first.tolist(), reads.last.tolist(), strict=True)
        places = {at for first, last in ends for at in range(first, last + 1, reads.gap)}
        found.append({at for at in places if 0 <= at < shape[axis]})
    return found


def _span(places: set[int]):
    return range(min(places), max(places) + 1) if places else range(0)
