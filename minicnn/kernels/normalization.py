"""Normalization with constants: y = (x - mean) / max(sqrt(variance), 1e-7)."""

import numpy as np

from . import checks, tape

EPSILON = 1e-7


def _deviation(variance):
    return np.maximum(np.sqrt(variance), variance.dtype.type(EPSILON))


def normalization_forward(x, mean, variance):
    """Subtract a mean and divide by a deviation.

    Parameters
    ----------
    x : any shape, float32 or float64
    mean, variance : dtype of x, of shapes that broadcast against x

    Returns
    -------
    y : shape and dtype of x
    """
    tape.refuse()
    x = checks.floats(x, "x")
    mean, variance = (checks.floats(item, "mean and variance", dtype=x.dtype) for item in (mean, variance))
    return (x - mean) / _deviation(variance)


def normalization_backward(dy, variance):
    """Divide the gradient by the same deviation.

    Parameters
    ----------
    dy : any shape, float32 or float64      variance : as given to `normalization_forward`

    Returns
    -------
    dx : shape and dtype of dy
    """
    dy = checks.floats(dy, "dy")
    return dy / _deviation(checks.floats(variance, "variance", dtype=dy.dtype))
