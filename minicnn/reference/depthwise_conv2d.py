"""Depthwise convolution: every channel has filters of its own, and channels never mix.

Forward   y[n,i,j,c*M + m] = sum_ab x[n, i*sh + a*dh - top, j*sw + b*dw - left, c] * kernel[a,b,c,m]
Backward  each product x * kernel in that sum hands dy * kernel to its x, and dy * x to its kernel.

A separable convolution is this, followed by a `conv2d` with a 1 x 1 kernel that mixes the channels.
Source: Keras 3 DepthwiseConv2D; Chollet, Xception, arXiv:1610.02357.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..types import Array, Pads, Pair
from .padding import effective_size, framed, output_size


def depthwise_conv2d_forward(
    x: Array, kernel: Array, bias: Array | None, strides: Pair, pads: Pads, dilation: Pair = (1, 1)
) -> Array:
    """Slide M filters over every channel and add their biases.

    y[n,i,j,c*M+m] = bias[c*M+m] + sum_ab x[n, i*sh+a*dh-top, j*sw+b*dw-left, c] * kernel[a,b,c,m]

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    kernel : (KH, KW, C, M), dtype of x
        the filters' weights; M is the depth multiplier
    bias : (C * M,), dtype of x, or None
        added to every output of its filter
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side

    Returns
    -------
    y : (N, OH, OW, C * M), dtype of x
        OH = (H + top + bottom - ((KH - 1) * dh + 1)) // sh + 1

    Raises
    ------
    ValueError
        A window must fit into its input. (see `output_size`)

    Notes
    -----
    Multiply-adds: N * OH * OW * C * M * KH * KW, a C-th of what `conv2d` needs for as many outputs.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x = np.arange(18.0).reshape(1, 3, 3, 2)
    >>> kernel = np.ones((3, 3, 2, 1))
    >>> reference.depthwise_conv2d_forward(x, kernel, None, strides=(1, 1), pads=((0, 0), (0, 0))).tolist()
    [[[[72.0, 81.0]]]]
    """
    padded = framed(x, pads)  # (N, top + H + bottom, left + W + right, C)
    kh, kw, c, m = kernel.shape
    oh = output_size(padded.shape[1], kh, strides[0], 0, dilation[0])
    ow = output_size(padded.shape[2], kw, strides[1], 0, dilation[1])
    y = np.zeros((len(x), oh, ow, c * m))
    for at, window, tap in _windows(y.shape, kernel.shape, strides, dilation):
        y[at] = np.sum(padded[window] * kernel[tap])  # (KH, KW) each
    return (y if bias is None else y + bias).astype(x.dtype)  # (N, OH, OW, C * M)


def depthwise_conv2d_backward_input(
    dy: Array, kernel: Array, input_shape: tuple[int, ...], strides: Pair, pads: Pads, dilation: Pair = (1, 1)
) -> Array:
    """Hand every output's gradient back to the pixels that its filter saw.

    dx[n,h,w,c] = sum of dy[n,i,j,c*M+m] * kernel[a,b,c,m] over all (i,j,m,a,b) with
                  i*sh+a*dh-top = h and j*sw+b*dw-left = w

    Parameters
    ----------
    dy : (N, OH, OW, C * M) float32 or float64
        gradient of the loss with respect to y
    kernel : (KH, KW, C, M), dtype of dy
        as given to `depthwise_conv2d_forward`
    input_shape : (N, H, W, C) int
        the shape of x
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, kernel = np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1))
    >>> dx = reference.depthwise_conv2d_backward_input(dy, kernel, (1, 3, 3, 1), strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> dx[0, :, :, 0].tolist()  # how many windows see each pixel
    [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    """
    (top, _), (left, _) = pads
    _, height, width, _ = input_shape
    dpadded = framed(np.zeros(input_shape), pads)  # (N, top + H + bottom, left + W + right, C)
    for at, window, tap in _windows(dy.shape, kernel.shape, strides, dilation):
        dpadded[window] += float(dy[at]) * kernel[tap]  # (KH, KW)
    return dpadded[:, top : top + height, left : left + width].astype(dy.dtype)  # (N, H, W, C)


def depthwise_conv2d_backward_kernel(
    dy: Array, x: Array, kernel_size: Pair, strides: Pair, pads: Pads, dilation: Pair = (1, 1)
) -> Array:
    """Sum, for every weight, what it was multiplied by times the gradient of where the product went.

    dkernel[a,b,c,m] = sum_nij dy[n,i,j,c*M+m] * x[n, i*sh+a*dh-top, j*sw+b*dw-left, c]

    Parameters
    ----------
    dy : (N, OH, OW, C * M) float32 or float64
        gradient of the loss with respect to y
    x : (N, H, W, C), dtype of dy
        as given to `depthwise_conv2d_forward`
    kernel_size : (KH, KW) int
        the window, taps
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side

    Returns
    -------
    dkernel : (KH, KW, C, M), dtype of dy

    Notes
    -----
    The bias is `bias_backward`'s.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, x = np.ones((1, 2, 2, 1)), np.arange(9.0).reshape(1, 3, 3, 1)
    >>> dkernel = reference.depthwise_conv2d_backward_kernel(dy, x, (2, 2), strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> dkernel[:, :, 0, 0].tolist()
    [[8.0, 12.0], [20.0, 24.0]]
    """
    padded = framed(x, pads)  # (N, top + H + bottom, left + W + right, C)
    dkernel = np.zeros((*kernel_size, x.shape[3], dy.shape[3] // x.shape[3]))
    for at, window, tap in _windows(dy.shape, dkernel.shape, strides, dilation):
        dkernel[tap] += float(dy[at]) * padded[window]  # (KH, KW)
    return dkernel.astype(dy.dtype)  # (KH, KW, C, M)


def _windows(
    output_shape: tuple[int, ...], kernel_shape: tuple[int, ...], strides: Pair, dilation: Pair
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...], tuple[Any, ...]]]:
    """Yield, for every output (n, i, j, f): its index, that of what its filter sees, and that of the filter."""
    kh, kw, _, m = kernel_shape
    (sh, sw), (dh, dw) = strides, dilation
    for n, i, j, f in np.ndindex(*output_shape):
        rows = slice(i * sh, i * sh + effective_size(kh, dh), dh)
        columns = slice(j * sw, j * sw + effective_size(kw, dw), dw)
        yield (n, i, j, f), (n, rows, columns, f // m), (slice(None), slice(None), f // m, f % m)
