"""Flatten: the same numbers in the same order, one row an image."""

import math

import numpy as np

from ..types import Array
from .machine import checks


def flatten_forward(x: Array) -> Array:
    """Lay every image out as one row.

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
    >>> from minicnn import kernels
    >>> kernels.flatten_forward(np.zeros((2, 4, 4, 3))).shape
    (2, 48)
    """
    if not isinstance(x, np.ndarray) or x.ndim < 1:
        received = x.shape if isinstance(x, np.ndarray) else type(x).__name__
        raise ValueError(f"`x` must be an array with 1 axis or more. Received: {received}.")
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))


def flatten_backward(dy: Array, input_shape: tuple[int, ...]) -> Array:
    """Return the gradient the shape of the images again.

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
    >>> from minicnn import kernels
    >>> kernels.flatten_backward(np.zeros((2, 48)), (2, 4, 4, 3)).shape
    (2, 4, 4, 3)
    """
    checks.shape(dy, "dy", (input_shape[0], math.prod(input_shape[1:])))
    return dy.reshape(input_shape)
