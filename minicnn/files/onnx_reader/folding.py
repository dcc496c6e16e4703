"""What only constants feed is computed at reading: shapes for Reshape, pads, weights that a file writes turned round.

Sizes that are known only when a batch comes are in such arrays too: the number of examples is BATCH, another open size
None. Reshape understands BATCH; arithmetic with either is refused.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...types import AnyArray
from ..opening import short
from .proto import Node
from .tensors import TYPES, Store

LARGEST: int = 1 << 24  # numbers of an array that is made here: constants are small, and a file may ask for any size


class _Batch:
    """The number of examples."""

    def __repr__(self) -> str:
        return "BATCH"


BATCH: Any = _Batch()


def fold(node: Node, given: list[AnyArray | None], store: Store) -> AnyArray:
    """Return what a node gives whose inputs are all constants.

    Parameters
    ----------
    node : Node
    given : list of ndarray or None
        Its inputs; None for one that is left out.
    store : Store
        Reads the tensors among its settings.

    Returns
    -------
    array : ndarray

    Raises
    ------
    ValueError
        The operator is none of those that are folded, or what it asks for can't be.
    """
    if node.op == "Constant":
        return _constant(node, store)
    if node.op == "ConstantOfShape":
        return _constant_of_shape(node, _needed(given, 0), store)
    if node.op in ARITHMETIC:
        return _arithmetic(node, _needed(given, 0), _needed(given, 1))
    if node.op not in FOLDED:
        raise ValueError(f"constants are not put through {node.op} here.")
    return FOLDED[node.op](node, given)


def shape_of(node: Node, shape: tuple[Any, ...]) -> AnyArray:
    """Return what the operator Shape gives for these sizes."""
    array = np.empty(len(shape), object)
    array[:] = shape
    array = array[node.integer("start", 0) : node.settings.get("end")]
    plain = all(isinstance(size, int) for size in array)
    return array.astype(np.int64) if plain else array


def whole_numbers(array: AnyArray | None, what: str) -> list[int]:
    """Return a constant as a list of integers."""
    if array is None or array.ndim > 1 or array.dtype.kind not in "iu" or array.size > 64:
        raise ValueError(f"`{what}` must be a short list of integers, and constant. Received: {_shown(array)}.")
    return [int(size) for size in np.atleast_1d(array)]


def one_number(array: AnyArray | None, what: str) -> float:
    """Return a constant as a number."""
    if array is None or array.size != 1 or array.dtype.kind not in "fiub":
        raise ValueError(f"`{what}` must be one number, and constant. Received: {_shown(array)}.")
    return float(array.reshape(()))


def axes_of(node: Node, given: list[AnyArray | None], rank: int, position: int = 1) -> list[int] | None:
    """Return the axes that a node names, in its settings or, later, as an input; None where it names none."""
    axes = node.settings.get("axes")
    if axes is None and len(given) > position and given[position] is not None:
        axes = whole_numbers(given[position], "axes")
    return None if axes is None else [axis_of(axis, rank) for axis in axes]


def axis_of(axis: Any, rank: int) -> int:
    """Return an axis counted from the front."""
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ValueError(f"`axis` must be one of {rank} axes. Received: {short(axis)}.")
    return axis % rank


def _needed(given: list[AnyArray | None], position: int) -> AnyArray:
    array = given[position] if position < len(given) else None
    if array is None:
        raise ValueError(f"its input {position} is missing.")
    return array


def _bounded(numbers: int) -> None:
    if numbers > LARGEST:
        raise ValueError(f"a constant of {numbers} numbers would be made; more than {LARGEST} are not.")


def _constant(node: Node, store: Store) -> AnyArray:
    for key, value in node.settings.items():
        if key == "value":
            return store.read(value)
        if key in ("value_int", "value_ints"):
            return np.array(value, np.int64)
        if key in ("value_float", "value_floats"):
            return np.array(value, np.float32)
    raise ValueError("its value is of a kind that is not read here.")


def _constant_of_shape(node: Node, shape: AnyArray, store: Store) -> AnyArray:
    sizes = whole_numbers(shape, "shape")
    _bounded(math.prod(sizes))
    value = store.read(node.settings["value"]) if "value" in node.settings else np.zeros(1, np.float32)
    if value.size != 1 or any(size < 0 for size in sizes):
        raise ValueError("it must have one value and a shape.")
    return np.full(sizes, value.reshape(()))


def _arithmetic(node: Node, one: AnyArray, other: AnyArray) -> AnyArray:
    if one.dtype.kind not in "fiu" or other.dtype.kind not in "fiu":
        raise ValueError("its result depends on the number of examples, or on another open size.")
    _bounded(math.prod(np.broadcast_shapes(one.shape, other.shape)))
    with np.errstate(all="ignore"):
        return np.asarray(ARITHMETIC[node.op](one, other)).astype(np.result_type(one, other))


def _cast(node: Node, given: list[AnyArray | None]) -> AnyArray:
    array, kind = _needed(given, 0), node.integer("to", 0)
    if array.dtype == object and kind in (6, 7):
        return array
    if kind not in TYPES or array.dtype == object:
        raise ValueError(f"it makes numbers of type {kind}, which are not read here.")
    with np.errstate(all="ignore"):
        return array.astype(np.dtype(TYPES[kind][0]))


def _concat(node: Node, given: list[AnyArray | None]) -> AnyArray:
    arrays = [_needed(given, position) for position in range(len(given))]
    _bounded(sum(array.size for array in arrays))
    return np.concatenate(arrays, axis_of(node.integer("axis", 0), arrays[0].ndim))


def _gather(node: Node, given: list[AnyArray | None]) -> AnyArray:
    array, index = _needed(given, 0), _needed(given, 1)
    axis = axis_of(node.integer("axis", 0), array.ndim)
    _bounded(array.size // max(array.shape[axis], 1) * index.size)
    return np.asarray(np.take(array, index, axis))


def _reshape(node: Node, given: list[AnyArray | None]) -> AnyArray:
    array = _needed(given, 0)
    sizes = whole_numbers(_needed(given, 1), "shape")
    if not node.integer("allowzero", 0):
        sizes = [array.shape[at] if size == 0 else size for at, size in enumerate(sizes)]
    return array.reshape(sizes)


def _slice(node: Node, given: list[AnyArray | None]) -> AnyArray:
    array = _needed(given, 0)
    told = {key: node.settings.get(key) for key in ("starts", "ends", "axes", "steps")}
    for position, key in enumerate(told, 1):
        if told[key] is None and len(given) > position and given[position] is not None:
            told[key] = whole_numbers(given[position], key)
    starts, ends = told["starts"] or [], told["ends"] or []
    axes, steps = told["axes"] or list(range(len(starts))), told["steps"] or [1] * len(starts)
    cut: list[slice] = [slice(None)] * array.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        cut[axis_of(axis, array.ndim)] = slice(start, end, step)
    return array[tuple(cut)]


def _transpose(node: Node, given: list[AnyArray | None]) -> AnyArray:
    array = _needed(given, 0)
    return array.transpose(node.integers("perm", list(range(array.ndim))[::-1], array.ndim))


def _unsqueeze(node: Node, given: list[AnyArray | None]) -> AnyArray:
    array = _needed(given, 0)
    axes = node.settings.get("axes") or whole_numbers(_needed(given, 1), "axes")
    return np.expand_dims(array, tuple(axis_of(axis, array.ndim + len(axes)) for axis in axes))


def _squeeze(node: Node, given: list[AnyArray | None]) -> AnyArray:
    array = _needed(given, 0)
    axes = axes_of(node, given, array.ndim)
    return np.squeeze(array, None if axes is None else tuple(axes))


def _identity(node: Node, given: list[AnyArray | None]) -> AnyArray:
    return _needed(given, 0)


def _shown(array: AnyArray | None) -> str:
    return "none" if array is None else short(array.tolist() if array.size < 32 else array.shape)


def _quotient(one: AnyArray, other: AnyArray) -> AnyArray:
    """Divide; integers towards zero, as ONNX does."""
    if one.dtype.kind == "f" or not other.all():
        return one / other
    return np.trunc(one / other)


ARITHMETIC: dict[str, Callable[[AnyArray, AnyArray], AnyArray]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": _quotient,
}
FOLDED: dict[str, Callable[[Node, list[AnyArray | None]], AnyArray]] = {
    "Cast": _cast,
    "Concat": _concat,
    "Gather": _gather,
    "Identity": _identity,
    "Reshape": _reshape,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
