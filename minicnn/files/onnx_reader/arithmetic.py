"""Add, Mul, Sub, Div, Max, ...: of two computed values a layer that joins; with a constant a Rescaling, or a limit.

A constant that is added right after a convolution or a dense layer without bias is its bias.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...types import AnyArray
from .folding import axis_of
from .functions import limited
from .net import Number, Tensor, order
from .proto import Node
from .translation import Translation

BIASED: tuple[str, ...] = ("Conv", "MatMul")


class Joined(NamedTuple):
    """The layer that joins several values, and whether what comes out is positive where all are."""

    layer: str
    positive: bool


LAYERS: dict[str, Joined] = {
    "Add": Joined("Add", True),
    "Max": Joined("Maximum", True),
    "Mean": Joined("Average", True),
    "Min": Joined("Minimum", True),
    "Mul": Joined("Multiply", True),
    "Sub": Joined("Subtract", False),
    "Sum": Joined("Add", True),
}


def arithmetic(work: Translation, node: Node, name: str) -> Tensor:
    """Translate an operator of `ARITHMETIC`."""
    constant = [position for position, given in enumerate(node.inputs) if work.is_constant(given)]
    if not constant:
        return _joined(work, node, name)
    if len(node.inputs) != 2 or node.op not in ("Add", "Mul", "Sub", "Div", "Max", "Min"):
        raise ValueError("with a constant it is not done here.")
    x, number = work.tensor(node, 1 - constant[0]), work.weights(node, constant[0])
    last = len(x.shape) - number.ndim
    if "axis" in node.settings and number.size > 1 and axis_of(node.settings["axis"], len(x.shape)) != last:
        raise ValueError(
            "along an `axis` that is not the last, as before version 7 of the operators, it is not done here."
        )
    if node.op == "Add" and (made := _as_bias(work, node, x, 1 - constant[0], number)):
        return made
    return _rescaled(work, node.op, name, x, number, constant[0] == 0)


def _joined(work: Translation, node: Node, name: str) -> Tensor:
    """Join values of one rank: where ranks differ, Keras and ONNX stretch along different axes."""
    parts = [work.tensor(node, position) for position in range(len(node.inputs))]
    first = parts[0]
    if len(parts) == 1:
        return first
    if any(len(part.shape) != len(first.shape) for part in parts):
        raise ValueError(f"its inputs must have one rank. Received: {', '.join(str(part.shape) for part in parts)}.")
    if any(part.blocks != first.blocks for part in parts):
        parts = [work.net.plain(name, part) for part in parts]
        first = parts[0]
    parts = [work.net.laid(name, part, first.axes) for part in parts]
    if node.op not in LAYERS:
        raise ValueError("by a value that is computed it is not done here.")
    shape = tuple(_stretched(sizes) for sizes in zip(*(part.shape[1:] for part in parts), strict=True))
    how = LAYERS[node.op]
    positive = how.positive and all(part.positive for part in parts)
    return first._replace(layer=work.net.add(name, how.layer, parts), shape=(first.shape[0], *shape), positive=positive)


def _stretched(sizes: tuple[int | None, ...]) -> int | None:
    """Return the size to which these are stretched: any beside 1 must agree."""
    larger = {size for size in sizes if size != 1}
    if len(larger - {None}) > 1:
        raise ValueError(f"its inputs must have sizes that agree or are 1. Received: {sizes}.")
    return max(larger, key=lambda size: size or 0) if larger else 1


def _as_bias(work: Translation, node: Node, x: Tensor, position: int, number: AnyArray) -> Tensor | None:
    """Give the layer just before a bias, if that is what the constant is."""
    value = node.inputs[position]
    maker, layer = work.makers.get(value), work.net.layers[x.layer]
    if maker is None or maker.op not in BIASED or work.uses[value] > 1 or layer["config"].get("use_bias") is not False:
        return None
    bias = _along_channels(x, number)
    channels = x.shape[x.axes[-1]]
    if bias is None or channels is None:
        return None
    layer["config"]["use_bias"] = True
    work.net.give(x.layer, np.broadcast_to(np.asarray(bias), (channels,)))
    return x._replace(positive=False)


def _rescaled(work: Translation, op: str, name: str, x: Tensor, number: AnyArray, first: bool) -> Tensor:
    """Multiply, divide, add, subtract or compare with a constant: one, or one a channel."""
    value = _along_channels(x, number)
    if value is None and len(x.shape) == 4:
        x = work.net.picture(name, x)
        value = _along_channels(x, number)
    if value is None or (op == "Div" and first):
        raise ValueError(f"a constant must be one number, or one a channel. Received: {number.shape} for {x.shape}.")
    if op in ("Max", "Min"):
        return limited(work, name, x, LAYERS[op].layer, value)
    with np.errstate(all="ignore"):  # what is not finite then, the layer refuses
        each = np.asarray(value, np.float64)
        scale: Number = {"Mul": each, "Div": 1 / each}.get(op, np.ones(())).tolist()
        offset: Number = {"Add": each, "Sub": each if first else -each}.get(op, np.zeros(())).tolist()
    if op == "Sub" and first:
        scale = -1.0
    layer = work.net.add(name, "Rescaling", [x], scale=scale, offset=offset)
    positive = x.positive and bool(np.min(scale) >= 0 and np.min(offset) >= 0)
    return x._replace(layer=layer, positive=positive)


def _along_channels(x: Tensor, number: AnyArray) -> Number | None:
    """Return a constant as one number, or as a list along our last axis; None where it is neither."""
    if number.size == 1 and number.ndim <= len(x.shape):
        return float(number.reshape(()))
    rank = len(x.shape)
    sizes = (1,) * (rank - number.ndim) + number.shape
    axis = x.axes[-1]
    if len(sizes) != rank or sizes[axis] != number.size or sizes[axis] != x.shape[axis]:
        return None
    return number.reshape(-1)[order(x.blocks, number.size)].tolist()


ARITHMETIC: dict[str, Callable[[Translation, Node, str], Tensor]] = dict.fromkeys((*LAYERS, "Div"), arithmetic)
