"""Zero padding: a frame of zeros around every image; the way back is `cropping2d`."""

from ..types import Array, Pads
from .algorithms import zero_pad
from .cropping2d import cropping2d_forward
from .machine import checks, tape


def zero_padding2d_forward(x: Array, pads: Pads) -> Array:
    """Put zeros around every image.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels

    Returns
    -------
    y : (N, top + H + bottom, left + W + right, C), dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.zero_padding2d_forward(np.ones((1, 1, 1, 1)), ((0, 1), (1, 0)))[0, :, :, 0].tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    x = checks.floats(x, "x", 4)
    y = zero_pad(x, checks.pads(pads))
    if y is not x:
        return y
    tape.refuse()
    return x.copy()


def zero_padding2d_backward(dy: Array, pads: Pads) -> Array:
    """Drop the gradients of the frame: dx = dy[:, top : top + H, left : left + W].

    dx[n,h,w,c] = dy[n, h + top, w + left, c]

    Parameters
    ----------
    dy : (N, top + H + bottom, left + W + right, C) float32 or float64
        gradient of the loss with respect to y
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.zero_padding2d_backward(np.ones((1, 4, 4, 3)), ((1, 1), (1, 0))).shape
    (1, 2, 3, 3)
    """
    return cropping2d_forward(dy, pads)
