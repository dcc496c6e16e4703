"""Depthwise convolution: every channel has filters of its own, and channels never mix. Forward and both gradients.

There is little to compute for each number that is read, so what counts is memory. Channels lie side by side and do
not mix: registers of them are multiplied lane by lane, and the sums of a few neighbouring outputs stay in registers
over the whole window (see tile.py). Four registers side by side, not one, since memory is read in stretches: with one,
the same work took twice as long. The row of pixels that the next row of outputs will need first is asked for in
advance, and an output that is larger than the caches is written past them: together 1.7 times as fast at
32 x 37 x 37 x 256. Neighbouring rows are neighbouring jobs, so the other rows of x are still in the cache.

With strides of 1 the input's gradient is the same convolution, of dy with the flipped kernel.

M filters a channel (a depth multiplier above 1) are one filter for each channel of an x that repeats its channels.
"""

import numpy as np

from .activations import clipped_limit
from .machine import checks, jit, memory, run, tape, tile

TILES = (6, 3, 1) if tile.REGISTERS >= 32 else (2, 1)  # outputs side by side, of which V registers are held
WIDTHS = (4, 2, 1)  # V
PARTS = 32  # partial sums of a kernel gradient: more than threads, few enough to be added quickly


@jit
def _span(offset, step, size, outputs):
    """Give the outputs first <= j < last whose pixel j * step + offset lies within `size` pixels."""
    first = -((offset) // step) if offset < 0 else 0  # ceil(-offset / step)
    last = (size - 1 - offset) // step + 1
    return min(max(first, 0), outputs), max(min(last, outputs), 0)


@jit
def _forward(start, stop, x, kernel, bias, y, shape, sizes, window, strides, dilation, befores, limit, streams):
    """Job: one row of outputs of one picture. x, kernel (KH, KW, C), bias and y are flat; C is at least V*L."""
    height, width, oh, ow, channels = sizes
    (kh, kw), (sh, sw), (dh, dw), (top, left) = window, strides, dilation, befores
    one_row = (shape[0][:1], shape[1])
    t, size, zero = len(shape[0]), tile.REGISTER_BYTES // x.itemsize, x.dtype.type(0)
    lanes = len(shape[1]) * size
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
                    ahead = x_row + (((kh - 1) * dh + sh) * width + j * sw) * channels + c
                    for pixel in range(t * sw):
                        for lane in range(0, lanes, size):
                            tile.prefetch(x, ahead + pixel * channels + lane)
                    sums = tile.repeat(shape, bias, c)
                    for a in range(a0, a1):
                        ix = x_row + (a * dh * width + j * sw - left) * channels + c
                        for b in range(kw):
                            at = ix + b * dw * channels
                            sums = tile.fma_lanes(sums, x, at, sw * channels, kernel, (a * kw + b) * channels + c)
                    if limit >= zero:
                        sums = tile.relu(sums, limit)
                    if streams:
                        tile.stream(sums, y, y_row + j * channels + c, channels)
                    else:
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
                        edge = tile.relu(edge, limit)
                    tile.store(edge, y, y_row + j * channels + c, channels, lanes)
            j += t if inside else 1
        if streams:
            tile.fence()


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
def _backward_kernel(start, stop, dy, x, partial, shape, window, rows, strides, dilation, befores):
    """Job: `rows` rows of outputs, counted through all pictures; their sum is one part (KH, KW, blocks * V*L).

    A tile holds the sums of one row of the window for V registers of channels: its T rows are the window's columns. The
    last block overlaps its neighbour, in x and dy but not in the part.
    """
    (kh, kw), (sh, sw), (dh, dw), (top, left) = window, strides, dilation, befores
    _, oh, ow, channels = dy.shape
    height, width = x.shape[1:3]
    flat_x, flat_dy, flat = x.reshape(-1), dy.reshape(-1), partial.reshape(-1)
    t, lanes = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    one_row, step = (shape[0][:1], shape[1]), partial.shape[3]
    inner, _ = _span(-left, sw, width, ow)  # outputs inner <= j < outer have their whole window in the picture
    _, outer = _span((kw - 1) * dw - left, sw, width, ow)
    if t < kw:
        inner = outer = 0
    for job in range(start, stop):
        partial[job] = 0
        for row in range(job * rows, min((job + 1) * rows, dy.shape[0] * oh)):
            n, i = row // oh, row % oh
            for a in range(kh):
                h = i * sh + a * dh - top
                if not 0 <= h < height:
                    continue
                x_row = (n * height + h) * width * channels
                for block in range((channels + lanes - 1) // lanes):
                    c = min(block * lanes, channels - lanes)
                    home = (job * kh + a) * kw * step + block * lanes
                    if inner < outer:
                        sums = tile.load(shape, flat, home, step, lanes)
                        for j in range(inner, outer):
                            at, of = x_row + (j * sw - left) * channels + c, (row * ow + j) * channels + c
                            sums = tile.fma_lanes(sums, flat_x, at, dw * channels, flat_dy, of)
                        tile.store(sums, flat, home, step, lanes)
                    for b in range(kw):
                        sums = tile.load(one_row, flat, home + b * step, 0, lanes)
                        j0, j1 = _span(b * dw - left, sw, width, ow)
                        for j in range(j0, j1):
                            if not inner <= j < outer:
                                at = x_row + (j * sw + b * dw - left) * channels + c
                                sums = tile.fma_lanes(sums, flat_x, at, 0, flat_dy, (row * ow + j) * channels + c)
                        tile.store(sums, flat, home + b * step, 0, lanes)


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
            raise ValueError(
                f"A window must fit into its padded input of {size + sum(pad)} pixels. "
                f"Received: a window over {span} pixels."
            )
        output.append((size + sum(pad) - span) // s + 1)
    return (n, *output, channels * multiplier)


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
    return checks.pair(strides, "strides"), checks.pads(pads), checks.pair(dilation, "dilation")


@jit
def _scaled(start, stop, kernel, scale, out):
    """Job: all filters of one place of the window."""
    for place in range(start, stop):
        for c in range(scale.size):
            out[place, c] = kernel[place, c] * scale[c]


def depthwise_conv2d_forward(x, kernel, bias, strides, pads, dilation=(1, 1), *, activation=None, scale=None):
    """Slide M filters over every channel and add their biases.

    y[n,i,j,c*M+m] = bias[c*M+m] + sum_ab x[n, i*sh+a*dh-top, j*sw+b*dw-left, c] * kernel[a,b,c,m]

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64     images or activations, any scale
    kernel : (KH, KW, C, M), dtype of x     bias : (C * M,), dtype of x, or None
    strides : (sh, sw) int, pixels          pads : ((top, bottom), (left, right)) int, pixels
    dilation : (dh, dw) int, pixels
    activation : None, "relu" or "relu6", applied to y
    scale : (C * M,), dtype of x, multiplies the sums before the bias is added: a batch normalization that follows

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
    x, kernel = _repeated(x, kernel.shape[3]), kernel.reshape(*kernel.shape[:2], y.shape[3])
    if scale is not None:
        scale = checks.floats(scale, "scale", 1, x.dtype)
        checks.shape(scale, "scale", y.shape[3:])
        places, kernel = kernel.reshape(-1, y.shape[3]), np.empty(kernel.shape, kernel.dtype)
        run(_scaled, len(places), kernel.size, places, scale, kernel.reshape(places.shape))
    _convolve(x, kernel, bias, y, strides, (pads[0][0], pads[1][0]), dilation, clipped_limit(activation))
    return y


def _convolve(x, kernel, bias, y, strides, befores, dilation, limit=-1.0):
    """Write the convolution of x (N, H, W, C) with kernel (KH, KW, C) to y (N, OH, OW, C)."""
    n, oh, ow, channels = y.shape
    lanes, out = tile.lanes(x.dtype), y
    if channels < lanes:
        x, kernel, bias = (_widened(array, lanes) for array in (x, kernel, bias))
        out = memory.empty((n, oh, ow, lanes), x.dtype)
    sizes = (*x.shape[1:3], oh, ow, x.shape[3])
    t, v = next(t for t in TILES if t <= max(ow, 1)), next(v for v in WIDTHS if v * lanes <= x.shape[3])
    streams = channels % lanes == 0 and memory.streams(out)
    run(
        _forward,
        n * oh,
        out.size * kernel[..., 0].size // lanes,
        x.reshape(-1),
        kernel.reshape(-1),
        bias,
        out.reshape(-1),
        tile.shape(t, v),
        sizes,
        kernel.shape[:2],
        strides,
        dilation,
        befores,
        x.dtype.type(limit),
        streams,
    )
    if out is not y:
        y[...] = out[..., :channels]


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
    if strides == (1, 1) and dx.size:
        flipped = kernel[::-1, ::-1].reshape(*kernel.shape[:2], -1)
        befores = [(k - 1) * d - before for k, d, (before, _) in zip(kernel.shape, dilation, pads, strict=False)]
        _convolve(dy, flipped, np.zeros(dx.shape[3], dx.dtype), dx, strides, tuple(befores), dilation)
    else:
        run(
            _backward_input,
            n * height,
            dy.size * kernel[..., 0, 0].size,
            dy,
            kernel.reshape(*kernel.shape[:2], -1),
            dx,
            *strides,
            *dilation,
            pads[0][0],
            pads[1][0],
        )
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
    x, lanes = _repeated(x, shape[3]), tile.lanes(x.dtype)
    if filters < lanes:
        x, dy = _widened(x, lanes), _widened(dy, lanes)
    v = next(v for v in WIDTHS if v * lanes <= dy.shape[3])
    width = -(-dy.shape[3] // (v * lanes)) * v * lanes
    rows = -(-max(dy.shape[0] * dy.shape[1], 1) // PARTS)
    jobs = -(-dy.shape[0] * dy.shape[1] // rows)
    partial = memory.empty((jobs, *kernel_size, width), dy.dtype)
    t = kernel_size[1] if kernel_size[1] * v < tile.REGISTERS - v else 1
    run(
        _backward_kernel,
        jobs,
        dy.size * kernel_size[0] * kernel_size[1] // lanes,
        dy,
        x,
        partial,
        tile.shape(t, v),
        kernel_size,
        rows,
        strides,
        dilation,
        (pads[0][0], pads[1][0]),
    )
    sums = partial.sum(axis=0, dtype=np.float64).astype(dy.dtype)
    whole = filters // (v * lanes) * v * lanes
    dkernel = np.empty((*kernel_size, filters), dy.dtype)
    dkernel[..., :whole] = sums[..., :whole]
    if whole < filters:  # the last block, which overlaps its neighbour
        last = min(filters, v * lanes)
        dkernel[..., -last:] = sums[..., width - v * lanes :][..., :last]
    return dkernel.reshape(shape)
