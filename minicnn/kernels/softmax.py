"""Softmax over the last axis: y_i = exp(x_i) / sum_k exp(x_k);  dx_i = y_i * (dy_i - sum_k dy_k y_k)."""

import math

from . import checks, memory
from .jit import jit
from .threads import run

ROWS = 64


@jit
def _forward(start, stop, x, y):
    for i in range(start * ROWS, min(stop * ROWS, x.shape[0])):
        top = x[i, 0]
        for k in range(x.shape[1]):
            if not x[i, k] <= top:  # true for NaN too
                top = x[i, k]
        total = 0.0  # float64: a thousand classes still sum to 1
        for k in range(x.shape[1]):
            y[i, k] = math.exp(x[i, k] - top)
            total += y[i, k]
        for k in range(x.shape[1]):
            y[i, k] = y[i, k] / total


@jit
def _backward(start, stop, dy, y, dx):
    for i in range(start * ROWS, min(stop * ROWS, dy.shape[0])):
        mean = dy.dtype.type(0)
        for k in range(dy.shape[1]):
            mean += dy[i, k] * y[i, k]
        for k in range(dy.shape[1]):
            dx[i, k] = y[i, k] * (dy[i, k] - mean)


def _rows(array):
    """(..., K) -> (rows, K)."""
    return array.reshape(array.size // max(array.shape[-1], 1), array.shape[-1])


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
    rows = _rows(x)
    run(_forward, -(-len(rows) // ROWS), 8 * x.size, rows, _rows(y))
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
    rows = _rows(dy)
    run(_backward, -(-len(rows) // ROWS), dy.size, rows, _rows(y), _rows(dx))
    return dx
