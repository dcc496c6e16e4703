"""Flatten: the same numbers in the same order, one row a picture."""

import math

import numpy as np

from .machine import checks


def flatten_forward(x):
    """Lay every picture out as one row.

    Parameters
    ----------
    x : (N, ...) float32 or float64

    Returns
    -------
    y : (N, D), D = the product of the other axes; a view of x where x is contiguous
    """
    if not isinstance(x, np.ndarray) or x.ndim < 1:
        received = x.shape if isinstance(x, np.ndarray) else type(x).__name__
        raise ValueError(f"`x` must be an array with 1 axis or more. Received: {received}.")
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))


def flatten_backward(dy, input_shape):
    """Give the gradient the shape of the pictures again.

    Parameters
    ----------
    dy : (N, D)                 input_shape : (N, ...), the shape of x

    Returns
    -------
    dx : input_shape, dtype of dy
    """
    checks.shape(dy, "dy", (input_shape[0], math.prod(input_shape[1:])))
    return dy.reshape(input_shape)
