"""Depthwise convolution: every channel has filters of its own, and channels never mix. Forward and both gradients.

There is little to compute for each number that is read, so what counts is memory: see algorithms/depthwise.py.

With strides of 1 the input's gradient is the same convolution, of dy with the flipped kernel.

M filters a channel (a depth multiplier above 1) are one filter for each channel of an x that repeats its channels.
"""

import numpy as np

from ..types import Array, Pads, Pair
from .algorithms import depthwise, output_sizes
from .fused.activation import NO_LIMIT, only_limit
from .machine import ceil_div, checks, jit, memory, run, tape, tile

TILE_ROWS = (6, 3, 1) if tile.REGISTERS >= 32 else (2, 1)  # T, the first that fits: outputs side by side
TILE_COLUMNS = (4, 2, 1)  # V, the first that fits: registers of channels
PARTS = 32  # partial sums of a kernel gradient: more than threads, few enough to be added quickly


def _output_shape(input_shape, kernel_shape, strides, pads, dilation):
    """Check that all fits together and return (N, OH, OW, C * M)."""
    n, *sizes, channels = input_shape
    *taps, own, multiplier = kernel_shape
    if own != channels:
        raise ValueError(f"`kernel` must have C = {channels} channels. Received: kernel.shape={tuple(kernel_shape)}.")
    return (n, *output_sizes("kernel", sizes, taps, strides, pads, dilation), channels * multiplier)


def _repeated(x, multiplier):
    """Repeat every channel M times, side by side."""
    if multiplier == 1:
        return x
    tape.refuse()
    return np.repeat(x, multiplier, axis=-1)


def _widened(array, lanes):
    """Add channels of zeros, so that a register fits."""
    tape.refuse()
    return np.concatenate([array, np.zeros((*array.shape[:-1], lanes - array.shape[-1]), array.dtype)], axis=-1)


def _settings(strides, pads, dilation):
    """Check the settings."""
    return checks.pair(strides, "strides"), checks.pads(pads), checks.pair(dilation, "dilation")


@jit
def _scaled(start, stop, kernel, scale, out):
    """Job: all filters of one place of the window."""
    for place in range(start, stop):
        for c in range(scale.size):
            out[place, c] = kernel[place, c] * scale[c]


