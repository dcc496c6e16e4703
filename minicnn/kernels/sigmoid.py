"""Sigmoid: y = 1 / (1 + exp(-x));  dx = dy * y * (1 - y)."""

import math

from . import checks, memory
from .jit import jit
from .threads import run

BLOCK = 1 << 14


@jit
def _forward(start, stop, x, y):
    one = x.dtype.type(1)
    for i in range(start * BLOCK, min(stop * BLOCK, x.size)):
        small = math.exp(-abs(x[i]))  # never above 1, so it cannot overflow
        y[i] = (small if x[i] < 0 else one) / (one + small)


@jit
def _backward(start, stop, dy, y, dx):
    one = dy.dtype.type(1)
    for i in range(start * BLOCK, min(stop * BLOCK, dy.size)):
        dx[i] = dy[i] * y[i] * (one - y[i])


def sigmoid_forward(x):
    """Squeeze every number between 0 and 1.

    y = 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x))

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x; never overflows; NaN stays NaN
    """
    x = checks.floats(x, "x")
    y = memory.empty(x.shape, x.dtype)
    run(_forward, -(-x.size // BLOCK), 8 * x.size, x.reshape(-1), y.reshape(-1))
    return y


def sigmoid_backward(dy, y):
    """Scale the gradient by the slope of the sigmoid.

    dx = dy * y * (1 - y)

    Parameters
    ----------
    dy : any shape, float32 or float64      y : what sigmoid_forward returned, shape and dtype of dy

    Returns
    -------
    dx : shape and dtype of dy
    """
    dy = checks.floats(dy, "dy")
    y = checks.floats(y, "y", dtype=dy.dtype)
    checks.shape(y, "y", dy.shape)
    dx = memory.empty(dy.shape, dy.dtype)
    run(_backward, -(-dy.size // BLOCK), dy.size, dy.reshape(-1), y.reshape(-1), dx.reshape(-1))
    return dx
