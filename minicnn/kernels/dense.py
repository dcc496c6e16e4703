"""Dense: y = x @ kernel + bias;  dx = dy @ kernel.T;  dkernel = x.T @ dy."""

from typing import NamedTuple

import numpy as np

from .activations import clipped_relu_forward
from .algorithms.matmul import matmul
from .machine import checks, memory
from .relu import relu_forward
from .sigmoid import sigmoid_forward
from .softmax import softmax_forward

ACTIVATIONS = {
    "relu": relu_forward,
    "relu6": lambda y: clipped_relu_forward(y, 6.0),
    "sigmoid": sigmoid_forward,
    "softmax": softmax_forward,
}
LIMITS = {"relu": np.inf, "relu6": 6.0}  # those that a product applies before it writes its sums


class Product(NamedTuple):
    """A kernel's gradient that was not computed yet: the arguments of `dense_backward_kernel`. See sgd.py."""

    dy: np.ndarray
    x: np.ndarray


def activate(y, activation):
    """Apply the activation of that name, or none.

    Raises
    ------
    ValueError: `activation` must be None, "relu", "relu6", "sigmoid" or "softmax". Received: activation='tanh'.
    """
    if activation is None:
        return y
    if activation not in ACTIVATIONS:
        raise ValueError(
            f'`activation` must be None, "relu", "relu6", "sigmoid" or "softmax". Received: activation={activation!r}.'
        )
    return ACTIVATIONS[activation](y)


def dense_forward(x, kernel, bias, *, activation=None):
    """Weigh every input for every output, sum, and add the bias.

    y[n,f] = bias[f] + sum_d x[n,d] * kernel[d,f]

    Parameters
    ----------
    x : (N, D) float32 or float64       kernel : (D, F)         bias : (F,) or None for no bias
    activation : None, "relu", "relu6", "sigmoid" or "softmax", applied to y

    Returns
    -------
    y : (N, F), dtype of x
    """
    x = checks.floats(x, "x", 2)
    kernel = checks.floats(kernel, "kernel", 2, x.dtype)
    checks.shape(kernel, "kernel", (x.shape[1], kernel.shape[1]))
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", (kernel.shape[1],))
    y = memory.empty((len(x), kernel.shape[1]), x.dtype)
    if y.size and x.size:
        matmul(x, kernel, y, bias=bias, limit=LIMITS.get(activation, -1.0))
    elif y.size:
        y[:] = 0 if bias is None else bias
    return y if activation in LIMITS and x.size else activate(y, activation)


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
    if dx.size and dy.size:
        matmul(dy, kernel, dx, transpose_b=True)
    else:
        dx[:] = 0
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
    if dkernel.size and dy.size:
        matmul(x, dy, dkernel, transpose_a=True)
    else:
        dkernel[:] = 0
    return dkernel
