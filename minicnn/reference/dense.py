"""The dense layer: every output is a weighted sum of every input.

Forward   y = x @ kernel + bias
Backward  dx = dy @ kernel.T,   dkernel = x.T @ dy

Source: Keras 3 Dense.
"""

from typing import Any

import numpy as np

from ..types import Array


def dense_forward(x: Array, kernel: Array, bias: Array | None) -> Array:
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

    Returns
    -------
    y : (N, F), dtype of x

    Notes
    -----
    Multiply-adds: N * D * F.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x, kernel, bias = np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([0.0, 1.0])
    >>> reference.dense_forward(x, kernel, bias).tolist()
    [[3.0, 9.0]]
    """
    y = np.zeros((x.shape[0], kernel.shape[1]))
    for n, f in np.ndindex(*y.shape):
        y[n, f] = _dot(x[n], kernel[:, f])
    return (y if bias is None else y + bias).astype(x.dtype)  # (N, F)


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
    >>> from minicnn import reference
    >>> reference.dense_backward_input(np.array([[1.0, 1.0]]), np.array([[3.0, 0.0], [1.0, 4.0]])).tolist()
    [[3.0, 5.0]]
    """
    dx = np.zeros((dy.shape[0], kernel.shape[0]))
    for n, d in np.ndindex(*dx.shape):
        dx[n, d] = _dot(dy[n], kernel[d])
    return dx.astype(dy.dtype)  # (N, D)


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

    Notes
    -----
    The bias is `bias_backward`'s.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.dense_backward_kernel(np.array([[1.0, 10.0]]), np.array([[3.0, 5.0]])).tolist()
    [[3.0, 30.0], [5.0, 50.0]]
    """
    dkernel = np.zeros((x.shape[1], dy.shape[1]))
    for d, f in np.ndindex(*dkernel.shape):
        dkernel[d, f] = _dot(x[:, d], dy[:, f])
    return dkernel.astype(dy.dtype)  # (D, F)


def _dot(u: Array, v: Array) -> Any:
    """Sum the products of two vectors in float64: see the package's docstring."""
    return np.sum(u.astype(np.float64) * v)
