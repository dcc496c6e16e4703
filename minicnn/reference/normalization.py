"""Normalization with constants: every number minus a mean, divided by a deviation. Nothing is learnt.

Forward   y = (x - mean) / max(sqrt(variance), 1e-7)
Backward  dx = dy / max(sqrt(variance), 1e-7)

Source: Keras 3 Normalization; 1e-7 is Keras's backend epsilon.
"""

import numpy as np

from ..types import Array

EPSILON = 1e-7


def normalization_forward(x: Array, mean: Array, variance: Array) -> Array:
    """Subtract a mean and divide by a deviation.

    y = (x - mean) / max(sqrt(variance), 1e-7)

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale
    mean : x's rank, dtype of x
        sizes agree with x's, or are 1
    variance : shape of mean, dtype of x
        0 or more

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.normalization_forward(np.array([[1.0, 5.0]]), np.array([[3.0, 3.0]]), np.array([[4.0, 1.0]])).tolist()
    [[-1.0, 2.0]]
    """
    return ((x.astype(np.float64) - mean) / _deviation(variance)).astype(x.dtype)


def normalization_backward(dy: Array, variance: Array) -> Array:
    """Divide the gradient by the same deviation.

    dx = dy / max(sqrt(variance), 1e-7)

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    variance : shape of mean, dtype of x
        0 or more

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.normalization_backward(np.ones((1, 2)), np.array([[4.0, 1.0]])).tolist()
    [[0.5, 1.0]]
    """
    return (dy.astype(np.float64) / _deviation(variance)).astype(dy.dtype)


def _deviation(variance: Array) -> Array:
    """Take the root in float64: see the package's docstring."""
    return np.maximum(np.sqrt(variance.astype(np.float64)), EPSILON)
