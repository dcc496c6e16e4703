"""Dense: y = x @ kernel + bias;  dx = dy @ kernel.T;  dkernel = x.T @ dy."""

from . import checks, memory
from .jit import jit
from .relu import relu_forward
from .sigmoid import sigmoid_forward
from .softmax import softmax_forward
from .threads import run

ACTIVATIONS = {"relu": relu_forward, "sigmoid": sigmoid_forward, "softmax": softmax_forward}


@jit
def _forward(start, stop, x, kernel, y):
    for n in range(start, stop):
        for d in range(kernel.shape[0]):
            for f in range(kernel.shape[1]):
                y[n, f] += x[n, d] * kernel[d, f]


@jit
def _backward_input(start, stop, dy, kernel, dx):
    for n in range(start, stop):
        for d in range(kernel.shape[0]):
            total = dy.dtype.type(0)
            for f in range(kernel.shape[1]):
                total += dy[n, f] * kernel[d, f]
            dx[n, d] = total


@jit
def _backward_kernel(start, stop, dy, x, dkernel):
    for d in range(start, stop):
        dkernel[d] = 0
        for n in range(x.shape[0]):
            for f in range(dy.shape[1]):
                dkernel[d, f] += x[n, d] * dy[n, f]


def activate(y, activation):
    """Apply the activation of that name, or none.

    Raises
    ------
    ValueError: `activation` must be None, "relu", "sigmoid" or "softmax". Received: activation='tanh'.
    """
    if activation is None:
        return y
    if activation not in ACTIVATIONS:
        raise ValueError('`activation` must be None, "relu", "sigmoid" or "softmax". '
                         f"Received: activation={activation!r}.")
    return ACTIVATIONS[activation](y)


def dense_forward(x, kernel, bias, *, activation=None):
    """Weigh every input for every output, sum, and add the bias.

    y[n,f] = bias[f] + sum_d x[n,d] * kernel[d,f]

    Parameters
    ----------
    x : (N, D) float32 or float64       kernel : (D, F)         bias : (F,) or None for no bias
    activation : None, "relu", "sigmoid" or "softmax", applied to y

    Returns
    -------
    y : (N, F), dtype of x
    """
    x = checks.floats(x, "x", 2)
    kernel = checks.floats(kernel, "kernel", 2, x.dtype)
    checks.shape(kernel, "kernel", (x.shape[1], kernel.shape[1]))
    y = memory.empty((x.shape[0], kernel.shape[1]), x.dtype)
    y[:] = 0
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", (kernel.shape[1],))
        y[:] = bias
    run(_forward, len(x), x.size * kernel.shape[1], x, kernel, y)
    return activate(y, activation)


def dense_backward_input(dy, kernel):
    """Hand every output's gradient back along its weights.

    dx[n,d] = sum_f dy[n,f] * kernel[d,f]

    Parameters
    ----------
    dy : (N, F) float32 or float64      kernel : (D, F)

    Returns
    -------
    dx : (N, D), dtype of dy
    """
    dy = checks.floats(dy, "dy", 2)
    kernel = checks.floats(kernel, "kernel", 2, dy.dtype)
    checks.shape(kernel, "kernel", (kernel.shape[0], dy.shape[1]))
    dx = memory.empty((dy.shape[0], kernel.shape[0]), dy.dtype)
    run(_backward_input, len(dy), dy.size * kernel.shape[0], dy, kernel, dx)
    return dx


def dense_backward_kernel(dy, x):
    """Sum over the batch, for every weight, its input times its output's gradient.

    dkernel[d,f] = sum_n x[n,d] * dy[n,f]

    Parameters
    ----------
    dy : (N, F) float32 or float64      x : (N, D), as given to `dense_forward`

    Returns
    -------
    dkernel : (D, F), dtype of dy
    """
    dy = checks.floats(dy, "dy", 2)
    x = checks.floats(x, "x", 2, dy.dtype)
    checks.shape(x, "x", (dy.shape[0], x.shape[1]))
    dkernel = memory.empty((x.shape[1], dy.shape[1]), dy.dtype)
    run(_backward_kernel, x.shape[1], x.size * dy.shape[1], dy, x, dkernel)
    return dkernel
