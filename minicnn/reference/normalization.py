"""Normalization with constants: every number minus a mean, divided by a deviation. Nothing is learnt.

Forward   y = (x - mean) / max(sqrt(variance), 1e-7)
Backward  dx = dy / max(sqrt(variance), 1e-7)

Source: Keras 3 Normalization; 1e-7 is Keras's backend epsilon.
"""

import numpy as np

EPSILON = 1e-7


def normalization_forward(x, mean, variance):
    """Subtract a mean and divide by a deviation.

    y = (x - mean) / max(sqrt(variance), 1e-7)

    Parameters
    ----------
    x : any shape, float32 or float64
    mean, variance : arrays that broadcast against x

    Returns
    -------
    y : shape and dtype of x
    """
    return ((x.astype(np.float64) - mean) / _deviation(variance)).astype(x.dtype)


def normalization_backward(dy, variance):
    """Divide the gradient by the same deviation.

    dx = dy / max(sqrt(variance), 1e-7)

    Parameters
    ----------
    dy : any shape, float32 or float64
    variance : as given to `normalization_forward`

    Returns
    -------
    dx : shape and dtype of dy
    """
    return (dy.astype(np.float64) / _deviation(variance)).astype(dy.dtype)


def _deviation(variance):
    """Take the root in float64: see the package's docstring."""
    return np.maximum(np.sqrt(variance.astype(np.float64)), EPSILON)
