"""Add: several arrays of one shape, number by number. The way back needs no kernel: dx_i = dy."""

from . import checks, memory
from .jit import jit
from .threads import run

BLOCK = 1 << 14  # numbers a job


@jit
def _add(start, stop, a, b, y):
    a, b, y = a[start * BLOCK:stop * BLOCK], b[start * BLOCK:stop * BLOCK], y[start * BLOCK:stop * BLOCK]
    for i in range(y.size):
        y[i] = a[i] + b[i]


def add_forward(xs):
    """Add number by number.

    Parameters
    ----------
    xs : list of at least two arrays, float32 or float64, of one shape and dtype

    Returns
    -------
    y : shape and dtype of xs
    """
    xs = checks.several(xs, 2)
    for x in xs:
        checks.shape(x, "xs", xs[0].shape)
    y, total = memory.empty(xs[0].shape, xs[0].dtype), xs[0]
    for x in xs[1:]:
        run(_add, -(-y.size // BLOCK), y.size, total.reshape(-1), x.reshape(-1), y.reshape(-1))
        total = y
    return y
