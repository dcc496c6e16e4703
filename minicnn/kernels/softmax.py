"""Softmax over the last axis: y_i = exp(x_i) / sum_k exp(x_k);  dx_i = y_i * (dy_i - sum_k dy_k y_k)."""

from . import checks, memory
from .exponential import exp
from .jit import jit
from .threads import run

BLOCK = 1 << 12  # elements a job, or one row


@jit
def _forward(start, stop, x, y, rows):
    """Job: some rows."""
    for i in range(start * rows, min(stop * rows, x.shape[0])):
        a, b = x[i], y[i]
        top = a[0]
        for k in range(a.size):
            top = top if a[k] <= top else a[k]  # a NaN gets in here; if a number follows it, NaN - top is NaN again
        for k in range(a.size):
            b[k] = a[k] - top
        exp(b)
        total = 0.0  # float64: a thousand classes still sum to 1
        for k in range(a.size):
            total += b[k]
        scale = 1 / total
        for k in range(a.size):
            b[k] = b[k] * scale


@jit
def _backward(start, stop, dy, y, dx, rows):
    """Job: some rows."""
    for i in range(start * rows, min(stop * rows, dy.shape[0])):
        g, p, out = dy[i], y[i], dx[i]
        mean = 0.0
        for k in range(g.size):
            mean += g[k] * p[k]
        mean = dy.dtype.type(mean)
        for k in range(g.size):
            out[k] = p[k] * (g[k] - mean)


def _run(kernel, work, *arrays):
    """Deal out the rows of arrays (..., K)."""
    classes = arrays[0].shape[-1]
    count, rows = arrays[0].size // classes, -(-BLOCK // classes)
    run(kernel, -(-count // rows), work, *(array.reshape(count, classes) for array in arrays), rows)


def _check_axis(array, name):
    if array.ndim < 1 or array.shape[-1] < 1:
        raise ValueError(f"`{name}` must have a last axis of 1 or more. Received: {name}.shape={array.shape}.")


def softmax_forward(x):
    """Turn every row of logits into probabilities that sum to 1.

    y[..., i] = exp(x[..., i]) / sum_k exp(x[..., k])

    Parameters
    ----------
    x : (..., K) float32 or float64

    Returns
    -------
    y : (..., K), dtype of x. The row's maximum is subtracted first: no exp can overflow. NaN makes its row NaN
    """
    x = checks.floats(x, "x")
    _check_axis(x, "x")
    y = memory.empty(x.shape, x.dtype)
    _run(_forward, 4 * x.size, x, y)
    return y


def softmax_backward(dy, y):
    """Apply the softmax's Jacobian to the gradient.

    dx[..., i] = y[..., i] * (dy[..., i] - sum_k dy[..., k] * y[..., k])

    Parameters
    ----------
    dy : (..., K) float32 or float64        y : what softmax_forward returned, shape and dtype of dy

    Returns
    -------
    dx : (..., K), dtype of dy
    """
    dy = checks.floats(dy, "dy")
    y = checks.floats(y, "y", dtype=dy.dtype)
    _check_axis(dy, "dy")
    checks.shape(y, "y", dy.shape)
    dx = memory.empty(dy.shape, dy.dtype)
    _run(_backward, dy.size, dy, y, dx)
    return dx
