"""Convolution, ReLU and max pooling in one pass, for training.

In a small net the arrays between these three are the largest by far, and each pass over one takes as long as its
arithmetic. So no such array is made: the rows of outputs that one row of windows needs lie in a strip that stays in the
second cache; they are pooled there, and forgotten. What the way back needs is which pixel of each window won: a byte.

The gradient goes back through the maximum and the ReLU in any order, since max and ReLU change places:

    max(relu(z)) = relu(max(z))         so the ReLU's mask and the bias's sum need the few pooled numbers only
"""

from functools import lru_cache

import numpy as np

from ..algorithms import direct
from ..algorithms.padding import zero_pad
from ..conv2d import conv2d_forward, is_plain, output_shape, settings, winograd_pays
from ..machine import checks, jit, memory, run, tile
from ..maxpool2d import pooled_shape

TILES = (4, 2, 1) if tile.REGISTERS >= 32 else (2, 1)  # windows side by side
LARGEST_WINDOW = 255  # pixels: a winner is one byte
NO_PADS = ((0, 0), (0, 0))


@jit
def _pool_row(z, first, row_step, y, winners, to, shape, windows, pool, step, channels):
    """Pool one row of windows: from z[first:] to y[to:] and winners[to:]. Rows of a tile are windows."""
    t, lanes = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // z.itemsize)
    for c in range(0, channels, lanes):
        count = channels - c
        for j in range(0, windows, t):
            window = min(j, windows - t)  # the last tile overlaps its neighbour
            home, out = first + window * step * channels + c, to + window * channels + c
            best, where = tile.load(shape, z, home, step * channels, count), tile.zeros(shape, z)
            for p in range(1, pool[0] * pool[1]):
                at = home + p // pool[1] * row_step + p % pool[1] * channels
                pixel = tile.load(shape, z, at, step * channels, count)
                where = tile.winner(where, best, pixel, p)
                best = tile.maximum(best, pixel)
            tile.store(best, y, out, channels, count)
            tile.store(where, winners, out, channels, count)


