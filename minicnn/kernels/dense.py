"""Dense: y = x @ kernel + bias;  dx = dy @ kernel.T;  dkernel = x.T @ dy."""

from typing import NamedTuple

from ..types import Array
from .algorithms import matmul
from .fused.activation import LIMITS, NO_LIMIT, activate
from .machine import checks, memory


class Product(NamedTuple):
    """A kernel's gradient x.T @ dy by its two factors, not multiplied out: what `sgd_step` takes too. See sgd.py.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> product = kernels.Product(dy=np.array([[1.0, 10.0]]), x=np.array([[3.0, 5.0]]))
    >>> kernels.dense_backward_kernel(*product).tolist()
    [[3.0, 30.0], [5.0, 50.0]]
    """

    dy: Array
    x: Array


def dense_forward(x: Array, kernel: Array, bias: Array | None, *, activation: str | None = None) -> Array:
    """Weigh every input for every output, sum, and add the bias.

    y[n,f] = bias[f] + sum_d x[n,d] * kernel[d,f]

    Parameters
    ----------
    x : (N, D) float32 or float64
        one row an example
    kernel : (D, F), dtype of x
        the weights
    bias : (F,), dtype of x, or None
        added to every row
    activation : None, "relu", "relu6", "sigmoid" or "softmax"
        applied to y

    Returns
    -------
    y : (N, F), dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, kernel, bias = np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([0.0, 1.0])
    >>> kernels.dense_forward(x, kernel, bias).tolist()
    [[3.0, 9.0]]
    """
    x = checks.floats(x, "x", 2)
    kernel = checks.floats(kernel, "kernel", 2, x.dtype)
    checks.shape(kernel, "kernel", (x.shape[1], kernel.shape[1]))
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", (kernel.shape[1],))
    y = memory.empty((len(x), kernel.shape[1]), x.dtype)
    if y.size and x.size:
        matmul(x, kernel, y, bias=bias, limit=LIMITS.get(activation, NO_LIMIT))
    elif y.size:
        y[:] = 0 if bias is None else bias
    return y if activation in LIMITS and x.size else activate(y, activation)


def dense_backward_input(dy: Array, kernel: Array) -> Array:
    """Hand every output's gradient back along its weights.

    dx[n,d] = sum_f dy[n,f] * kernel[d,f]

    Parameters
    ----------
    dy : (N, F) float32 or float64
        gradient of the loss with respect to y
    kernel : (D, F), dtype of dy
        as given to `dense_forward`

    Returns
    -------
    dx : (N, D), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.dense_backward_input(np.array([[1.0, 1.0]]), np.array([[3.0, 0.0], [1.0, 4.0]])).tolist()
    [[3.0, 5.0]]
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


def dense_backward_kernel(dy: Array, x: Array) -> Array:
    """Sum over the batch, for every weight, its input times its output's gradient.

    dkernel[d,f] = sum_n x[n,d] * dy[n,f]

    Parameters
    ----------
    dy : (N, F) float32 or float64
        gradient of the loss with respect to y
    x : (N, D), dtype of dy
        as given to `dense_forward`

    Returns
    -------
    dkernel : (D, F), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.dense_backward_kernel(np.array([[1.0, 10.0]]), np.array([[3.0, 5.0]])).tolist()
    [[3.0, 30.0], [5.0, 50.0]]
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
