"""The sigmoid: any number becomes one between 0 and 1.

Forward   y = 1 / (1 + exp(-x))
Backward  dx = dy * y * (1 - y)

Source: Keras 3 activations.sigmoid.
"""

import numpy as np

from ..types import Array


def sigmoid_forward(x: Array) -> Array:
    """Squeeze every number between 0 and 1.

    y = 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x))

    Parameters
    ----------
    x : any shape, float32 or float64
        logits

    Returns
    -------
    y : shape and dtype of x, 0 <= y <= 1

    Notes
    -----
    exp(-x) overflows below x = -88 (float32) or -709 (float64), exp(x) above. So the left form serves x >= 0, the
    right one x < 0: then only exp(-|x|) <= 1 is ever taken. NaN stays NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.sigmoid_forward(np.array([-1e4, 0.0, 1e4])).tolist()
    [0.0, 0.5, 1.0]
    """
    x64 = x.astype(np.float64)
    small = np.exp(-np.abs(x64))
    return (np.where(x64 < 0, small, 1.0) / (1.0 + small)).astype(x.dtype)


def sigmoid_backward(dy: Array, y: Array) -> Array:
    """Scale the gradient by the slope of the sigmoid.

    dx = dy * y * (1 - y)

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        what the forward returned

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    With e = exp(-x) and y = 1 / (1 + e): dy/dx = e / (1 + e)**2 = y * (1 - y). Largest, 1/4, at x = 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.sigmoid_backward(np.ones(3), np.array([0.0, 0.5, 1.0])).tolist()
    [0.0, 0.25, 0.0]
    """
    y64 = y.astype(np.float64)
    return (dy * y64 * (1.0 - y64)).astype(dy.dtype)
