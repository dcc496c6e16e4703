"""Operators that look at pictures through a window: pooling, means over all pixels, pads."""

import math
from collections.abc import Callable

from ...types import Pads, Pair
from .folding import axes_of, axis_of, one_number, whole_numbers
from .net import Tensor
from .proto import Node
from .translation import Translation
from .windows import average_pooled, cropped, max_pooled, padded


def max_pool(work: Translation, node: Node, name: str) -> Tensor:
    """MaxPool."""
    return max_pooled(work.net, name, node, work.net.picture(name, work.tensor(node, 0)))


def average_pool(work: Translation, node: Node, name: str) -> Tensor:
    """AveragePool."""
    return average_pooled(work.net, name, node, work.net.picture(name, work.tensor(node, 0)))


def global_pool(class_name: str) -> Callable[[Translation, Node, str], Tensor]:
    """Return the operator that makes one number of each channel."""

    def operator(work: Translation, node: Node, name: str) -> Tensor:
        x = work.net.picture(name, work.tensor(node, 0))
        layer = work.net.add(name, class_name, [x], keepdims=True)
        return x._replace(layer=layer, shape=(*x.shape[:2], 1, 1))

    return operator


def reduce_mean(work: Translation, node: Node, name: str) -> Tensor:
    """ReduceMean over height and width."""
    x = work.tensor(node, 0)
    rank = len(x.shape)
    axes = axes_of(node, [work.constant(node, position) for position in range(1, len(node.inputs))], rank, 0)
    if rank != 4 or sorted(x.axes.index(axis) for axis in axes or []) != [1, 2]:
        raise ValueError(f"it is done here over height and width of pictures only. Received: axes {axes} of {x.shape}.")
    keep = bool(node.integer("keepdims", 1))
    layer = work.net.add(name, "GlobalAveragePooling2D", [x], keepdims=keep)
    if keep:
        shape = tuple(1 if axis in (axes or []) else size for axis, size in enumerate(x.shape))
        return x._replace(layer=layer, shape=shape)
    return Tensor(layer, (x.shape[0], x.shape[x.axes[3]]), (0, 1), (), x.positive)


def pad(work: Translation, node: Node, name: str) -> Tensor:
    """Pad pictures with one number, 0 as a rule; a negative pad cuts."""
    x = work.tensor(node, 0)
    rank = len(x.shape)
    told, value, axes = node.settings.get("pads"), work.constant(node, 2), work.constant(node, 3)
    pads = told if isinstance(told, list) else whole_numbers(work.constant(node, 1), "pads")
    number = node.number("value", 0.0) if value is None else one_number(value, "constant_value")
    which = list(range(rank)) if axes is None else [axis_of(axis, rank) for axis in whole_numbers(axes, "axes")]
    if node.text("mode", "constant") != "constant":
        raise ValueError(f"only one number is put around pictures here. Received: mode {node.text('mode', '')[:40]!r}.")
    if len(pads) != 2 * len(which):
        raise ValueError(f"its pads must be two an axis. Received: {len(pads)} for {len(which)}.")
    sides = {axis: (pads[at], pads[at + len(which)]) for at, axis in enumerate(which)}
    if not any(map(any, sides.values())):
        return x
    if rank != 4 or any(any(side) for axis, side in sides.items() if x.axes.index(axis) not in (1, 2)):
        raise ValueError("it is done here along height and width of pictures only.")
    rows, columns = (sides.get(axis, (0, 0)) for axis in x.axes[1:3])
    around = _pads(rows, columns, 1)
    framed = padded(work.net, name, x, around)
    if number and framed is not x:
        framed = _framed(work, name, x, framed, around, number)
    return cropped(work.net, name, framed, _pads(rows, columns, -1))


def _framed(work: Translation, name: str, x: Tensor, padded_x: Tensor, around: Pads, number: float) -> Tensor:
    """Add a picture that is 0 inside and the number in the pads: nothing inside is rounded, however large it is."""
    if not math.isfinite(number):
        raise ValueError(f"a number that is put around pictures must be finite. Received: {number}.")
    ones = x._replace(layer=work.net.add(f"{name}_ones", "Rescaling", [x], scale=0.0, offset=1.0))
    ones = padded(work.net, f"{name}_ones", ones, around)
    frame = ones._replace(layer=work.net.add(f"{name}_frame", "Rescaling", [ones], scale=-number, offset=number))
    layer = work.net.add(name, "Add", [padded_x, frame])
    return padded_x._replace(layer=layer, positive=x.positive and number > 0)


def _pads(rows: Pair, columns: Pair, sign: int) -> Pads:
    """Return what of these pads is of this sign."""
    (top, bottom), (left, right) = rows, columns
    return (max(sign * top, 0), max(sign * bottom, 0)), (max(sign * left, 0), max(sign * right, 0))
