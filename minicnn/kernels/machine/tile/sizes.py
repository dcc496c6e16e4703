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
ROWS: dict[int, tuple[int, ...]] = {1: (20, 16, 14, 10, 9, 6, 3, 1), 2: (14, 12, 9, 7, 4, 3, 1)}
if REGISTERS < 32:
    ROWS = {1: (10, 9, 7, 5, 3, 1), 2: (6, 5, 4, 3, 1)}


def lanes(dtype: np.dtype) -> int:
    """Count the numbers that one register holds: 16 float32 or 8 float64 with AVX-512."""
    return REGISTER_BYTES // dtype.itemsize


def columns(width: int, dtype: np.dtype) -> int:
    """Choose V for `width` lanes in all: 2 registers, or 1 where that is enough."""
    return 1 if width <= lanes(dtype) else 2


@lru_cache(1024)
def rows(width: int, v: int) -> int:
    """Choose T, at most `width`, for a row of `width`: the least work in all, a step counting T broadcasts and a load.

    Tiles stand side by side and the last overlaps its neighbour: so there is no remainder to compute apart.
    """
    return min((t for t in ROWS[v] if t <= width), key=lambda t: (ceil_div(width, t) * (t + 1), -t))


def shape(t: int, v: int) -> Shape:
    """Return the pair of tuples that tells a kernel T and V."""
    return (None,) * t, (None,) * v
