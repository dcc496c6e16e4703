"""Flatten: every image becomes one row. Nothing is computed; the numbers only stand differently.

Forward   y[n, (h*W + w)*C + c] = x[n, h, w, c]
Backward  the same, read from right to left.

Source: Keras 3 Flatten.
"""

import math

from ..types import Array


def flatten_forward(x: Array) -> Array:
    """Write every example of a batch as one row.

    y[n, (h*W + w)*C + c] = x[n,h,w,c]

    Parameters
    ----------
    x : (N, ...) float32 or float64
        one example after the other

    Returns
    -------
    y : (N, D), dtype of x
        D is the product of the other sizes, H * W * C for images; (N,) becomes (N, 1)

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.flatten_forward(np.zeros((2, 4, 4, 3))).shape
    (2, 48)
    """
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))  # not -1: it has no meaning where N = 0


def flatten_backward(dy: Array, input_shape: tuple[int, ...]) -> Array:
    """Put every gradient back where its number came from.

    dx[n,h,w,c] = dy[n, (h*W + w)*C + c]

    Parameters
    ----------
    dy : (N, D) float32 or float64
        gradient of the loss with respect to y
    input_shape : (N, ...) int
        the shape of x

    Returns
    -------
    dx : input_shape, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.flatten_backward(np.zeros((2, 48)), (2, 4, 4, 3)).shape
    (2, 4, 4, 3)
    """
    return dy.reshape(input_shape)
