"""ReLU: y = max(x, 0);  dx = dy where y > 0.  NaN travels."""


from . import checks, memory
from .jit import jit
from .threads import run

BLOCK = 1 << 14  # elements a job. Loops run over slices, from 0: an index that might be negative is not vectorised


@jit
def _forward(start, stop, x, y):
    x, y = x[start * BLOCK:stop * BLOCK], y[start * BLOCK:stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] <= zero else x[i]  # a comparison with NaN is false: NaN stays


@jit
def _backward(start, stop, dy, y, dx):
    dy, y, dx = dy[start * BLOCK:stop * BLOCK], y[start * BLOCK:stop * BLOCK], dx[start * BLOCK:stop * BLOCK]
    zero = dy.dtype.type(0)
    for i in range(dy.size):
        dx[i] = dy[i] if y[i] > zero else zero


def relu_forward(x):
    """Set what is negative to zero.

    y = max(x, 0)

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x; NaN stays NaN
    """
    x = checks.floats(x, "x")
    y = memory.empty(x.shape, x.dtype)
    run(_forward, -(-x.size // BLOCK), x.size, x.reshape(-1), y.reshape(-1))
    return y


def relu_backward(dy, y):
    """Let the gradient through where the output is above zero.

    dx = dy * [y > 0]       (0 at y = 0, as in Keras)

    Parameters
    ----------
    dy : any shape, float32 or float64      y : what relu_forward returned, shape and dtype of dy

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
