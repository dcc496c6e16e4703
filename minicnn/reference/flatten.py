"""Flatten: every picture becomes one row. Nothing is computed; the numbers only stand differently.

Forward   y[n, (h*W + w)*C + c] = x[n, h, w, c]
Backward  the same, read from right to left.

Source: Keras 3 Flatten.
"""

import math


def flatten_forward(x):
    """Write every example of a batch as one row.

    y[n, (h*W + w)*C + c] = x[n,h,w,c]

    Parameters
    ----------
    x : (N, ...) float32 or float64

    Returns
    -------
    y : (N, D), dtype of x          D = product of the other sizes, H * W * C for pictures; (N,) becomes (N, 1)
    """
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))  # not -1: it has no meaning where N = 0


def flatten_backward(dy, input_shape):
    """Put every gradient back where its number came from.

    dx[n,h,w,c] = dy[n, (h*W + w)*C + c]

    Parameters
    ----------
    dy : (N, D) float32 or float64  gradient of the loss with respect to y
    input_shape : (N, ...), the shape of x

    Returns
    -------
    dx : input_shape, dtype of dy
    """
    return dy.reshape(input_shape)
