"""Cropping: a frame of pixels is taken away from every image; the way back puts zeros there."""

from ..types import Array, Pads
from .algorithms import zero_pad
from .machine import checks, tape


def cropping2d_forward(x: Array, crops: Pads) -> Array:
    """Take a frame away from every image.

    y[n,h,w,c] = x[n, h + top, w + left, c]

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    crops : ((top, bottom), (left, right)) int
        the frame, pixels; at least one pixel is left

    Returns
    -------
    y : (N, H - top - bottom, W - left - right, C), dtype of x

    Raises
    ------
    ValueError
        `crops` must leave at least one pixel of (4, 4). Received: crops=((2, 2), (0, 0)).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.cropping2d_forward(np.arange(4.0).reshape(1, 2, 2, 1), ((1, 0), (0, 0))).ravel().tolist()
    [2.0, 3.0]
    """
    x = checks.floats(x, "x", 4)
    (top, bottom), (left, right) = crops = checks.pads(crops)
    height, width = x.shape[1] - top - bottom, x.shape[2] - left - right
    if min(height, width) < 1:
        raise ValueError(f"`crops` must leave at least one pixel of {x.shape[1:3]}. Received: crops={crops}.")
    tape.refuse()
    return x[:, top : top + height, left : left + width].copy()


def cropping2d_backward(dy: Array, crops: Pads) -> Array:
    """Return a gradient of 0 for the pixels that were cut off.

    dx[n, h + top, w + left, c] = dy[n,h,w,c], 0 on the frame

    Parameters
    ----------
    dy : (N, H - top - bottom, W - left - right, C) float32 or float64
        gradient of the loss with respect to y
    crops : ((top, bottom), (left, right)) int
        the frame, pixels; at least one pixel is left

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.cropping2d_backward(np.ones((1, 1, 2, 1)), ((1, 0), (0, 0)))[0, :, :, 0].tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    dy = checks.floats(dy, "dy", 4)
    dx = zero_pad(dy, checks.pads(crops))
    if dx is not dy:
        return dx
    tape.refuse()
    return dy.copy()