def depthwise_conv2d_forward(
    x: Array,
    kernel: Array,
    bias: Array | None,
    strides: Pair,
    pads: Pads,
    dilation: Pair = (1, 1),
    *,
    activation: str | None = None,
    scale: Array | None = None,
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
    activation : None, "relu" or "relu6"
        applied to y
    scale : (C * M,), dtype of x, or None
        multiplies the sums before the bias is added: a batch normalization that follows

    Returns
    -------
    y : (N, OH, OW, C * M), dtype of x
        OH = (H + top + bottom - ((KH - 1) * dh + 1)) // sh + 1

    Raises
    ------
    ValueError
        `kernel` must have C = 3 channels. Received: kernel.shape=(3, 3, 4, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x = np.arange(18.0).reshape(1, 3, 3, 2)
    >>> kernel = np.ones((3, 3, 2, 1))
    >>> kernels.depthwise_conv2d_forward(x, kernel, None, strides=(1, 1), pads=((0, 0), (0, 0))).tolist()
    [[[[72.0, 81.0]]]]
    """
    x = checks.floats(x, "x", 4)
    kernel = checks.floats(kernel, "kernel", 4, x.dtype)
    strides, pads, dilation = _settings(strides, pads, dilation)
    y = memory.empty(_output_shape(x.shape, kernel.shape, strides, pads, dilation), x.dtype)
    bias = np.zeros(y.shape[3], x.dtype) if bias is None else checks.floats(bias, "bias", 1, x.dtype)
    checks.shape(bias, "bias", y.shape[3:])
    x, kernel = _repeated(x, kernel.shape[3]), kernel.reshape(*kernel.shape[:2], y.shape[3])
    if scale is not None:
        scale = checks.floats(scale, "scale", 1, x.dtype)
        checks.shape(scale, "scale", y.shape[3:])
        places, kernel = kernel.reshape(-1, y.shape[3]), np.empty(kernel.shape, kernel.dtype)
        run(_scaled, len(places), kernel.size, places, scale, kernel.reshape(places.shape))
    _convolve(x, kernel, bias, y, strides, (pads[0][0], pads[1][0]), dilation, only_limit(activation))
    return y


def _convolve(x, kernel, bias, y, strides, pads_before, dilation, limit=NO_LIMIT):
    """Write the convolution of x (N, H, W, C) with kernel (KH, KW, C) to y (N, OH, OW, C)."""
    n, oh, ow, channels = y.shape
    lanes, out = tile.lanes(x.dtype), y
    if channels < lanes:
        x, kernel, bias = (_widened(array, lanes) for array in (x, kernel, bias))
        out = memory.empty((n, oh, ow, lanes), x.dtype)
    way = depthwise.Way(x.shape[1:3], (oh, ow), x.shape[3], kernel.shape[:2], strides, dilation, pads_before)
    t, v = next(t for t in TILE_ROWS if t <= max(ow, 1)), next(v for v in TILE_COLUMNS if v * lanes <= x.shape[3])
    streams = channels % lanes == 0 and memory.streams(out)
    work = out.size * kernel[..., 0].size // lanes
    flat = x.reshape(-1), kernel.reshape(-1), bias, out.reshape(-1)
    run(depthwise.forward, n * oh, work, *flat, tile.shape(t, v), tuple(way), x.dtype.type(limit), streams)
    if out is not y:
        y[...] = out[..., :channels]


def depthwise_conv2d_backward_input(
    dy: Array, kernel: Array, input_shape: tuple[int, ...], strides: Pair, pads: Pads, dilation: Pair = (1, 1)
) -> Array:
    """Hand every output's gradient back to the pixels that its filter saw.

    dx[n,h,w,c] = sum over all (i,j,a,b,m) with i*sh+a*dh-top = h, j*sw+b*dw-left = w
                  of dy[n,i,j,c*M+m] * kernel[a,b,c,m]

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
    >>> from minicnn import kernels
    >>> dy, kernel = np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1))
    >>> dx = kernels.depthwise_conv2d_backward_input(dy, kernel, (1, 3, 3, 1), strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> dx[0, :, :, 0].tolist()  # how many windows see each pixel
    [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    """
    dy = checks.floats(dy, "dy", 4)
    kernel = checks.floats(kernel, "kernel", 4, dy.dtype)
    strides, pads, dilation = _settings(strides, pads, dilation)
    checks.shape(dy, "dy", _output_shape(input_shape, kernel.shape, strides, pads, dilation))
    n, height, width, channels = input_shape
    multiplier = kernel.shape[3]
    dx = memory.empty((n, height, width, channels * multiplier), dy.dtype)
    if strides == (1, 1) and dx.size:
        flipped = kernel[::-1, ::-1].reshape(*kernel.shape[:2], -1)
        pads_before = [(k - 1) * d - before for k, d, (before, _) in zip(kernel.shape, dilation, pads, strict=False)]
        _convolve(dy, flipped, np.zeros(dx.shape[3], dx.dtype), dx, strides, tuple(pads_before), dilation)
    else:
        pads_before, weights = (pads[0][0], pads[1][0]), kernel.reshape(*kernel.shape[:2], -1)
        way = depthwise.Way(
            (height, width), dy.shape[1:3], dy.shape[3], kernel.shape[:2], strides, dilation, pads_before
        )
        run(depthwise.backward_input, n * height, dy.size * kernel[..., 0, 0].size, dy, weights, dx, tuple(way))
    return dx if multiplier == 1 else dx.reshape(n, height, width, channels, multiplier).sum(axis=-1)


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
    Rows of outputs are summed in up to 32 parts, in dy's dtype, then the parts, in order, in float64: the same bits
    with any number of threads.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dy, x = np.ones((1, 2, 2, 1)), np.arange(9.0).reshape(1, 3, 3, 1)
    >>> dkernel = kernels.depthwise_conv2d_backward_kernel(dy, x, (2, 2), strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> dkernel[:, :, 0, 0].tolist()
    [[8.0, 12.0], [20.0, 24.0]]
    """
    dy = checks.floats(dy, "dy", 4)
    x = checks.floats(x, "x", 4, dy.dtype)
    kernel_size = checks.pair(kernel_size, "kernel_size")
    strides, pads, dilation = _settings(strides, pads, dilation)
    channels, filters = x.shape[3], dy.shape[3]
    shape = (*kernel_size, channels, filters // channels)
    checks.shape(dy, "dy", _output_shape(x.shape, shape, strides, pads, dilation))
    x, lanes = _repeated(x, shape[3]), tile.lanes(x.dtype)
    if filters < lanes:
        x, dy = _widened(x, lanes), _widened(dy, lanes)
    v = next(v for v in TILE_COLUMNS if v * lanes <= dy.shape[3])
    width = ceil_div(dy.shape[3], v * lanes) * v * lanes
    rows = ceil_div(max(dy.shape[0] * dy.shape[1], 1), PARTS)
    jobs = ceil_div(dy.shape[0] * dy.shape[1], rows)
    partial = memory.empty((jobs, *kernel_size, width), dy.dtype)
    t = kernel_size[1] if kernel_size[1] * v < tile.REGISTERS - v else 1
    pads_before, work = (pads[0][0], pads[1][0]), dy.size * kernel_size[0] * kernel_size[1] // lanes
    way = depthwise.Way(x.shape[1:3], dy.shape[1:3], dy.shape[3], kernel_size, strides, dilation, pads_before)
    run(depthwise.backward_kernel, jobs, work, dy, x, partial, tile.shape(t, v), rows, tuple(way))
    sums = partial.sum(axis=0, dtype=np.float64).astype(dy.dtype)
    whole = filters // (v * lanes) * v * lanes
    dkernel = np.empty((*kernel_size, filters), dy.dtype)
    dkernel[..., :whole] = sums[..., :whole]
    if whole < filters:  # the last block, which overlaps its neighbour
        last = min(filters, v * lanes)
        dkernel[..., -last:] = sums[..., width - v * lanes :][..., :last]
    return dkernel.reshape(shape)
