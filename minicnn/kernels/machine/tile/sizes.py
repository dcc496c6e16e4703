"""How large a tile is: T rows of V registers.

The tile, one row of w and one broadcast x must fit the register file (32 registers with AVX-512 and on ARM, 16 with
AVX2), and T * V must be large enough to hide that a multiply-add takes four cycles or so to deliver its result: 8 to 10
cells at least. `ROWS` holds the table.
"""

from functools import lru_cache

import numpy as np

from ..integers import ceil_div
from ..registers import REGISTER_BYTES, REGISTERS

Shape = tuple[tuple[None, ...], tuple[None, ...]]  # of a tile, as kernels take it: T and V are the lengths

LINE = 64  # bytes that come from memory together
# for V registers across, the T that are used: enough to fill rows of any width well, few enough to compile
ROWS: dict[int, tuple[int, ...]] = (
    {1: (20, 16, 14, 10, 9, 6, 3, 1), 2: (14, 12, 9, 7, 4, 3, 1)}
    if REGISTERS >= 32
    else {1: (10, 9, 7, 5, 3, 1), 2: (6, 5, 4, 3, 1)}
)


def lanes(dtype: np.dtype) -> int:
    """Return L, the numbers that one register holds: 16 float32 or 8 float64 with AVX-512."""
    return REGISTER_BYTES // dtype.itemsize


def columns(count: int, dtype: np.dtype) -> int:
    """Choose V for `count` numbers side by side (filters, say): 2 registers, or 1 where that is enough."""
    return 1 if count <= lanes(dtype) else 2


@lru_cache(1024)
def rows(count: int, v: int) -> int:
    """Choose T for `count` things that tiles share (the pixels of a row, say): a T of `ROWS`, at most `count`.

    ceil(count / T) tiles cover them, the last of which overlaps its neighbour: so there is no remainder to compute
    apart, but T that fit badly compute much twice. Taken is the T of the least work in all, where each step of a tile
    counts T broadcasts and a load; of equal ones the largest.
    """
    return min((t for t in ROWS[v] if t <= count), key=lambda t: (ceil_div(count, t) * (t + 1), -t))


def shape(t: int, v: int) -> Shape:
    """Return the pair of tuples that tells a kernel T and V."""
    return (None,) * t, (None,) * v
