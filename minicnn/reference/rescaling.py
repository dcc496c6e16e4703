"""Rescaling: bring numbers to another range, such as pixels from 0..255 to 0..1.

Forward   y = x * scale + offset
Backward  dx = dy * scale

Source: Keras 3 Rescaling.
"""

import numpy as np

from ..types import Array


def rescaling_forward(x: Array, scale: float, offset: float) -> Array:
    """Multiply by one constant and add another.

    y = x * scale + offset

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale
    scale : float
        factor
    offset : float
        added after the factor

    Returns
    -------
    y : shape and dtype of x

    Notes
    -----
    scale = 1/127.5 with offset = -1 brings pixels to -1..1, as Xception expects them.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.rescaling_forward(np.array([0.0, 127.5, 255.0]), 1 / 127.5, -1.0).tolist()
    [-1.0, 0.0, 1.0]
    """
    return (x.astype(np.float64) * scale + offset).astype(x.dtype)


def rescaling_backward(dy: Array, scale: float) -> Array:
    """Scale the gradient alike; the offset moves nothing.

    dx = dy * scale

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    scale : float
        factor

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.rescaling_backward(np.ones(2), 0.5).tolist()
    [0.5, 0.5]
    """
    return (dy.astype(np.float64) * scale).astype(dy.dtype)
