"""How cases and results are shown: grids of numbers, side by side as far as a line goes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...types import AnyArray, Array, BoolArray
from ..lessons.drawing import beside, grid
from .exercise import Arguments

WIDTH = 78  # columns of a line
MOST = 12  # rows and columns of a grid
SLICES = 4  # of an array


def show_arguments(case: Arguments) -> str:
    """Write the arguments of a call: arrays as grids, all else as it is.

    Examples
    --------
    >>> print(show_arguments({"x": np.array([[1.0, 2.0]]), "pad": 0}))
    pad = 0
    x (1, 2)
       1  2
    """
    plain = [f"{name} = {_plain(value)}" for name, value in case.items() if not isinstance(value, np.ndarray)]
    blocks = [block for name, value in case.items() if isinstance(value, np.ndarray) for block in _blocks(name, value)]
    return "\n".join(filter(None, [", ".join(plain), side_by_side(blocks)]))


def show_difference(name: str, want: Array, got: Array, fine: BoolArray) -> str:
    """Write the slice in which a result is wrong first: what is right, and what was given, wrong ones in brackets.

    Examples
    --------
    >>> want, got = np.array([[1.0, 2.0]]), np.array([[1.0, 5.0]])
    >>> print(show_difference("y", want, got, want == got))
    expected y        yours
       1 [2]          1 [5]
    """
    if not want.ndim:
        right, yours = told_apart(want, got)
        return f"expected {name} = {right}, yours {yours}"
    index = tuple(int(i) for i in np.argwhere(~fine)[0])
    where, cut = slice_at(name, want.shape, index)
    right, yours = (array[cut].reshape(-1, want[cut].shape[-1]) for array in (want, got))
    wrong = ~fine[cut].reshape(right.shape)
    i, j = (int(at) for at in np.argwhere(wrong)[0])
    top, left = (max(0, min(at - MOST // 2, size - MOST)) for at, size in zip((i, j), right.shape, strict=True))
    part = slice(top, top + MOST), slice(left, left + MOST)
    more = "" if right[part].shape == right.shape else f" (rows from {top}, columns from {left})"
    expected, given = (grid(_rounded(array[part]), wrong[part], blank=False) for array in (right, yours))
    return side_by_side([f"expected {where}{more}\n{expected}", f"yours\n{given}"])


def told_apart(want: Any, got: Any) -> tuple[str, str]:
    """Write two numbers as short as can be, and so that they do not read alike.

    Examples
    --------
    >>> told_apart(1.5, 2.0), told_apart(0.1, 0.10000000149)
    (('1.5', '2'), ('0.1', '0.10000000149'))
    """
    one, other = f"{float(want):.6g}", f"{float(got):.6g}"
    return (one, other) if one != other else (f"{float(want):.12g}", f"{float(got):.12g}")


def slice_at(name: str, shape: tuple[int, ...], index: tuple[int, ...]) -> tuple[str, Any]:
    """Choose the two axes that are shown round an index: rows and columns of pictures and of kernels.

    Examples
    --------
    >>> slice_at("y", (1, 2, 2, 3), (0, 1, 0, 2))[0], slice_at("dkernel", (2, 2, 1, 3), (0, 1, 0, 2))[0]
    ('y[0, :, :, 2]', 'dkernel[:, :, 0, 2]')
    """
    if len(shape) < 3:
        return name, (slice(None),) * len(shape)
    axes = (0, 1) if "kernel" in name else (len(shape) - 3, len(shape) - 2)
    cut = tuple(slice(None) if axis in axes else at for axis, at in enumerate(index))
    return f"{name}[{', '.join(':' if isinstance(at, slice) else str(at) for at in cut)}]", cut


def side_by_side(blocks: list[str]) -> str:
    """Write blocks of lines side by side, and below where a line is full."""
    rows: list[str] = []
    for block in blocks:
        column = (_wide(rows[-1]) + 5) if rows else 0
        if rows and column + _wide(block) <= WIDTH:
            rows[-1] = beside(rows[-1], block, column)
        else:
            rows.append(block)
    return "\n".join(rows)


def _plain(value: Any) -> str:
    """Write what is no array, floats with six digits."""
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _wide(text: str) -> int:
    return max(map(len, text.splitlines()), default=0)


def _blocks(name: str, array: AnyArray) -> Iterator[str]:
    """Yield an array as grids, a slice each."""
    if array.ndim < 3:
        yield f"{name} {array.shape}\n{_grid(array.reshape(-1, array.shape[-1]) if array.size else array)}"
        return
    first = {0: slice(None), 1: slice(None)} if "kernel" in name else {1: slice(None), 2: slice(None)}
    others = [axis for axis in range(array.ndim) if axis not in first]
    places = list(np.ndindex(*(array.shape[axis] for axis in others)))
    for place in places[:SLICES]:
        index = tuple(0 if axis in first else place[others.index(axis)] for axis in range(array.ndim))
        where, cut = slice_at(name, array.shape, index)
        yield f"{name if len(places) == 1 else where} {array.shape if place == places[0] else ''}".rstrip() + (
            f"\n{_grid(array[cut])}"
        )
    if len(places) > SLICES:
        yield f"... and {len(places) - SLICES} more of {name}"


def _grid(rows: AnyArray) -> str:
    if not rows.size:
        return "  (no numbers)"
    cut = rows[:MOST, :MOST]
    return grid(_rounded(cut), blank=False) + ("\n  ..." if cut.shape != rows.shape else "")


def _rounded(rows: AnyArray) -> Any:
    """Keep five digits of each number."""
    return np.array([[float(f"{value:.5g}") for value in row] for row in rows])
