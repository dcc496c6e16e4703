"""What every kernel checks before its compiled loop, which would read foreign memory where a shape is wrong."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...types import AnyArray, Array, Pads, Pair
from . import tape

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class _Writable:
    """The same memory, declared writable: a read-only array is another type to Numba, and would be compiled again."""

    def __init__(self, array: AnyArray) -> None:
        self.array = array  # keeps the memory alive
        self.__array_interface__ = {**array.__array_interface__, "data": (array.__array_interface__["data"][0], False)}


def plain(array: AnyArray, name: str) -> AnyArray:
    """Return `array` as compiled loops want it: C-contiguous, aligned, and as if writable (none writes to it).

    Raises
    ------
    TypeError
        `x` must be a NumPy array. Received: list.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"`{name}` must be a NumPy array. Received: {type(array).__name__}.")
    flags = array.flags
    if not (flags.c_contiguous and flags.aligned):
        tape.refuse()
        return np.array(array, order="C", subok=False)
    if type(array) is not np.ndarray:
        array = array.view(np.ndarray)
    return array if flags.writeable else np.asarray(_Writable(array))


def floats(array: AnyArray, name: str, rank: int | None = None, dtype: np.dtype[Any] | None = None) -> Array:
    """Check dtype and rank of a float array and return it as `plain` does.

    Raises
    ------
    TypeError
        `x` must be float32 or float64. Received: x.dtype=int64.
        `kernel` must have the dtype of the first array, float32. Received: kernel.dtype=float64.
    ValueError
        `x` must have 4 axes. Received: x.shape=(8, 8).
    """
    array = plain(array, name)
    if array.dtype not in FLOATS:
        raise TypeError(f"`{name}` must be float32 or float64. Received: {name}.dtype={array.dtype}.")
    if dtype is not None and array.dtype != dtype:
        raise TypeError(
            f"`{name}` must have the dtype of the first array, {dtype}. Received: {name}.dtype={array.dtype}."
        )
    if rank is not None and array.ndim != rank:
        raise ValueError(f"`{name}` must have {rank} axes. Received: {name}.shape={array.shape}.")
    return array


def several(arrays: Sequence[AnyArray], least: int) -> list[Array]:
    """Check a list of float arrays of one dtype and return them as `plain` does.

    Raises
    ------
    ValueError
        `xs` must be a list of at least 2 arrays. Received: 1.
    """
    if len(arrays) < least:
        raise ValueError(f"`xs` must be a list of at least {least} arrays. Received: {len(arrays)}.")
    first = floats(arrays[0], "xs")
    return [first, *(floats(array, "xs", dtype=first.dtype) for array in arrays[1:])]


def in_place(array: AnyArray, name: str, like: Array | None = None) -> Array:
    """Check an array that is changed in place: a copy, as `plain` may make, would lose the change.

    Raises
    ------
    ValueError
        `w` must be C-contiguous, aligned and writable, since it is changed in place.
    """
    plain_array = floats(array, name, dtype=None if like is None else like.dtype)
    if plain_array is not array or not array.flags.writeable:
        raise ValueError(f"`{name}` must be C-contiguous, aligned and writable, since it is changed in place.")
    if like is not None:
        shape(array, name, like.shape)
    return array


def shape(array: AnyArray, name: str, expected: tuple[int, ...]) -> None:
    """Refuse an array of another shape.

    Raises
    ------
    ValueError
        `dy` must have shape (2, 4, 4, 8). Received: dy.shape=(2, 4, 4, 7).
    """
    if array.shape != expected:
        raise ValueError(f"`{name}` must have shape {expected}. Received: {name}.shape={array.shape}.")


def pair(value: Sequence[int], name: str, least: int = 1) -> Pair:
    """Return a pair of whole numbers.

    Raises
    ------
    ValueError
        `strides` must be two whole numbers, each at least 1. Received: strides=(0, 1).
    """
    try:
        first, second = value
        if int(first) == first >= least and int(second) == second >= least:
            return int(first), int(second)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"`{name}` must be two whole numbers, each at least {least}. Received: {name}={value!r}.")


def pads(value: Sequence[Sequence[int]]) -> Pads:
    """Return ((top, bottom), (left, right)).

    Raises
    ------
    ValueError
        `pads` must be ((top, bottom), (left, right)), whole numbers, 0 or more. Received: pads=(1, 1).
    """
    try:
        rows, columns = value
        return pair(rows, "pads", 0), pair(columns, "pads", 0)
    except (TypeError, ValueError):
        raise ValueError(
            f"`pads` must be ((top, bottom), (left, right)), whole numbers, 0 or more. Received: pads={value!r}."
        ) from None
