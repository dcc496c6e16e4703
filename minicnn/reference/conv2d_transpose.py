"""Transposed convolution: what `conv2d` reads through a window, this writes through one. It makes images larger.

Forward   y[n, i*sh + a*dh - top, j*sw + b*dw - left, f] += x[n,i,j,c] * kernel[a,b,f,c], then + bias[f]
Backward  dx = conv2d(dy);  dkernel[a,b,f,c] = sum of x[n,i,j,c] * dy where that product went;  dbias = sum dy

It is the transpose of the linear map that a convolution is: its forward pass is the gradient of a convolution's input,
its backward pass the convolution. So x takes the part of conv2d's output, y that of its input, and the kernel
(KH, KW, F, C) is that of a convolution from F channels to C.

Source: Keras 3 Conv2DTranspose; Dumoulin & Visin, arXiv:1603.07285, chapter 4.
"""

import numpy as np

from ..types import Array, Pads, Pair
from .conv2d import conv2d_backward_input, conv2d_backward_kernel, conv2d_forward


def conv2d_transpose_forward(
    x: Array,
    kernel: Array,
    bias: Array | None,
    size: Pair,
    strides: Pair,
    pads: Pads,
    dilation: Pair = (1, 1),
) -> Array:
    """Write every pixel, times the kernel, into a window of the output; sum where windows overlap.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    kernel : (KH, KW, F, C), dtype of x
        weights
    bias : (F,), dtype of x, or None
        added to every pixel of the output
    size : (OH, OW) int
        of the output, pixels: one over which the window has H and W places
    strides : (sh, sw) int
        from window to window, pixels of the output
    pads : ((top, bottom), (left, right)) int
        what of the first and last windows hangs out of the output, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side

    Returns
    -------
    y : (N, OH, OW, F), dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x, kernel = np.array([[[[1.0], [10.0]]]]), np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> y = reference.conv2d_transpose_forward(x, kernel, None, (1, 5), strides=(1, 2), pads=((0, 0), (0, 0)))
    >>> y.ravel().tolist()  # 1, 2, 3 and 10, 20, 30, two to the right
    [1.0, 2.0, 13.0, 20.0, 30.0]
    """
    shape = (x.shape[0], *size, kernel.shape[2])
    y = conv2d_backward_input(x.astype(np.float64), kernel, shape, strides, pads, dilation)
    return (y if bias is None else y + bias).astype(x.dtype)


def conv2d_transpose_backward_input(
    dy: Array, kernel: Array, strides: Pair, pads: Pads, dilation: Pair = (1, 1)
) -> Array:
    """Sum, for every pixel, the gradients of the window that it wrote into.

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64
        gradient of the loss with respect to y
    kernel : (KH, KW, F, C), dtype of dy
        as given to `conv2d_transpose_forward`
    strides, pads, dilation : pairs
        as given to `conv2d_transpose_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, kernel = np.ones((1, 1, 5, 1)), np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> dx = reference.conv2d_transpose_backward_input(dy, kernel, strides=(1, 2), pads=((0, 0), (0, 0)))
    >>> dx.ravel().tolist()
    [6.0, 6.0]
    """
    return conv2d_forward(dy, kernel, None, strides, pads, dilation)


def conv2d_transpose_backward_kernel(
    dy: Array, x: Array, kernel_size: Pair, strides: Pair, pads: Pads, dilation: Pair = (1, 1)
) -> Array:
    """Sum, for every weight, what it was multiplied by times the gradient of where the product went.

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64
        gradient of the loss with respect to y
    x : (N, H, W, C), dtype of dy
        as given to `conv2d_transpose_forward`
    kernel_size : (KH, KW) int
        the window, taps
    strides, pads, dilation : pairs
        as given to `conv2d_transpose_forward`

    Returns
    -------
    dkernel : (KH, KW, F, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, x = np.ones((1, 1, 5, 1)), np.array([[[[1.0], [10.0]]]])
    >>> dkernel = reference.conv2d_transpose_backward_kernel(dy, x, (1, 3), strides=(1, 2), pads=((0, 0), (0, 0)))
    >>> dkernel.ravel().tolist()
    [11.0, 11.0, 11.0]
    """
    return conv2d_backward_kernel(x, dy, kernel_size, strides, pads, dilation)
