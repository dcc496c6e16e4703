"""Transposed convolution: a convolution's input gradient as the way forward, the convolution as the way back."""

from ..types import Array, Pads, Pair
from .conv2d import conv2d_backward_input, conv2d_backward_kernel, conv2d_forward
from .machine import checks, tape


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
    >>> from minicnn import kernels
    >>> x, kernel = np.array([[[[1.0], [10.0]]]]), np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> y = kernels.conv2d_transpose_forward(x, kernel, None, (1, 5), strides=(1, 2), pads=((0, 0), (0, 0)))
    >>> y.ravel().tolist()  # 1, 2, 3 and 10, 20, 30, two to the right
    [1.0, 2.0, 13.0, 20.0, 30.0]
    """
    x = checks.floats(x, "x", 4)
    kernel = checks.floats(kernel, "kernel", 4, x.dtype)
    tape.refuse()  # zeros that no window reaches, and the bias, are written by NumPy
    shape = (x.shape[0], *checks.pair(size, "size"), kernel.shape[2])
    y = conv2d_backward_input(x, kernel, shape, strides, pads, dilation)
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", shape[3:])
        y += bias
    return y


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
    >>> from minicnn import kernels
    >>> dy, kernel = np.ones((1, 1, 5, 1)), np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> dx = kernels.conv2d_transpose_backward_input(dy, kernel, strides=(1, 2), pads=((0, 0), (0, 0)))
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
    >>> from minicnn import kernels
    >>> dy, x = np.ones((1, 1, 5, 1)), np.array([[[[1.0], [10.0]]]])
    >>> dkernel = kernels.conv2d_transpose_backward_kernel(dy, x, (1, 3), strides=(1, 2), pads=((0, 0), (0, 0)))
    >>> dkernel.ravel().tolist()
    [11.0, 11.0, 11.0]
    """
    return conv2d_backward_kernel(x, dy, kernel_size, strides, pads, dilation)
