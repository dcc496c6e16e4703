"""Is every number finite? A sum tells: once infinite or NaN, it stays so. One pass, as fast as memory."""

import numpy as np

from ...types import Array
from . import checks, tile
from .integers import ceil_div
from .jit import jit
from .threads import run

BLOCK = 1 << 14  # numbers a job
V = 4  # registers side by side


@jit
def _sums(start, stop, x, finite, shape):
    """Job: `BLOCK` numbers, summed in V registers."""
    width = len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    sums = np.empty(width, x.dtype)
    for job in range(start, stop):
        total, end = tile.zeros(shape, x), min((job + 1) * BLOCK, x.size)
        for i in range(job * BLOCK, end, width):
            total = tile.add(total, tile.load(shape, x, i, 0, end - i))
        tile.store(total, sums, 0, 0)
        finite[job] = True
        for number in sums:
            finite[job] &= np.isfinite(number)


def sums_are_finite(x: Array) -> bool:
    """Tell whether the sums of all numbers are finite. Then all numbers are; if not, one is not, or they are huge.

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale

    Returns
    -------
    finite : bool
        false also where finite numbers sum to more than their dtype holds: the caller looks again, one by one

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.sums_are_finite(np.ones(3)), kernels.sums_are_finite(np.array([1.0, np.inf]))
    (True, False)
    """
    x = checks.floats(x, "x")
    finite = np.empty(ceil_div(x.size, BLOCK), np.bool_)
    run(_sums, len(finite), x.size // 4, x.reshape(-1), finite, tile.shape(1, V))
    return bool(finite.all())
