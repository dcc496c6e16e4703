"""Sigmoid: y = 1 / (1 + exp(-x));  dx = dy * y * (1 - y)."""

from ..types import Array
from .machine import ceil_div, checks, elementwise, jit, memory, run

BLOCK = 1 << 10  # elements a job: with all of its loops it stays in the first cache


@jit
def _forward(start, stop, x, y):
    """Job: BLOCK numbers; each block stays in the first cache from loop to loop."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for first in range(0, x.size, BLOCK):
        elementwise.sigmoids(x[first : first + BLOCK], y[first : first + BLOCK])


@jit
def _backward(start, stop, dy, y, dx):
    """Job: BLOCK numbers."""
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    one = dy.dtype.type(1)
    for i in range(dy.size):
        dx[i] = dy[i] * y[i] * (one - y[i])


def sigmoid_forward(x: Array) -> Array:
    """Squeeze every number between 0 and 1.

    y = 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x))

    Parameters
    ----------
    x : any shape, float32 or float64
        logits

    Returns
    -------
    y : shape and dtype of x
        never overflows; NaN stays NaN

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.sigmoid_forward(np.array([-1e4, 0.0, 1e4])).tolist()
    [0.0, 0.5, 1.0]
    """
    x = checks.floats(x, "x")
    y = memory.empty(x.shape, x.dtype)
    run(_forward, ceil_div(x.size, BLOCK), 8 * x.size, x.reshape(-1), y.reshape(-1))
    return y


def sigmoid_backward(dy: Array, y: Array) -> Array:
    """Scale the gradient by the slope of the sigmoid.

    dx = dy * y * (1 - y)

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        what the forward returned

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.sigmoid_backward(np.ones(3), np.array([0.0, 0.5, 1.0])).tolist()
    [0.0, 0.25, 0.0]
    """
    dy = checks.floats(dy, "dy")
    y = checks.floats(y, "y", dtype=dy.dtype)
    checks.shape(y, "y", dy.shape)
    dx = memory.empty(dy.shape, dy.dtype)
    run(_backward, ceil_div(dy.size, BLOCK), dy.size, dy.reshape(-1), y.reshape(-1), dx.reshape(-1))
    return dx
