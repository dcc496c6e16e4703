"""Max pooling: of every window, channel by channel, only the largest value goes on.

Forward   y[n,i,j,c] = max over a,b of x[n, i*sh + a - top, j*sw + b - left, c]
Backward  dy[n,i,j,c] goes whole to the pixel that was that maximum, and nowhere else.

Source: Keras 3 MaxPooling2D.
"""

import numpy as np

from ..types import Array, Pads, Pair
from .padding import output_size


def maxpool2d_forward(x: Array, pool_size: Pair, strides: Pair, pads: Pads) -> Array:
    """Keep the largest value of every window.

    y[n,i,j,c] = max over a < PH, b < PW of x[n, i*sh+a-top, j*sw+b-left, c]    (outside x counts as -inf: never wins)

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
    A NaN makes every window that holds it NaN (Keras's pooling may drop it). Comparisons: N * OH * OW * C * PH * PW.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> y = reference.maxpool2d_forward(x, (2, 2), strides=(2, 2), pads=((0, 0), (0, 0)))
    >>> y[0, :, :, 0].tolist()
    [[5.0, 7.0], [13.0, 15.0]]
    """
    n, height, width, c = x.shape
    oh = output_size(height, pool_size[0], strides[0], sum(pads[0]))
    ow = output_size(width, pool_size[1], strides[1], sum(pads[1]))
    y = np.zeros((n, oh, ow, c), x.dtype)
    for at in np.ndindex(*y.shape):
        y[at] = x[_winner(x, at, pool_size, strides, pads)]
    return y  # (N, OH, OW, C)


def maxpool2d_backward(dy: Array, x: Array, pool_size: Pair, strides: Pair, pads: Pads) -> Array:
    """Hand every output's gradient to the one pixel that it was copied from.

    dx[n,h,w,c] = sum of dy[n,i,j,c] over all windows (i,j) whose first maximum, row by row, is (h,w)

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64
        gradient of the loss with respect to y
    x : (N, H, W, C), dtype of dy
        as given to `maxpool2d_forward`
    pool_size : (PH, PW) int
        the window, pixels
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        pixels around every image, each smaller than the window

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
        ties: the first maximum in row order gets all; of several NaN, the first

    Notes
    -----
    Ties: the first maximum in row order takes the whole gradient, as in Keras. (The maximum has no derivative at
    a tie; any split is a valid subgradient.) In a window with NaN the first NaN takes it.
    Windows that overlap add up: one pixel may win several of them.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x, dy = np.array([[1.0, 5.0], [5.0, 0.0]]).reshape(1, 2, 2, 1), np.full((1, 1, 1, 1), 3.0)
    >>> dx = reference.maxpool2d_backward(dy, x, (2, 2), strides=(2, 2), pads=((0, 0), (0, 0)))
    >>> dx[0, :, :, 0].tolist()  # of two maxima the first
    [[0.0, 3.0], [0.0, 0.0]]
    """
    dx = np.zeros(x.shape)
    for at in np.ndindex(*dy.shape):
        dx[_winner(x, at, pool_size, strides, pads)] += dy[at]
    return dx.astype(dy.dtype)  # (N, H, W, C)


def _winner(x: Array, at: tuple[int, ...], pool_size: Pair, strides: Pair, pads: Pads) -> tuple[int, ...]:
    """Find the index of the pixel that output `at` = (n, i, j, c) is copied from."""
    n, i, j, c = at
    first_row, first_column = i * strides[0] - pads[0][0], j * strides[1] - pads[1][0]
    top, left = max(first_row, 0), max(first_column, 0)  # the part of the window that lies on the image
    window = x[n, top : first_row + pool_size[0], left : first_column + pool_size[1], c]
    a, b = np.unravel_index(np.argmax(window), window.shape)  # argmax: the first in row order; NaN counts as largest
    return n, top + int(a), left + int(b), c
