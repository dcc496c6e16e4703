"""The sigmoid: any number becomes one between 0 and 1.

Forward   y = 1 / (1 + exp(-x))
Backward  dx = dy * y * (1 - y)

Source: Keras 3 activations.sigmoid.
"""

import numpy as np


def sigmoid_forward(x):
    """Squeeze every number between 0 and 1.

    y = 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x))

    Parameters
    ----------
    x : any shape, float32 or float64, logits

    Returns
    -------
    y : shape and dtype of x, 0 <= y <= 1

    Notes
    -----
    exp(-x) overflows below x = -88 (float32) or -709 (float64), exp(x) above. So the left form serves x >= 0, the
    right one x < 0: then only exp(-|x|) <= 1 is ever taken. NaN stays NaN.
    """
    x64 = x.astype(np.float64)
    small = np.exp(-np.abs(x64))
    return (np.where(x64 < 0, small, 1.0) / (1.0 + small)).astype(x.dtype)


def sigmoid_backward(dy, y):
    """Scale the gradient by the slope of the sigmoid.

    dx = dy * y * (1 - y)

    Parameters
    ----------
    dy : any shape, float32 or float64      gradient of the loss with respect to y
    y : shape of dy, the output of `sigmoid_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    With e = exp(-x) and y = 1 / (1 + e): dy/dx = e / (1 + e)**2 = y * (1 - y). Largest, 1/4, at x = 0.
    """
    y64 = y.astype(np.float64)
    return (dy * y64 * (1.0 - y64)).astype(dy.dtype)
