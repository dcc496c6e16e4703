"""Operators that order numbers otherwise: Transpose, Flatten, Reshape, Squeeze, Unsqueeze, Concat."""

import math

from .folding import BATCH, axes_of, axis_of, whole_numbers
from .net import CHANNELS_LAST, Block, Tensor
from .proto import Node
from .translation import Translation


def transpose(work: Translation, node: Node, name: str) -> Tensor:
    """Transpose: nothing is moved, our axes are other ones of ONNX's from here on."""
    x = work.tensor(node, 0)
    rank = len(x.shape)
    perm = node.integers("perm", list(range(rank))[::-1], rank)
    if sorted(perm) != list(range(rank)) or perm[0] != 0:
        raise ValueError(f"`perm` must hold each axis once, that of the examples first. Received: {perm}.")
    return x._replace(shape=tuple(x.shape[axis] for axis in perm), axes=tuple(perm.index(axis) for axis in x.axes))


def flatten(work: Translation, node: Node, name: str) -> Tensor:
    """Flatten every example."""
    x = work.tensor(node, 0)
    if axis_of(node.integer("axis", 1), len(x.shape)) != 1:
        raise ValueError("it must leave the examples apart: only `axis` 1 is done here.")
    return _flat(work, node, name, x)


def _flat(work: Translation, node: Node, name: str, x: Tensor) -> Tensor:
    """Flatten every example: before a softmax over one pixel, not after it, so that a net is seen to end in it."""
    given, entry = node.inputs[0], work.net.layers[x.layer]
    alone = work.uses[given] == 1 and work.makers.get(given, node).op == "Softmax"
    if not alone or x.axes != CHANNELS_LAST or x.shape[2:] != (1, 1) or entry["config"].get("axis") != 3:
        return work.net.flat(name, x)
    before = x._replace(layer=entry["inbound_nodes"][0][0][0])
    layer = work.net.add(name, "Flatten", [before])
    entry["config"]["axis"], entry["inbound_nodes"][0][0][0] = -1, layer
    work.net.layers[x.layer] = work.net.layers.pop(x.layer)  # it comes after now
    return Tensor(x.layer, x.shape[:2], (0, 1), (), True)


def reshape(work: Translation, node: Node, name: str) -> Tensor:
    """Reshape every example; the first size must be that of the examples."""
    x, target = work.tensor(node, 0), work.constant(node, 1)
    given = node.settings.get("shape") if target is None else target.reshape(-1).tolist()
    if not isinstance(given, list) or not given or len(given) > 32:
        raise ValueError("its shape must be a constant list.")
    first, own = given[0], [0, *x.sizes]
    kept = not node.integer("allowzero", 0)
    sizes = [own[at] if size == 0 and at < len(own) and kept else size for at, size in enumerate(given)]
    numbers, rest = math.prod(x.sizes), [size for size in sizes[1:] if isinstance(size, int)]
    if len(rest) < len(sizes) - 1 or rest.count(-1) > (first != -1):
        raise ValueError(f"each example must keep its own numbers. Received: a shape {given} for {x.shape}.")
    if -1 in rest:
        rest[rest.index(-1)] = numbers // max(-math.prod(rest), 1)
    whole = first in (0, -1) or first is BATCH or first == x.shape[0]
    if not whole or min(rest, default=0) < 1 or math.prod(rest) != numbers:
        raise ValueError(f"each example must keep its own {numbers} numbers. Received: a shape {given} for {x.shape}.")
    return shaped(work, node, name, x, rest)


def squeeze(work: Translation, node: Node, name: str) -> Tensor:
    """Squeeze: axes of size 1 go."""
    x = work.tensor(node, 0)
    axes = axes_of(node, [None, work.constant(node, 1)], len(x.shape))
    axes = [axis for axis, size in enumerate(x.shape) if size == 1 and axis] if axes is None else axes
    if 0 in axes or any(x.shape[axis] != 1 for axis in axes):
        raise ValueError(f"its axes must be of size 1, and not that of the examples. Received: {axes} of {x.shape}.")
    return shaped(work, node, name, x, [size for axis, size in enumerate(x.sizes, 1) if axis not in axes])


def unsqueeze(work: Translation, node: Node, name: str) -> Tensor:
    """Unsqueeze: axes of size 1 come."""
    x = work.tensor(node, 0)
    told = node.settings.get("axes") or whole_numbers(work.constant(node, 1), "axes")
    axes = [axis_of(axis, len(x.shape) + len(told)) for axis in told]
    if 0 in axes or len(set(axes)) < len(axes):
        raise ValueError(f"its axes must differ, and not come before the examples. Received: {axes}.")
    sizes = x.sizes
    for axis in sorted(axes):
        sizes.insert(axis - 1, 1)
    return shaped(work, node, name, x, sizes)


def shaped(work: Translation, node: Node, name: str, x: Tensor, sizes: list[int]) -> Tensor:
    """Return every example in these sizes, its numbers in ONNX's order."""
    if sizes == x.sizes:
        return x
    if len(sizes) == 1:
        return _flat(work, node, name, x)
    if sizes[1:] == [1, 1] and len(x.shape) == 2 and not x.blocks:  # one number a channel
        layer = work.net.add(name, "Reshape", [x], target_shape=[1, 1, sizes[0]])
        return Tensor(layer, (x.shape[0], *sizes), CHANNELS_LAST, (), x.positive)
    layer = work.net.add(name, "Reshape", [work.net.plain(name, x)], target_shape=sizes)
    return Tensor(layer, (x.shape[0], *sizes), tuple(range(len(sizes) + 1)), (), x.positive)


def concat(work: Translation, node: Node, name: str) -> Tensor:
    """Concat of values that are computed."""
    parts = [work.tensor(node, position) for position in range(len(node.inputs))]
    first, rank = parts[0], len(parts[0].shape)
    axis = axis_of(node.integer("axis", 1), rank)
    if axis == 0 or any(len(part.shape) != rank for part in parts):
        raise ValueError("it must join values of one rank, and not along the examples.")
    parts = [work.net.laid(name, part, first.axes) for part in parts]
    sizes = [part.shape[axis] for part in parts]
    total = None if any(size is None for size in sizes) else sum(size or 0 for size in sizes)
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    if len(parts) == 1:
        return first
    blocks: tuple[Block, ...] = ()
    if any(part.blocks for part in parts):
        blocks = tuple(block for part in parts for block in part.blocks or ((part.channels, 1, 1),))
    layer = work.net.add(name, "Concatenate", parts, axis=first.axes.index(axis))
    return Tensor(layer, shape, first.axes, blocks, all(part.positive for part in parts))
