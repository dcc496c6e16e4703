"""Concatenate: several arrays side by side along one axis. The way back is to take the parts apart again."""

import math
from collections.abc import Sequence

from ..types import Array
from .machine import ceil_div, checks, jit, memory, run

BLOCK = 1 << 13  # numbers a job, or one row


@jit
def _place(start, stop, x, y, first, rows):
    """Job: `rows` rows of x (outer, inner), written to columns first... of y."""
    for i in range(start * rows, min(stop * rows, x.shape[0])):
        source, out = x[i], y[i, first : first + x.shape[1]]
        for k in range(source.size):
            out[k] = source[k]


def concatenate_forward(xs: Sequence[Array], axis: int) -> Array:
    """Put arrays side by side.

    Parameters
    ----------
    xs : list of arrays of one dtype, float32 or float64
        sizes agree but for `axis`
    axis : int, from 0 on
        the axis along which they lie side by side

    Returns
    -------
    y : the sizes of xs, along `axis` their sum
        dtype of xs

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.concatenate_forward([np.zeros((2, 1)), np.ones((2, 2))], axis=1).tolist()
    [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    xs = checks.several(xs, 1)
    if not 0 <= axis < xs[0].ndim:
        raise ValueError(f"`axis` must be one of {xs[0].ndim}, counted from 0. Received: axis={axis!r}.")
    before, after = xs[0].shape[:axis], xs[0].shape[axis + 1 :]
    for x in xs:
        checks.shape(x, "xs", (*before, x.shape[axis], *after))
    y = memory.empty((*before, sum(x.shape[axis] for x in xs), *after), xs[0].dtype)
    outer, first = math.prod(before), 0
    for x in xs:
        if x.size:
            inner = x.size // outer
            rows = ceil_div(BLOCK, inner)
            run(_place, ceil_div(outer, rows), x.size, x.reshape(outer, inner), y.reshape(outer, -1), first, rows)
            first += inner
    return y
