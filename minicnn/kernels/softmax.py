"""Softmax over the last axis: y_i = exp(x_i) / sum_k exp(x_k);  dx_i = y_i * (dy_i - sum_k dy_k y_k)."""

import numpy as np

from ..types import Array
from .machine import ceil_div, checks, exp, jit, memory, run

BLOCK = 1 << 12  # elements a job, or one row
SIDE_BY_SIDE = 16  # sums, or candidates for the largest, that are computed at once: some registers of them


@jit
def _largest(row):
    """Find the largest of a row, in SIDE_BY_SIDE candidates side by side: one after the other is not vectorised."""
    top, rest = row[0], 0
    if row.size >= 4 * SIDE_BY_SIDE:
        best = row[:SIDE_BY_SIDE].copy()
        rest = row.size - row.size % SIDE_BY_SIDE
        for first in range(SIDE_BY_SIDE, rest, SIDE_BY_SIDE):
            part = row[first : first + SIDE_BY_SIDE]
            for k in range(SIDE_BY_SIDE):
                best[k] = best[k] if part[k] <= best[k] else part[k]
        for k in range(SIDE_BY_SIDE):
            top = top if best[k] <= top else best[k]
    for k in range(rest, row.size):
        top = top if row[k] <= top else row[k]
    return top


@jit
def _sum(row):
    """Sum a row in float64, in SIDE_BY_SIDE partial sums side by side. A thousand classes still sum to 1."""
    total, rest = 0.0, 0
    if row.size >= 4 * SIDE_BY_SIDE:
        sums = np.zeros(SIDE_BY_SIDE)
        rest = row.size - row.size % SIDE_BY_SIDE
        for first in range(0, rest, SIDE_BY_SIDE):
            part = row[first : first + SIDE_BY_SIDE]
            for k in range(SIDE_BY_SIDE):
                sums[k] += part[k]
        for k in range(SIDE_BY_SIDE):
            total += sums[k]
    for k in range(rest, row.size):
        total += row[k]
    return total


@jit
def _forward_short(start, stop, x, y, rows):
    """Job: as `_forward`, for rows that are shorter than a few registers: nothing to gain from candidates there.

    To call `_largest` and `_sum` for each row of ten took six times as long.
    """
    for job in range(start, stop):
        some, out = x[job * rows : (job + 1) * rows], y[job * rows : (job + 1) * rows]
        for i in range(some.shape[0]):
            top = some[i, 0]
            for k in range(1, some.shape[1]):
                top = top if some[i, k] <= top else some[i, k]
            for k in range(some.shape[1]):
                out[i, k] = some[i, k] - top
        exp(out.reshape(-1))
        for i in range(some.shape[0]):
            total = 0.0
            for k in range(some.shape[1]):
                total += out[i, k]
            scale = 1 / total
            for k in range(some.shape[1]):
                out[i, k] = out[i, k] * scale


@jit
def _forward(start, stop, x, y, rows):
    """Job: some rows of 64 classes or more."""
    for job in range(start, stop):
        some, out = x[job * rows : (job + 1) * rows], y[job * rows : (job + 1) * rows]
        for i in range(some.shape[0]):
            a, b = some[i], out[i]
            top = _largest(a)  # if a NaN gets lost here, its own difference with the largest is NaN again
            for k in range(a.size):
                b[k] = a[k] - top
        exp(out.reshape(-1))
        for i in range(some.shape[0]):
            b = out[i]
            scale = 1 / _sum(b)
            for k in range(b.size):
                b[k] = b[k] * scale


@jit
def _backward(start, stop, dy, y, dx, rows):
    """Job: some rows."""
    for i in range(start * rows, min(stop * rows, dy.shape[0])):
        g, p, out = dy[i], y[i], dx[i]
        mean = 0.0  # of the gradient, weighed by the probabilities
        for k in range(g.size):
            mean += g[k] * p[k]
        mean = dy.dtype.type(mean)
        for k in range(g.size):
            out[k] = p[k] * (g[k] - mean)


def _run(kernel, work, *arrays):
    """Deal out the rows of arrays (..., K)."""
    classes = arrays[0].shape[-1]
    count, rows = arrays[0].size // classes, ceil_div(BLOCK, classes)
    run(kernel, ceil_div(count, rows), work, *(array.reshape(count, classes) for array in arrays), rows)


def _check_axis(array, name):
    """Refuse an array without classes."""
    if array.ndim < 1 or array.shape[-1] < 1:
        raise ValueError(f"`{name}` must have a last axis of 1 or more. Received: {name}.shape={array.shape}.")


def softmax_forward(x: Array) -> Array:
    """Turn every row of logits into probabilities that sum to 1.

    y[..., i] = exp(x[..., i]) / sum_k exp(x[..., k])

    Parameters
    ----------
    x : (..., K) float32 or float64
        logits

    Returns
    -------
    y : (..., K), dtype of x. The row's maximum is subtracted first: no exp can overflow. NaN makes its row NaN

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.softmax_forward(np.log([[1.0, 2.0, 1.0]])).round(4).tolist()
    [[0.25, 0.5, 0.25]]
    """
    x = checks.floats(x, "x")
    _check_axis(x, "x")
    y = memory.empty(x.shape, x.dtype)
    _run(_forward if x.shape[-1] >= 4 * SIDE_BY_SIDE else _forward_short, 4 * x.size, x, y)
    return y


def softmax_backward(dy: Array, y: Array) -> Array:
    """Apply the softmax's Jacobian to the gradient.

    dx[..., i] = y[..., i] * (dy[..., i] - sum_k dy[..., k] * y[..., k])

    Parameters
    ----------
    dy : (..., K) float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        what the forward returned

    Returns
    -------
    dx : (..., K), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.softmax_backward(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])).tolist()
    [[0.25, -0.25]]
    """
    dy = checks.floats(dy, "dy")
    y = checks.floats(y, "y", dtype=dy.dtype)
    _check_axis(dy, "dy")
    checks.shape(y, "y", dy.shape)
    dx = memory.empty(dy.shape, dy.dtype)
    _run(_backward, dy.size, dy, y, dx)
    return dx
