"""Zero padding: put a frame of zeros around every image.

Forward   y[n, h + top, w + left, c] = x[n,h,w,c], 0 on the frame
Backward  the frame of dy is dropped: see `cropping2d`

Source: Keras 3 ZeroPadding2D.
"""

import numpy as np

from ..types import Array, Pads


def zero_padding2d_forward(x: Array, pads: Pads) -> Array:
    """Put zeros around every image.

    y[n, h + top, w + left, c] = x[n,h,w,c], 0 on the frame

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
    >>> from minicnn import reference
    >>> reference.zero_padding2d_forward(np.ones((1, 1, 1, 1)), ((0, 1), (1, 0)))[0, :, :, 0].tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    return np.pad(x, ((0, 0), *pads, (0, 0)))


def zero_padding2d_backward(dy: Array, pads: Pads) -> Array:
    """Drop the gradients of the frame: dx = dy[:, top : -bottom, left : -right].

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
    >>> from minicnn import reference
    >>> reference.zero_padding2d_backward(np.ones((1, 4, 4, 3)), ((1, 1), (1, 0))).shape
    (1, 2, 3, 3)
    """
    (top, bottom), (left, right) = pads
    return dy[:, top : dy.shape[1] - bottom, left : dy.shape[2] - right].copy()
