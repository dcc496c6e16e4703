"""Cropping: take a frame away from every image.

Forward   y[n,h,w,c] = x[n, h + top, w + left, c]
Backward  dy with a frame of zeros around it: see `zero_padding2d`

Source: Keras 3 Cropping2D.
"""

import numpy as np

from ..types import Array, Pads


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

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.cropping2d_forward(np.arange(4.0).reshape(1, 2, 2, 1), ((1, 0), (0, 0))).ravel().tolist()
    [2.0, 3.0]
    """
    (top, bottom), (left, right) = crops
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right].copy()


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
    >>> from minicnn import reference
    >>> reference.cropping2d_backward(np.ones((1, 1, 2, 1)), ((1, 0), (0, 0)))[0, :, :, 0].tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    return np.pad(dy, ((0, 0), *crops, (0, 0)))
