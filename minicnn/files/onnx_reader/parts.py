"""Operators that take parts of pictures: Slice, Split, and Gather of what lies side by side.

A part is a Cropping2D, which crops two of our axes; where the third is asked for, those are turned before.
"""

import math

import numpy as np

from .folding import axis_of, whole_numbers
from .net import Tensor
from .proto import Node
from .shapes import shaped
from .translation import Translation

ENDLESS: int = (1 << 31) - 1  # an end that means all, in an axis of open size


def slices(work: Translation, node: Node, name: str) -> Tensor:
    """Slice: its bounds are settings, or, later, inputs."""
    x = work.tensor(node, 0)
    told = [_told(work, node, key, position) for position, key in enumerate(("starts", "ends", "axes", "steps"), 1)]
    starts, ends, axes, steps = told
    starts, ends = starts or [], ends or []
    axes = list(range(len(starts))) if axes is None else axes
    if not len(starts) == len(ends) == len(axes) or (steps is not None and set(steps) - {1}):
        raise ValueError("it must have a start and an end for each of its axes, and steps of 1.")
    for axis, start, end in zip(axes, starts, ends, strict=True):
        x = _part(work, name, x, axis_of(axis, len(x.shape)), slice(start, end))
    return x


def split(work: Translation, node: Node, name: str) -> list[Tensor]:
    """Split: one part for each output, of the sizes that are told, or alike."""
    x, sizes = work.tensor(node, 0), _told(work, node, "split", 1)
    axis, count = axis_of(node.integer("axis", 0), len(x.shape)), len(node.outputs)
    whole = x.shape[axis]
    if whole is None:
        raise ValueError("the size that is split must be known.")
    if sizes is None:  # alike; of a size that can't be shared out, the last is smaller (since version 18)
        each = math.ceil(whole / count)
        sizes = [min(each, max(whole - each * at, 0)) for at in range(count)]
    if len(sizes) != count or sum(sizes) != whole or min(sizes) < 1:
        raise ValueError(f"its parts must make up {whole}, one for each output. Received: {sizes} for {count} outputs.")
    ends = np.cumsum(sizes).tolist()
    return [
        _part(work, name, x, axis, slice(end - size, end)) if work.uses[result] else x
        for size, end, result in zip(sizes, ends, node.outputs, strict=True)
    ]


def gather(work: Translation, node: Node, name: str) -> Tensor:
    """Gather: one place of an axis, which goes then, or places side by side."""
    x, given = work.tensor(node, 0), work.constant(node, 1)
    rank = len(x.shape)
    axis = axis_of(node.integer("axis", 0), rank)
    places, size = whole_numbers(given, "indices"), x.shape[axis]
    if size is None or not places or not all(-size <= place < size for place in places):
        raise ValueError(f"its indices must lie in an axis of {size}. Received: {places}.")
    places = [place % size for place in places]
    if places != list(range(places[0], places[0] + len(places))):
        raise ValueError(f"its indices must lie side by side. Received: {places}.")
    x = _part(work, name, x, axis, slice(places[0], places[-1] + 1))
    if given is None or given.ndim:
        return x
    return shaped(work, node, name, x, [size for at, size in enumerate(x.sizes, 1) if at != axis])


def _told(work: Translation, node: Node, key: str, position: int) -> list[int] | None:
    """Return a list of integers that is a setting or an input; None where it is neither."""
    given = work.constant(node, position)
    return node.settings.get(key) if given is None else whole_numbers(given, key)


def _part(work: Translation, name: str, x: Tensor, axis: int, wanted: slice) -> Tensor:
    """Return a range of one axis."""
    size = x.shape[axis]
    known = ENDLESS if size is None else size
    first, last, _ = wanted.indices(known)
    if (first, last) == (0, known):
        return x
    if size is None or axis == 0:
        raise ValueError("a part of the examples, or of an axis of open size, is not taken here.")
    if first >= last:
        raise ValueError(f"its part must not be empty. Received: {first} to {last} of {size}.")
    if len(x.shape) != 4:
        raise ValueError(f"it must work on pictures, (N, C, H, W). Received: an input {x.shape}.")
    if x.axes[3] == axis:
        x = work.net.laid(name, x, (0, axis, *(other for other in x.axes[1:] if other != axis)))
    cropping = [[0, 0], [0, 0]]
    cropping[x.axes.index(axis) - 1] = [first, size - last]
    layer = work.net.add(name, "Cropping2D", [x], cropping=cropping)
    return x._replace(layer=layer, shape=(*x.shape[:axis], last - first, *x.shape[axis + 1 :]))
