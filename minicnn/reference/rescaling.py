"""Rescaling: bring numbers to another range, such as pixels from 0..255 to 0..1.

Forward   y = x * scale + offset
Backward  dx = dy * scale

Source: Keras 3 Rescaling.
"""

import numpy as np


def rescaling_forward(x, scale, offset):
    """Multiply by one constant and add another.

    y = x * scale + offset

    Parameters
    ----------
    x : any shape, float32 or float64       scale, offset : float

    Returns
    -------
    y : shape and dtype of x

    Notes
    -----
    scale = 1/127.5 with offset = -1 brings pixels to -1..1, as Xception expects them.
    """
    return (x.astype(np.float64) * scale + offset).astype(x.dtype)


def rescaling_backward(dy, scale):
    """Scale the gradient alike; the offset moves nothing.

    dx = dy * scale

    Parameters
    ----------
    dy : any shape, float32 or float64      gradient of the loss with respect to y
    scale : float, as given to `rescaling_forward`

    Returns
    -------
    dx : shape and dtype of dy
    """
    return (dy.astype(np.float64) * scale).astype(dy.dtype)
