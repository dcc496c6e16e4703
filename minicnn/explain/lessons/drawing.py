"""How the walks draw: grids of numbers, two texts side by side, a row, a number with its sign."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

import numpy as np

from ...types import Array, BoolArray


def grid(rows: Array, mark: Sequence[int] | BoolArray | None = None, blank: bool = True) -> str:
    """Write a grid of numbers; the cells of mark = (top, left, height, width), or where it is true, in brackets.

    NaN is a dot where it stands for a blank.

    Examples
    --------
    >>> print(grid(np.array([[1, 20], [3, 4]]), (0, 1, 1, 1)))
        1 [20]
        3   4
    """
    texts = [["." if blank and np.isnan(value) else f"{value:g}" for value in row] for row in rows]
    wide = max(len(text) for row in texts for text in row)
    marked = mark if isinstance(mark, np.ndarray) else np.zeros(np.shape(rows), bool)
    if mark is not None and not isinstance(mark, np.ndarray):
        top, left, height, width = mark
        marked[top : top + height, left : left + width] = True
    lines = []
    for i, row in enumerate(texts):
        cells = [f"[{text.rjust(wide)}]" if marked[i, j] else f" {text.rjust(wide)} " for j, text in enumerate(row)]
        lines.append(("  " + "".join(cells)).rstrip())
    return "\n".join(lines)


def beside(left: str, right: str, column: int) -> str:
    """Write two texts side by side, the second from a column on.

    Examples
    --------
    >>> print(beside("a", "b", 4))
    a   b
    """
    pairs = zip_longest(left.splitlines(), right.splitlines(), fillvalue="")
    return "\n".join((a.ljust(column) + b).rstrip() for a, b in pairs)


def row(values: Iterable[float]) -> str:
    """Write a row of numbers.

    Examples
    --------
    >>> row([1.0, -0.5])
    '[1, -0.5]'
    """
    return "[" + ", ".join(f"{value:g}" for value in values) + "]"


def signed(value: float) -> str:
    """Write a number as a part of a sum: a negative one in brackets.

    Examples
    --------
    >>> signed(-2.0), signed(2.0)
    ('(-2)', '2')
    """
    return f"({value:g})" if value < 0 else f"{value:g}"
