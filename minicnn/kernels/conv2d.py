"""Convolution: every filter slides over every picture. Forward and both gradients."""

from . import checks, memory
from .dense import activate
from .jit import jit
from .padding import zero_pad
from .threads import run


@jit
def _forward(start, stop, x, kernel, y, sh, sw, dh, dw, groups):
    """Job: one row of outputs of one picture. y holds the bias already."""
    oh, ow = y.shape[1:3]
    kh, kw, channels, filters = kernel.shape
    share = filters // groups
    for job in range(start, stop):
        n, i = job // oh, job % oh
        for j in range(ow):
            for a in range(kh):
                for b in range(kw):
                    for g in range(groups):
                        for c in range(channels):
                            v = x[n, i * sh + a * dh, j * sw + b * dw, g * channels + c]
                            for f in range(g * share, (g + 1) * share):
                                y[n, i, j, f] += v * kernel[a, b, c, f]


@jit
def _backward_input(start, stop, dy, kernel, dx, sh, sw, dh, dw, groups):
    """Job: one picture. dx is the gradient of the padded picture."""
    oh, ow = dy.shape[1:3]
    kh, kw, channels, filters = kernel.shape
    share = filters // groups
    for n in range(start, stop):
        dx[n] = 0
        for i in range(oh):
            for j in range(ow):
                for a in range(kh):
                    for b in range(kw):
                        for g in range(groups):
                            for c in range(channels):
                                total = dy.dtype.type(0)
                                for f in range(g * share, (g + 1) * share):
                                    total += dy[n, i, j, f] * kernel[a, b, c, f]
                                dx[n, i * sh + a * dh, j * sw + b * dw, g * channels + c] += total


@jit
def _backward_kernel(start, stop, dy, x, dkernel, sh, sw, dh, dw, groups):
    """Job: one row of the kernel."""
    oh, ow = dy.shape[1:3]
    _, kw, channels, filters = dkernel.shape
    share = filters // groups
    for a in range(start, stop):
        dkernel[a] = 0
        for n in range(dy.shape[0]):
            for i in range(oh):
                for j in range(ow):
                    for b in range(kw):
                        for g in range(groups):
                            for c in range(channels):
                                v = x[n, i * sh + a * dh, j * sw + b * dw, g * channels + c]
                                for f in range(g * share, (g + 1) * share):
                                    dkernel[a, b, c, f] += v * dy[n, i, j, f]


