"""Average pooling: of every window, channel by channel, the mean goes on.

Forward   y[n,i,j,c] = mean over a,b of x[n, i*sh + a - top, j*sw + b - left, c]
Backward  dy[n,i,j,c] goes in equal parts to the pixels that were averaged.

Source: Keras 3 AveragePooling2D.
"""

import numpy as np

from ..types import Array, Pads, Pair
from .padding import output_size


def avgpool2d_forward(x: Array, pool_size: Pair, strides: Pair, pads: Pads) -> Array:
    """Average every window.

    y[n,i,j,c] = mean over a < PH, b < PW of x[n, i*sh+a-top, j*sw+b-left, c]      (what lies outside x is left out)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    pool_size : (PH, PW) int
        the window, pixels
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        pixels around every image, each smaller than the window

    Returns
    -------
    y : (N, OH, OW, C), dtype of x
        OH = (H + top + bottom - PH) // sh + 1

    Raises
    ------
    ValueError
        A window must fit into its input. (see `output_size`)

    Notes
    -----
    A window that hangs over the edge is divided by the pixels that it has, not by PH * PW: TensorFlow does the same.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> y = reference.avgpool2d_forward(x, (2, 2), strides=(2, 2), pads=((0, 0), (0, 0)))
    >>> y[0, :, :, 0].tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    n, height, width, c = x.shape
    oh = output_size(height, pool_size[0], strides[0], sum(pads[0]))
    ow = output_size(width, pool_size[1], strides[1], sum(pads[1]))
    y = np.zeros((n, oh, ow, c))
    for i, j in np.ndindex(oh, ow):
        rows, columns = _window(i, j, pool_size, strides, pads)
        y[:, i, j] = x[:, rows, columns].astype(np.float64).mean(axis=(1, 2))  # (N, C)
    return y.astype(x.dtype)  # (N, OH, OW, C)


def avgpool2d_backward(dy: Array, input_shape: tuple[int, ...], pool_size: Pair, strides: Pair, pads: Pads) -> Array:
    """Hand every output's gradient back in equal parts.

    dx[n,h,w,c] = sum of dy[n,i,j,c] / (pixels of the window) over all windows (i,j) that hold (h,w)

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64
        gradient of the loss with respect to y
    input_shape : (N, H, W, C) int
        the shape of x
    pool_size : (PH, PW) int
        the window, pixels
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        pixels around every image, each smaller than the window

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy = np.full((1, 1, 1, 1), 4.0)
    >>> dx = reference.avgpool2d_backward(dy, (1, 2, 2, 1), (2, 2), strides=(2, 2), pads=((0, 0), (0, 0)))
    >>> dx[0, :, :, 0].tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    dx = np.zeros(input_shape)
    for i, j in np.ndindex(*dy.shape[1:3]):
        rows, columns = _window(i, j, pool_size, strides, pads)
        part = dx[:, rows, columns]  # (N, PH, PW, C), smaller at the edge
        part += dy[:, i, j, None, None].astype(np.float64) / (part.shape[1] * part.shape[2])
    return dx.astype(dy.dtype)  # (N, H, W, C)


def _window(i: int, j: int, pool_size: Pair, strides: Pair, pads: Pads) -> tuple[slice, slice]:
    """Return the part of window (i, j) that lies on the image; slices end by themselves at its far edge."""
    top, left = i * strides[0] - pads[0][0], j * strides[1] - pads[1][0]
    return slice(max(top, 0), top + pool_size[0]), slice(max(left, 0), left + pool_size[1])
