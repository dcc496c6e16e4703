"""Depthwise convolution: every channel has filters of its own, and channels never mix. Forward and both gradients.

There is little to compute for each number that is read, so what counts is memory. Channels lie side by side and do
not mix: a register of L of them is multiplied lane by lane. The forward pass holds the sums of a few neighbouring
outputs in registers over the whole window (see tile.py); adding three taps at a time to outputs in memory took 1.7
times as long at 19 x 19 x 728. Neighbouring rows are neighbouring jobs, so x is still in the cache when the next row
wants it again.

M filters a channel (a depth multiplier above 1) are one filter for each channel of an x that repeats its channels.
"""

import numpy as np

from . import checks, memory, tile
from .activations import clipped_limit
from .jit import jit
from .threads import run

TILES = (9, 3, 1)  # outputs held in registers, one register of channels each
PARTS = 32  # partial sums of a kernel gradient: more than threads, few enough to be added quickly


@jit
def _span(offset, step, size, outputs):
    """Give the outputs first <= j < last whose pixel j * step + offset lies within `size` pixels."""
    first = -((offset) // step) if offset < 0 else 0  # ceil(-offset / step)
    last = (size - 1 - offset) // step + 1
    return min(max(first, 0), outputs), max(min(last, outputs), 0)


@jit
def _forward(start, stop, x, kernel, bias, y, shape, sizes, window, strides, dilation, befores, limit):
    """Job: one row of outputs of one picture. x, kernel (KH, KW, C), bias and y are flat; C is at least L."""
    height, width, oh, ow, channels = sizes
    (kh, kw), (sh, sw), (dh, dw), (top, left) = window, strides, dilation, befores
    one_row = (shape[0][:1], shape[1])
    t, lanes, zero = len(shape[0]), tile.REGISTER_BYTES // x.itemsize, x.dtype.type(0)
    inner, _ = _span(-left, sw, width, ow)  # outputs inner <= j < outer have their whole window in the picture
    _, outer = _span((kw - 1) * dw - left, sw, width, ow)
    if outer - inner < t:
        inner = outer = 0
    for job in range(start, stop):
        n, i = job // oh, job % oh
        first_row = i * sh - top
        a0, a1 = 0, kh
        while a0 < kh and first_row + a0 * dh < 0:
            a0 += 1
        while a1 > a0 and first_row + (a1 - 1) * dh >= height:
            a1 -= 1
        y_row, x_row = job * ow * channels, (n * height + first_row) * width * channels
        j = 0
        while j < ow:
            inside = inner <= j < outer
            j = min(j, outer - t) if inside else j
            for block in range((channels + lanes - 1) // lanes):
                c = min(block * lanes, channels - lanes)  # the last block overlaps its neighbour, with the same sums
                if inside:
                    sums = tile.repeat(shape, bias, c)
                    for a in range(a0, a1):
                        ix = x_row + (a * dh * width + j * sw - left) * channels + c
                        for b in range(kw):
                            at = ix + b * dw * channels
                            sums = tile.fma_lanes(sums, x, at, sw * channels, kernel, (a * kw + b) * channels + c)
                    if limit >= zero:
                        sums = tile.relu(sums)
                    tile.store(sums, y, y_row + j * channels + c, channels, lanes)
                else:
                    edge = tile.repeat(one_row, bias, c)
                    for a in range(a0, a1):
                        for b in range(kw):
                            w = j * sw + b * dw - left
                            if 0 <= w < width:
                                ix = x_row + (a * dh * width + w) * channels + c
                                edge = tile.fma_lanes(edge, x, ix, 0, kernel, (a * kw + b) * channels + c)
                    if limit >= zero:
                        edge = tile.relu(edge)
                    tile.store(edge, y, y_row + j * channels + c, channels, lanes)
            j += t if inside else 1
        if zero <= limit < np.inf:  # while the row is still in the cache
            row = y[y_row:y_row + ow * channels]
            for k in range(row.size):
                row[k] = limit if row[k] > limit else row[k]


@jit
def _backward_input(start, stop, dy, kernel, dx, sh, sw, dh, dw, top, left):
    """Job: one row of dx of one picture, which collects from every row of outputs that saw it."""
    kh, kw, _ = kernel.shape
    for job in range(start, stop):
        n, h = job // dx.shape[1], job % dx.shape[1]
        out = dx[n, h]
        out[:] = 0
        for a in range(kh):
            i, rest = divmod(h + top - a * dh, sh)
            if rest == 0 and 0 <= i < dy.shape[1]:
                for b in range(kw):
                    k = kernel[a, b]
                    j0, j1 = _span(b * dw - left, sw, dx.shape[2], dy.shape[2])
                    for j in range(j0, j1):
                        row, v = out[j * sw + b * dw - left], dy[n, i, j]
                        for c in range(row.size):
                            row[c] += v[c] * k[c]


@jit
def _backward_kernel(start, stop, dy, x, partial, rows, sh, sw, dh, dw, top, left):
    """Job: `rows` rows of outputs, counted through all pictures; their sum is one partial kernel gradient."""
    oh = dy.shape[1]
    _, kh, kw, _ = partial.shape
    for job in range(start, stop):
        total = partial[job]
        total[:] = 0
        for row in range(job * rows, min((job + 1) * rows, dy.shape[0] * oh)):
            n, i = row // oh, row % oh
            for a in range(kh):
                h = i * sh + a * dh - top
                if 0 <= h < x.shape[1]:
                    for b in range(kw):
                        sum_ab = total[a, b]
                        j0, j1 = _span(b * dw - left, sw, x.shape[2], dy.shape[2])
                        for j in range(j0, j1):
                            u, v = dy[n, i, j], x[n, h, j * sw + b * dw - left]
                            for c in range(sum_ab.size):
                                sum_ab[c] += u[c] * v[c]


def _output_shape(input_shape, kernel_shape, strides, pads, dilation):
    """Check that all fits together and give (N, OH, OW, C * M)."""
    n, *sizes, channels = input_shape
    *window, own, multiplier = kernel_shape
    if own != channels:
        raise ValueError(f"`kernel` must have C = {channels} channels. Received: kernel.shape={tuple(kernel_shape)}.")
    output = []
    for size, k, s, pad, d in zip(sizes, window, strides, pads, dilation, strict=True):
        span = (k - 1) * d + 1
        if span > size + sum(pad) or k < 1:
            raise ValueError(f"A window must fit into its padded input of {size + sum(pad)} pixels. "
                             f"Received: a window over {span} pixels.")
        output.append((size + sum(pad) - span) // s + 1)
    return (n, *output, channels * multiplier)


def _repeated(x, multiplier):
    """Repeat every channel M times, side by side."""
    return x if multiplier == 1 else np.repeat(x, multiplier, axis=-1)


def _settings(strides, pads, dilation):
    return checks.pair(strides, "strides"), checks.pads(pads), checks.pair(dilation, "dilation")


def depthwise_conv2d_forward(x, kernel, bias, strides, pads, dilation=(1, 1), *, activation=None):
    """Slide M filters over every channel and add their biases.

    y[n,i,j,c*M+m] = bias[c*M+m] + sum_ab x[n, i*sh+a*dh-top, j*sw+b*dw-left, c] * kernel[a,b,c,m]

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64     images or activations, any scale
    kernel : (KH, KW, C, M), dtype of x     bias : (C * M,), dtype of x, or None
    strides : (sh, sw) int, pixels          pads : ((top, bottom), (left, right)) int, pixels
    dilation : (dh, dw) int, pixels
    activation : None, "relu" or "relu6", applied to y

    Returns
    -------
    y : (N, OH, OW, C * M), dtype of x      OH = (H + top + bottom - ((KH - 1) * dh + 1)) // sh + 1

    Raises
    ------
    ValueError: `kernel` must have C = 3 channels. Received: kernel.shape=(3, 3, 4, 1).
    """
    x = checks.floats(x, "x", 4)
    kernel = checks.floats(kernel, "kernel", 4, x.dtype)
    strides, pads, dilation = _settings(strides, pads, dilation)
    y = memory.empty(_output_shape(x.shape, kernel.shape, strides, pads, dilation), x.dtype)
    if bias is None:
        bias = np.zeros(y.shape[3], x.dtype)
    bias = checks.floats(bias, "bias", 1, x.dtype)
    checks.shape(bias, "bias", y.shape[3:])
    window, (n, oh, ow, channels) = kernel.shape[:2], y.shape
    x, kernel, out = _repeated(x, kernel.shape[3]), kernel.reshape(*window, channels), y
    lanes = tile.lanes(x.dtype)
    if channels < lanes:  # a register must fit: channels of zeros, then none of them
        x, kernel, bias = (np.concatenate([array, np.zeros((*array.shape[:-1], lanes - channels), x.dtype)], axis=-1)
                           for array in (x, kernel, bias))
        out = memory.empty((n, oh, ow, lanes), x.dtype)
    sizes = (*x.shape[1:3], oh, ow, x.shape[3])
    t = next(t for t in TILES if t <= ow)
    run(_forward, n * oh, out.size * window[0] * window[1] // lanes, x.reshape(-1), kernel.reshape(-1), bias,
        out.reshape(-1), tile.shape(t, 1), sizes, window, strides, dilation, (pads[0][0], pads[1][0]),
        x.dtype.type(clipped_limit(activation)))
    if out is not y:
        y[...] = out[..., :channels]
    return y


def depthwise_conv2d_backward_input(dy, kernel, input_shape, strides, pads, dilation=(1, 1)):
    """Hand every output's gradient back to the pixels that its filter saw.

    Parameters
    ----------
    dy : (N, OH, OW, C * M) float32 or float64  kernel : (KH, KW, C, M)
    input_shape : (N, H, W, C)                  strides, pads, dilation : as in `depthwise_conv2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
    """
    dy = checks.floats(dy, "dy", 4)
    kernel = checks.floats(kernel, "kernel", 4, dy.dtype)
    strides, pads, dilation = _settings(strides, pads, dilation)
    checks.shape(dy, "dy", _output_shape(input_shape, kernel.shape, strides, pads, dilation))
    n, height, width, channels = input_shape
    multiplier = kernel.shape[3]
    dx = memory.empty((n, height, width, channels * multiplier), dy.dtype)
    run(_backward_input, n * height, dy.size * kernel[..., 0, 0].size,
        dy, kernel.reshape(*kernel.shape[:2], -1), dx, *strides, *dilation, pads[0][0], pads[1][0])
    return dx if multiplier == 1 else dx.reshape(n, height, width, channels, multiplier).sum(axis=-1)


def depthwise_conv2d_backward_kernel(dy, x, kernel_size, strides, pads, dilation=(1, 1)):
    """Sum, for every weight, what it was multiplied by times the gradient of where the product went.

    Parameters
    ----------
    dy : (N, OH, OW, C * M) float32 or float64  x : (N, H, W, C)
    kernel_size : (KH, KW) int                  strides, pads, dilation : as in `depthwise_conv2d_forward`

    Returns
    -------
    dkernel : (KH, KW, C, M), dtype of dy

    Notes
    -----
    Rows of outputs are summed in up to 32 parts, and the parts in order, in float64: the same bits with any number of
    threads.
    """
    dy = checks.floats(dy, "dy", 4)
    x = checks.floats(x, "x", 4, dy.dtype)
    kernel_size = checks.pair(kernel_size, "kernel_size")
    strides, pads, dilation = _settings(strides, pads, dilation)
    channels, filters = x.shape[3], dy.shape[3]
    shape = (*kernel_size, channels, filters // channels)
    checks.shape(dy, "dy", _output_shape(x.shape, shape, strides, pads, dilation))
    rows = -(-max(dy.shape[0] * dy.shape[1], 1) // PARTS)
    jobs = -(-dy.shape[0] * dy.shape[1] // rows)
    partial = memory.empty((jobs, *kernel_size, filters), dy.dtype)
    run(_backward_kernel, jobs, dy.size * kernel_size[0] * kernel_size[1],
        dy, _repeated(x, shape[3]), partial, rows, *strides, *dilation, pads[0][0], pads[1][0])
    return partial.sum(axis=0, dtype=np.float64).astype(dy.dtype).reshape(shape)
