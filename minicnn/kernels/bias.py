"""A bias, of a convolution or a dense layer: laid out for the tile, and its gradient."""

from typing import Any

import numpy as np

from ..types import Array
from .machine import ceil_div, checks, jit, run

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
def _partial_sums(start, stop, dy, partial):
    """Job: the sum of ROWS rows."""
    for job in range(start, stop):
        total = partial[job]
        total[:] = 0
        for i in range(job * ROWS, min((job + 1) * ROWS, dy.shape[0])):
            for f in range(dy.shape[1]):
                total[f] += dy[i, f]


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
    Rows are summed in groups of 512, in dy's dtype, then the groups, in order, in float64: the same bits with any
    number of threads.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.bias_backward(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [4.0, 6.0]
    """
    dy = checks.floats(dy, "dy")
    if dy.ndim < 1:
        raise ValueError(f"`dy` must have 1 axis or more. Received: dy.shape={dy.shape}.")
    rows = dy.reshape(-1, dy.shape[-1]) if dy.size else dy.reshape(0, dy.shape[-1])  # (rows, F)
    jobs = ceil_div(len(rows), ROWS)
    partial = np.empty((jobs, dy.shape[-1]), dy.dtype)  # small: one row for 512
    run(_partial_sums, jobs, dy.size, rows, partial)
    return partial.sum(axis=0, dtype=np.float64).astype(dy.dtype)
