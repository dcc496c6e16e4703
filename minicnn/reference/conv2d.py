"""Convolution: every filter slides over every image and, at each stop, sums what it sees times its weights.

Forward   y[n,i,j,f] = bias[f] + sum_abc x[n, i*sh + a*dh - top, j*sw + b*dw - left, c] * kernel[a,b,c,f]
Backward  each product x * kernel in that sum hands dy * kernel to its x, and dy * x to its kernel.

All three functions walk over the same windows; only the line inside the loop differs.
Source: Keras 3 Conv2D; Dumoulin & Visin, A guide to convolution arithmetic, arXiv:1603.07285.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..types import Array, Pads, Pair
from .padding import effective_size, framed, output_size


def conv2d_forward(
    x: Array, kernel: Array, bias: Array | None, strides: Pair, pads: Pads, dilation: Pair = (1, 1), groups: int = 1
) -> Array:
    """Slide every filter over every image and add its bias.

    y[n,i,j,f] = bias[f] + sum_abc x[n, i*sh+a*dh-top, j*sw+b*dw-left, c] * kernel[a,b,c,f]    (outside x counts as 0)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    kernel : (KH, KW, C // groups, F), dtype of x
        the filters' weights
    bias : (F,), dtype of x, or None
        added to every output of its filter
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side
    groups : int, divides C and F
        filter f sees only the channels of group f // (F // groups)

    Returns
    -------
    y : (N, OH, OW, F), dtype of x
        OH = (H + top + bottom - ((KH - 1) * dh + 1)) // sh + 1

    Raises
    ------
    ValueError
        A window must fit into its input. (see `output_size`)

    Notes
    -----
    The kernel is not flipped: what networks call convolution is cross-correlation in mathematics.
    Multiply-adds: N * OH * OW * F * KH * KW * C // groups. NaN and inf reach every output whose window sees them.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> y = reference.conv2d_forward(x, np.ones((2, 2, 1, 1)), None, strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> y[0, :, :, 0].tolist()  # 0 + 1 + 3 + 4 = 8
    [[8.0, 12.0], [20.0, 24.0]]
    """
    padded = framed(x, pads)  # (N, top + H + bottom, left + W + right, C)
    n, height, width, _ = padded.shape
    kh, kw, _, f = kernel.shape
    oh = output_size(height, kh, strides[0], 0, dilation[0])
    ow = output_size(width, kw, strides[1], 0, dilation[1])
    y = np.zeros((n, oh, ow, f))
    for at, window in _windows(y.shape, kernel.shape, strides, dilation, groups):
        y[at] = np.sum(padded[window] * kernel[..., at[-1]])  # (KH, KW, C // groups) each
    return (y if bias is None else y + bias).astype(x.dtype)  # (N, OH, OW, F)


def conv2d_backward_input(
    dy: Array,
    kernel: Array,
    input_shape: tuple[int, ...],
    strides: Pair,
    pads: Pads,
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> Array:
    """Hand every output's gradient back to the pixels that its filter saw.

    dx[n,h,w,c] = sum over all (i,j,f,a,b) with i*sh+a*dh-top = h, j*sw+b*dw-left = w of dy[n,i,j,f] * kernel[a,b,c,f]

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64
        gradient of the loss with respect to y
    kernel : (KH, KW, C // groups, F), dtype of dy
        as given to `conv2d_forward`
    input_shape : (N, H, W, C) int
        the shape of x
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side
    groups : int, divides C and F
        filter f sees only the channels of group f // (F // groups)

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Notes
    -----
    dy/dx is the kernel itself, so dx does not depend on x. What falls on padding is dropped, and a pixel that no
    window sees (stride longer than the window, or the remainder of the floor) gets 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, kernel = np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1))
    >>> dx = reference.conv2d_backward_input(dy, kernel, (1, 3, 3, 1), strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> dx[0, :, :, 0].tolist()  # how many windows see each pixel
    [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    """
    (top, _), (left, _) = pads
    _, height, width, _ = input_shape
    dpadded = framed(np.zeros(input_shape), pads)  # (N, top + H + bottom, left + W + right, C)
    for at, window in _windows(dy.shape, kernel.shape, strides, dilation, groups):
        dpadded[window] += float(dy[at]) * kernel[..., at[-1]]  # (KH, KW, C // groups)
    return dpadded[:, top : top + height, left : left + width].astype(dy.dtype)  # (N, H, W, C)


def conv2d_backward_kernel(
    dy: Array, x: Array, kernel_size: Pair, strides: Pair, pads: Pads, dilation: Pair = (1, 1), groups: int = 1
) -> Array:
    """Sum, for every weight, what it was multiplied by times the gradient of where the product went.

    dkernel[a,b,c,f] = sum_nij dy[n,i,j,f] * x[n, i*sh+a*dh-top, j*sw+b*dw-left, c]

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64
        gradient of the loss with respect to y
    x : (N, H, W, C), dtype of dy
        as given to `conv2d_forward`
    kernel_size : (KH, KW) int
        the window, taps
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side
    groups : int, divides C and F
        filter f sees only the channels of group f // (F // groups)

    Returns
    -------
    dkernel : (KH, KW, C // groups, F), dtype of dy

    Notes
    -----
    dy/dkernel is the window of x, so dkernel does not depend on the kernel. The bias is `bias_backward`'s.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, x = np.ones((1, 2, 2, 1)), np.arange(9.0).reshape(1, 3, 3, 1)
    >>> dkernel = reference.conv2d_backward_kernel(dy, x, (2, 2), strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> dkernel[:, :, 0, 0].tolist()
    [[8.0, 12.0], [20.0, 24.0]]
    """
    padded = framed(x, pads)  # (N, top + H + bottom, left + W + right, C)
    dkernel = np.zeros((*kernel_size, x.shape[3] // groups, dy.shape[3]))
    for at, window in _windows(dy.shape, dkernel.shape, strides, dilation, groups):
        dkernel[..., at[-1]] += float(dy[at]) * padded[window]  # (KH, KW, C // groups)
    return dkernel.astype(dy.dtype)  # (KH, KW, C // groups, F)


def _windows(
    output_shape: tuple[int, ...], kernel_shape: tuple[int, ...], strides: Pair, dilation: Pair, groups: int
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """Yield, for every output (n, i, j, f), its index and the index of what its filter sees in the padded images."""
    kh, kw, channels, filters = kernel_shape  # channels of one group
    (sh, sw), (dh, dw) = strides, dilation
    for n, i, j, f in np.ndindex(*output_shape):
        group = f // (filters // groups)
        rows = slice(i * sh, i * sh + effective_size(kh, dh), dh)
        columns = slice(j * sw, j * sw + effective_size(kw, dw), dw)
        yield (n, i, j, f), (n, rows, columns, slice(group * channels, (group + 1) * channels))