def _output_shape(input_shape, kernel_shape, strides, pads, dilation, groups):
    """Check that all fits together and give (N, OH, OW, F)."""
    n, *sizes, channels = input_shape
    *window, share, filters = kernel_shape
    if channels % groups or filters % groups:
        raise ValueError(f"`groups` must divide the {channels} channels and the {filters} filters. "
                         f"Received: groups={groups}.")
    if share != channels // groups:
        raise ValueError(f"`kernel` must have C // groups = {channels // groups} input channels. "
                         f"Received: kernel.shape={tuple(kernel_shape)}.")
    output = []
    for size, k, s, pad, d in zip(sizes, window, strides, pads, dilation, strict=True):
        span = (k - 1) * d + 1
        if span > size + sum(pad) or k < 1:
            raise ValueError(f"A window must fit into its padded input of {size + sum(pad)} pixels. "
                             f"Received: a window over {span} pixels.")
        output.append((size + sum(pad) - span) // s + 1)
    return (n, *output, filters)


def _settings(strides, pads, dilation, groups):
    if isinstance(groups, bool) or int(groups) != groups or groups < 1:
        raise ValueError(f"`groups` must be a whole number, 1 or more. Received: groups={groups!r}.")
    return (checks.pair(strides, "strides"), checks.pads(pads), checks.pair(dilation, "dilation"), int(groups))


def conv2d_forward(x, kernel, bias, strides, pads, dilation=(1, 1), groups=1, *, activation=None, algorithm="auto"):
    """Slide every filter over every image and add its bias.

    y[n,i,j,f] = bias[f] + sum_abc x[n, i*sh+a*dh-top, j*sw+b*dw-left, c] * kernel[a,b,c,f]    (outside x counts as 0)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64     images or activations, any scale
    kernel : (KH, KW, C // groups, F), dtype of x     bias : (F,), dtype of x, or None
    strides : (sh, sw) int, pixels          pads : ((top, bottom), (left, right)) int, pixels
    dilation : (dh, dw) int, pixels         groups : int, divides C and F
    activation : None, "relu", "sigmoid" or "softmax", applied to y
    algorithm : "auto", "direct", "winograd" or "im2col"

    Returns
    -------
    y : (N, OH, OW, F), dtype of x          OH = (H + top + bottom - ((KH - 1) * dh + 1)) // sh + 1

    Raises
    ------
    ValueError: `kernel` must have C // groups = 3 input channels. Received: kernel.shape=(3, 3, 4, 8).
    """
    x = checks.floats(x, "x", 4)
    kernel = checks.floats(kernel, "kernel", 4, x.dtype)
    strides, pads, dilation, groups = _settings(strides, pads, dilation, groups)
    if algorithm not in ("auto", "direct", "winograd", "im2col"):
        raise ValueError('`algorithm` must be "auto", "direct", "winograd" or "im2col". '
                         f"Received: algorithm={algorithm!r}.")
    y = memory.empty(_output_shape(x.shape, kernel.shape, strides, pads, dilation, groups), x.dtype)
    y[:] = 0
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", (kernel.shape[3],))
        y[:] = bias
    padded = zero_pad(x, pads)
    run(_forward, y.shape[0] * y.shape[1], y.size * kernel[..., 0].size, padded, kernel, y, *strides, *dilation, groups)
    return activate(y, activation)


def conv2d_backward_input(dy, kernel, input_shape, strides, pads, dilation=(1, 1), groups=1):
    """Hand every output's gradient back to the pixels that its filter saw.

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64  kernel : (KH, KW, C // groups, F)
    input_shape : (N, H, W, C)              strides, pads, dilation, groups : as in `conv2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
    """
    dy = checks.floats(dy, "dy", 4)
    kernel = checks.floats(kernel, "kernel", 4, dy.dtype)
    strides, pads, dilation, groups = _settings(strides, pads, dilation, groups)
    checks.shape(dy, "dy", _output_shape(input_shape, kernel.shape, strides, pads, dilation, groups))
    n, height, width, channels = input_shape
    (top, bottom), (left, right) = pads
    dx = memory.empty((n, top + height + bottom, left + width + right, channels), dy.dtype)
    run(_backward_input, n, dy.size * kernel[..., 0].size, dy, kernel, dx, *strides, *dilation, groups)
    return dx[:, top:top + height, left:left + width]


def conv2d_backward_kernel(dy, x, kernel_size, strides, pads, dilation=(1, 1), groups=1):
    """Sum, for every weight, what it was multiplied by times the gradient of where the product went.

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64  x : (N, H, W, C)
    kernel_size : (KH, KW) int              strides, pads, dilation, groups : as in `conv2d_forward`

    Returns
    -------
    dkernel : (KH, KW, C // groups, F), dtype of dy
    """
    dy = checks.floats(dy, "dy", 4)
    x = checks.floats(x, "x", 4, dy.dtype)
    kernel_size = checks.pair(kernel_size, "kernel_size")
    strides, pads, dilation, groups = _settings(strides, pads, dilation, groups)
    shape = (*kernel_size, x.shape[3] // groups, dy.shape[3])
    checks.shape(dy, "dy", _output_shape(x.shape, shape, strides, pads, dilation, groups))
    dkernel = memory.empty(shape, dy.dtype)
    run(_backward_kernel, shape[0], dy.size * kernel_size[0] * kernel_size[1] * shape[2],
        dy, zero_pad(x, pads), dkernel, *strides, *dilation, groups)
    return dkernel
