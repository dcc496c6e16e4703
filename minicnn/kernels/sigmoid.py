"""Sigmoid: y = 1 / (1 + exp(-x));  dx = dy * y * (1 - y)."""

from .machine import checks, exp, jit, memory, run

BLOCK = 1 << 10  # elements a job: with all of its loops it stays in the first cache


@jit
def _forward(start, stop, x, y):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    one = x.dtype.type(1)
    for first in range(0, x.size, BLOCK):
        a, b = x[first : first + BLOCK], y[first : first + BLOCK]
        for i in range(a.size):
            b[i] = -abs(a[i])  # exp of it is never above 1: it cannot overflow
        exp(b)
        for i in range(a.size):
            b[i] = (b[i] if a[i] < 0 else one) / (one + b[i])


@jit
def _backward(start, stop, dy, y, dx):
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    one = dy.dtype.type(1)
    for i in range(dy.size):
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
