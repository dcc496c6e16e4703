"""The dense layer: every output is a weighted sum of every input.

Forward   y = x @ kernel + bias
Backward  dx = dy @ kernel.T,   dkernel = x.T @ dy

Source: Keras 3 Dense.
"""

import numpy as np


def dense_forward(x, kernel, bias):
    """Weigh every input for every output, sum, and add the bias.

    y[n,f] = bias[f] + sum_d x[n,d] * kernel[d,f]

    Parameters
    ----------
    x : (N, D) float32 or float64       kernel : (D, F)         bias : (F,) or None for no bias

    Returns
    -------
    y : (N, F), dtype of x

    Notes
    -----
    Multiply-adds: N * D * F.
    """
    y = np.zeros((x.shape[0], kernel.shape[1]))
    for n, f in np.ndindex(*y.shape):
        y[n, f] = _dot(x[n], kernel[:, f])
    return (y if bias is None else y + bias).astype(x.dtype)  # (N, F)


def dense_backward_input(dy, kernel):
    """Hand every output's gradient back along its weights.

    dx[n,d] = sum_f dy[n,f] * kernel[d,f]

    Parameters
    ----------
    dy : (N, F) float32 or float64      gradient of the loss with respect to y
    kernel : (D, F)

    Returns
    -------
    dx : (N, D), dtype of dy
    """
    dx = np.zeros((dy.shape[0], kernel.shape[0]))
    for n, d in np.ndindex(*dx.shape):
        dx[n, d] = _dot(dy[n], kernel[d])
    return dx.astype(dy.dtype)  # (N, D)


def dense_backward_kernel(dy, x):
    """Sum over the batch, for every weight, its input times its output's gradient.

    dkernel[d,f] = sum_n x[n,d] * dy[n,f]

    Parameters
    ----------
    dy : (N, F) float32 or float64      gradient of the loss with respect to y
    x : (N, D), as given to `dense_forward`

    Returns
    -------
    dkernel : (D, F), dtype of dy

    Notes
    -----
    The bias is `bias_backward`'s.
    """
    dkernel = np.zeros((x.shape[1], dy.shape[1]))
    for d, f in np.ndindex(*dkernel.shape):
        dkernel[d, f] = _dot(x[:, d], dy[:, f])
    return dkernel.astype(dy.dtype)  # (D, F)


def _dot(u, v):
    """Sum the products of two vectors in float64: see the package's docstring."""
    return np.sum(u.astype(np.float64) * v)
