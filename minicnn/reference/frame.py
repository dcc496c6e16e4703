"""Zero padding and cropping: put a frame of zeros around every picture, or take one away.

Forward   zero_padding2d: y[n, h + top, w + left, c] = x[n,h,w,c], 0 on the frame.   cropping2d: x without its frame.
Backward  each is the other's: the frame of dy is dropped, or a frame of zeros is put around it.

Source: Keras 3 ZeroPadding2D and Cropping2D.
"""

import numpy as np


def zero_padding2d_forward(x, pads):
    """Put zeros around every picture.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64     pads : ((top, bottom), (left, right)) int, pixels

    Returns
    -------
    y : (N, top + H + bottom, left + W + right, C), dtype of x
    """
    return np.pad(x, ((0, 0), *pads, (0, 0)))


def zero_padding2d_backward(dy, pads):
    """Drop the gradients of the frame: dx = dy[:, top : -bottom, left : -right].

    Parameters
    ----------
    dy : (N, top + H + bottom, left + W + right, C)     pads : as given to `zero_padding2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
    """
    return cropping2d_forward(dy, pads)


def cropping2d_forward(x, crops):
    """Take a frame away from every picture.

    y[n,h,w,c] = x[n, h + top, w + left, c]

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64     crops : ((top, bottom), (left, right)) int, pixels; a pixel must be left

    Returns
    -------
    y : (N, H - top - bottom, W - left - right, C), dtype of x
    """
    (top, bottom), (left, right) = crops
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right].copy()


def cropping2d_backward(dy, crops):
    """Give the pixels that were cut off a gradient of 0.

    Parameters
    ----------
    dy : (N, H - top - bottom, W - left - right, C)     crops : as given to `cropping2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
    """
    return zero_padding2d_forward(dy, crops)