@jit
def _pool(start, stop, z, y, winners, shape, sizes, pool, strides, channels):
    """Job: one row of windows. sizes: rows and pixels a row of z, rows and windows a row of y."""
    height, width, oh, ow = sizes
    for job in range(start, stop):
        first = (job // oh * height + job % oh * strides[0]) * width * channels
        _pool_row(z, first, width * channels, y, winners, job * ow * channels, shape, ow, pool, strides[1], channels)


@jit
def _convolve_and_pool(start, stop, x, w, bias, y, winners, shapes, sizes, x_steps, taps, filters, pool, strides):
    """Job: one row of windows. shapes: of the two tiles; sizes: pixels a row of the strip, rows and windows of y."""
    (shape, pool_shape), (width, oh, ow) = shapes, sizes
    channels = filters.groups * filters.share
    strip, infinite = np.empty(pool[0] * width * channels, x.dtype), x.dtype.type(np.inf)
    strip_steps = direct.Steps(0, 0, width * channels, channels)
    everything = (pool[0], width, filters.groups * filters.blocks)
    for job in range(start, stop):
        first = job // oh * x_steps.image + job % oh * strides[0] * x_steps.row
        steps = direct.Steps(first, 0, x_steps.row, x_steps.pixel)
        direct.convolve_jobs(
            0,
            1,
            x,
            w,
            bias,
            strip,
            shape,
            infinite,
            False,
            (1, pool[0], width),
            steps,
            strip_steps,
            taps,
            filters,
            everything,
        )
        _pool_row(
            strip, 0, width * channels, y, winners, job * ow * channels, pool_shape, ow, pool, strides[1], channels
        )


@jit
def _unpool(start, stop, dy, winners, dx, shape, sizes, pool, strides, how):
    """Job: one row of windows and the rows of dx from its first to the next one's. All arrays are flat.

    how: some pixels of dx lie in no window, dx is streamed past the caches.
    """
    (height, width, oh, ow, channels), (gaps, streams) = sizes, how
    t, lanes = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // dx.itemsize)
    step = strides[1] * channels
    for job in range(start, stop):
        n, i = job // oh, job % oh
        band = (n * height + i * strides[0]) * width * channels
        if gaps:
            last = height if i + 1 == oh else (i + 1) * strides[0]
            dx[band : (n * height + last) * width * channels] = 0
        for a in range(pool[0]):
            for j in range(0, ow, t):
                window = min(j, ow - t)  # the last tile overlaps its neighbour
                for c in range(0, channels, lanes):
                    at, count = (job * ow + window) * channels + c, channels - c
                    gradient = tile.load(shape, dy, at, channels, count)
                    for b in range(pool[1]):
                        kept = tile.keep(gradient, winners, at, channels, count, a * pool[1] + b)
                        home = band + a * width * channels + window * step + b * channels + c
                        if streams:
                            tile.stream(kept, dx, home, step)
                        else:
                            tile.store(kept, dx, home, step, count)
        if streams:
            tile.fence()


@lru_cache(1024)
def _tile(windows, channels, dtype):
    """Choose a tile's shape for so many windows in a row."""
    return tile.shape(next(t for t in TILES if t <= windows), tile.columns(channels, dtype))


def _windows(pool_size, strides):
    (ph, pw), (sh, sw) = pool_size, strides = checks.pair(pool_size, "pool_size"), checks.pair(strides, "strides")
    if ph > sh or pw > sw or ph * pw > LARGEST_WINDOW:
        raise ValueError(
            f"Windows must not overlap, nor have more than {LARGEST_WINDOW} pixels. "
            f"Received: pool_size={pool_size}, strides={strides}."
        )
    return pool_size, strides


def conv2d_maxpool2d_forward(x, kernel, bias, strides, pads, dilation, groups, pool_size, pool_strides):
    """Slide every filter over every image, set what is negative to zero, keep the largest value of every window.

    y = maxpool(relu(conv(x)))          the windows do not overlap; what is left over at the end is dropped

    Parameters
    ----------
    x, kernel, bias, strides, pads, dilation, groups : as in `conv2d_forward`
    pool_size : (PH, PW) int, pixels, at most 255 in all       pool_strides : (int, int), pixels, PH and PW at least

    Returns
    -------
    y : (N, PH', PW', F), dtype of x        winners : shape of y, uint8: the number, in row order, of the window's
        first pixel that is its maximum (or NaN)

    Raises
    ------
    ValueError: Windows must not overlap, nor have more than 255 pixels. Received: pool_size=(3, 3), strides=(2, 2).
    """
    x = checks.floats(x, "x", 4)
    kernel = checks.floats(kernel, "kernel", 4, x.dtype)
    strides, pads, dilation, groups = settings(strides, pads, dilation, groups)
    pool_size, pool_strides = _windows(pool_size, pool_strides)
    between = output_shape(x.shape, kernel.shape, strides, pads, dilation, groups)
    shape = pooled_shape(between, pool_size, pool_strides, NO_PADS)
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", (kernel.shape[3],))
    y, winners = memory.empty(shape, x.dtype), memory.empty(shape, np.uint8)
    if not y.size:
        return y, winners
    _, oh, ow, channels = shape
    pool_shape = _tile(ow, channels, x.dtype)
    many = kernel.size > direct.NEAREST and pool_size[0] * between[2] < direct.PIXELS  # see `direct.PIXELS`
    if many or is_plain(kernel.shape, strides, dilation, groups) and winograd_pays(between, kernel.shape, x.dtype):
        z = conv2d_forward(x, kernel, bias, strides, pads, dilation, groups, activation="relu")
        run(
            _pool,
            len(y) * oh,
            z.size,
            z.reshape(-1),
            y.reshape(-1),
            winners.reshape(-1),
            pool_shape,
            (*between[1:3], oh, ow),
            pool_size,
            pool_strides,
            channels,
        )
        return y, winners
    padded = zero_pad(x, pads)
    packed, filters, v = direct.pack(kernel, groups)
    shapes = tile.shape(tile.rows(between[2], v), v), pool_shape
    run(
        _convolve_and_pool,
        len(y) * oh,
        y.size * kernel[..., 0].size,
        padded.reshape(-1),
        packed,
        direct.packed_bias(bias, filters, v, x.dtype),
        y.reshape(-1),
        winners.reshape(-1),
        shapes,
        (between[2], oh, ow),
        direct.steps(padded.shape, strides),
        direct.taps(kernel.shape[:2], x.shape[3], padded.shape[2], dilation, groups),
        filters,
        pool_size,
        pool_strides,
    )
    return y, winners


def maxpool2d_unpool(dy, winners, input_shape, pool_size, strides):
    """Hand every output's gradient to the pixel that won its window.

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64      winners : shape of dy, uint8, see `conv2d_maxpool2d_forward`
        (a number that no pixel of its window has: that gradient goes nowhere)
    input_shape : (N, H, W, C)                  pool_size, strides : (int, int), pixels; windows do not overlap

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
    """
    dy = checks.floats(dy, "dy", 4)
    pool_size, strides = _windows(pool_size, strides)
    checks.shape(dy, "dy", pooled_shape(tuple(input_shape), pool_size, strides, NO_PADS))
    winners = checks.plain(winners, "winners")
    checks.shape(winners, "winners", dy.shape)
    if winners.dtype != np.uint8:
        raise TypeError(f"`winners` must be uint8. Received: winners.dtype={winners.dtype}.")
    dx = memory.empty(input_shape, dy.dtype)
    if dy.size:
        n, oh, ow, channels = dy.shape
        gaps = pool_size != strides or (oh * strides[0], ow * strides[1]) != tuple(input_shape[1:3])
        shape = _tile(ow, channels, dy.dtype)
        streams = memory.streams(dx) and channels % (len(shape[1]) * tile.lanes(dy.dtype)) == 0
        run(
            _unpool,
            n * oh,
            dx.size,
            dy.reshape(-1),
            winners.reshape(-1),
            dx.reshape(-1),
            shape,
            (*input_shape[1:3], oh, ow, channels),
            pool_size,
            strides,
            (gaps, streams),
        )
    return dx
