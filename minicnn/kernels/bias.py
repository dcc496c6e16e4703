"""A bias, of a convolution or a dense layer: laid out for the tile, and its gradient."""

from typing import Any

import numpy as np

from ..types import Array
from .machine import ceil_div, checks, jit, memory, run, sums

ROWS = 512  # rows that one job adds up; its sum is one partial result


@jit
def _widen(start, stop, bias, wide):
    """Job: one group of a bias (groups, share) -> wide (groups, numbers), whose rest is zeros."""
    for group in range(start, stop):
        wide[group, : bias.shape[1]] = bias[group]


def padded_to_registers(bias: Array | None, groups: int, numbers: int, dtype: np.dtype[Any]) -> Array:
    """Return a bias (F,) as `numbers` for each group, flat, zeros after each group's share; zeros alone for None."""
    wide = np.zeros((groups, numbers), dtype)
    if bias is not None:
        run(_widen, groups, 0, bias.reshape(groups, -1), wide)
    return wide.reshape(-1)


@jit
def _partial_sums(start, stop, dy, y, dz, partial):
    """Job: the sum of ROWS rows; all but `partial` are flat. Where there is a y: through its ReLU first, into dz."""
    channels, zero = partial.shape[1], dy.dtype.type(0)
    total, rows = np.empty(sums.side_by_side(channels), dy.dtype), ROWS * channels
    for job in range(start, stop):
        last = min((job + 1) * rows, dy.size)
        total[:] = 0
        for at in range(job * rows, last, total.size):
            to = min(at + total.size, last)
            some = dy[at:to]
            if y.size:
                kept, through = y[at:to], dz[at:to]
                for i in range(through.size):
                    number = some[i]
                    through[i] = number if kept[i] > zero else zero
                some = through
            for i in range(some.size):
                total[i] += some[i]
        sums.fold(total, partial[job])


def _sum_rows(dy, y, dz):
    """Run the jobs over arrays (..., F); return the bias's gradient."""
    if dy.ndim < 1:
        raise ValueError(f"`dy` must have 1 axis or more. Received: dy.shape={dy.shape}.")
    if not dy.size:
        return np.zeros(dy.shape[-1], dy.dtype)
    filters = dy.shape[-1]
    jobs = ceil_div(dy.size, ROWS * filters)
    partial = np.empty((jobs, filters), dy.dtype)  # small: one row for 512
    run(_partial_sums, jobs, dy.size, *(array.reshape(-1) for array in (dy, y, dz)), partial)
    return partial.sum(axis=0, dtype=np.float64).astype(dy.dtype)


def bias_backward(dy: Array) -> Array:
    """Add up the gradients of all outputs that one bias went into.

    dbias[f] = sum of dy[..., f] over every axis but the last

    Parameters
    ----------
    dy : (..., F) float32 or float64
        gradient of the loss with respect to y: (N, OH, OW, F) after a convolution, (N, F) after a dense layer

    Returns
    -------
    dbias : (F,), dtype of dy

    Notes
    -----
    Rows are summed in groups of 512, in dy's dtype, some side by side, then the groups, in order, in float64: the same
    bits with any number of threads.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.bias_backward(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [4.0, 6.0]
    """
    dy = checks.floats(dy, "dy")
    none = np.empty(0, dy.dtype)
    return _sum_rows(dy, none, none)


def relu_bias_backward(dy: Array, y: Array) -> tuple[Array, Array]:
    """Go back through a ReLU and add up for the bias before it, in one pass.

    dz = dy * [y > 0]           dbias[f] = sum of dz[..., f] over every axis but the last

    Parameters
    ----------
    dy : (..., F) float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        what the ReLU returned

    Returns
    -------
    dz : shape and dtype of dy
    dbias : (F,), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dz, dbias = kernels.relu_bias_backward(np.array([[1.0, 2.0], [4.0, 8.0]]), np.array([[0.5, 0.0], [1.0, 3.0]]))
    >>> dz.tolist(), dbias.tolist()
    ([[1.0, 0.0], [4.0, 8.0]], [5.0, 8.0])
    """
    dy = checks.floats(dy, "dy")
    y = checks.floats(y, "y", dtype=dy.dtype)
    checks.shape(y, "y", dy.shape)
    dz = memory.empty(dy.shape, dy.dtype)
    return dz, _sum_rows(dy, y, dz)
