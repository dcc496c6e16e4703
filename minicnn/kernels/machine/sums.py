"""Long sums: more than FEW terms are added in float64, and what comes out is rounded once.

n numbers of one sign that are added one after another in float32 may lose n * 6e-8 of their sum; 64 of them keep five
digits and mostly six, and cost no second array.

Sums of each channel over all rows go by some rows side by side: a loop over one row of ten channels is over before it
is fast. Their sums are folded in the end.
"""

from typing import Any

import numpy as np

from ...types import Array, DTypeLike
from . import memory
from .integers import ceil_div
from .jit import jit
from .threads import run

FEW = 64  # terms: an 8 x 8 window, four bicubic pixels each way
BLOCK = 1 << 14  # numbers a job
WIDE = 512  # numbers in rows side by side, where one row has fewer


@jit
def _round(start, stop, sums, y):
    """Job: BLOCK numbers."""
    sums, y = sums[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(y.size):
        y[i] = sums[i]


@jit
def side_by_side(channels: int) -> int:
    """Return how many numbers a loop takes at once, in whole rows."""
    return channels * max(1, WIDE // channels)


@jit
def fold(wide: Array, sums: Array) -> None:
    """Write the sums over rows that stand side by side."""
    sums[:] = 0
    for i in range(0, wide.size, sums.size):
        for c in range(sums.size):
            sums[c] += wide[i + c]


def dtype_for(dtype: DTypeLike, terms: float) -> np.dtype[Any]:
    """Return the dtype in which sums of so many terms are made.

    Parameters
    ----------
    dtype : NumPy dtype
        of the terms
    terms : float
        of each sum, or of most of them

    Examples
    --------
    >>> dtype_for("float32", 49), dtype_for("float32", 1000)
    (dtype('float32'), dtype('float64'))
    """
    return np.dtype(dtype if terms <= FEW else np.float64)


def rounded(sums: Array, dtype: DTypeLike) -> Array:
    """Return sums in the dtype that they shall have: themselves, or a fresh array.

    Parameters
    ----------
    sums : C-contiguous array
    dtype : NumPy dtype

    Examples
    --------
    >>> rounded(np.array([0.1]), "float32")
    array([0.1], dtype=float32)
    """
    if sums.dtype == dtype:
        return sums
    y = memory.empty(sums.shape, dtype)
    run(_round, ceil_div(y.size, BLOCK), y.size, sums.reshape(-1), y.reshape(-1))
    return y
