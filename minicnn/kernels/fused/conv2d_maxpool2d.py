"""Convolution, ReLU and max pooling in one pass, for training.

In a small net the arrays between these three are the largest by far, and each pass over one takes as long as its
arithmetic. So no such array is made: the rows of outputs that one row of windows needs lie in a strip that stays in the
second cache; they are pooled there, and forgotten. What the way back needs is which pixel of each window won: a byte.

The gradient goes back through the maximum and the ReLU in any order, since max and ReLU change places:

    max(relu(z)) = relu(max(z))         so the ReLU's mask and the bias's sum need the few pooled numbers only
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...types import Array, NDArray, Pads, Pair
from ..algorithms import direct, packing, winograd, zero_pad
from ..conv2d import conv2d_forward, output_shape, settings, suits_winograd
from ..machine import checks, jit, memory, run, tile
from ..maxpool2d import windows_of

TILE_ROWS = (4, 2, 1) if tile.REGISTERS >= 32 else (2, 1)  # T, the first that fits: windows side by side
LARGEST_WINDOW = 255  # pixels: a winner is one byte
NO_PADS = ((0, 0), (0, 0))


class Pooled(NamedTuple):
    """Images and the windows on them: rows, columns and channels, windows down and across, their size and steps."""

    height: int
    width: int
    channels: int
    oh: int
    ow: int
    ph: int
    pw: int
    sh: int
    sw: int


@jit
def _pool_row(z, first, y, winners, to, shape, pooled):
    """Pool one row of windows: from z[first:] to y[to:] and winners[to:]. Rows of a tile are windows."""
    windows, channels, row_step, step = pooled.ow, pooled.channels, pooled.width * pooled.channels, pooled.sw
    t, tile_width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // z.itemsize)
    for c in range(0, channels, tile_width):
        used = channels - c
        for j in range(0, windows, t):
            window = min(j, windows - t)  # the last tile overlaps its neighbour
            home, out = first + window * step * channels + c, to + window * channels + c
            best, where = tile.load_any(shape, z, home, step * channels, used), tile.zeros(shape, z)
            for p in range(1, pooled.ph * pooled.pw):
                at = home + p // pooled.pw * row_step + p % pooled.pw * channels
                pixel = tile.load_any(shape, z, at, step * channels, used)
                where = tile.winner(where, best, pixel, p)
                best = tile.maximum(best, pixel)
            tile.store(best, y, out, channels, used)
            tile.store(where, winners, out, channels, used)


@jit
def _pool(start, stop, z, y, winners, shape, pooled):
    """Job: one row of windows."""
    pooled = Pooled(*pooled)
    for job in range(start, stop):
        first = (job // pooled.oh * pooled.height + job % pooled.oh * pooled.sh) * pooled.width * pooled.channels
        _pool_row(z, first, y, winners, job * pooled.ow * pooled.channels, shape, pooled)


@jit
def _convolve_and_pool(start, stop, x, w, bias, y, winners, shapes, windows, pooled):
    """Job: one row of pooling windows. shapes: of the two tiles; windows: the convolution's.

    The strip holds the rows of outputs that the pooling windows need: a convolution of its own, with one job.
    """
    windows, pooled, (shape, pool_shape) = direct.named(windows), Pooled(*pooled), shapes
    x_steps, filters, width, channels = windows.steps, windows.filters, pooled.width, pooled.channels
    strip, strip_steps = np.empty(pooled.ph * width * channels, x.dtype), direct.Steps(0, 0, width * channels, channels)
    outputs, ending = direct.Outputs(1, pooled.ph, width), direct.Ending(x.dtype.type(np.inf), False)
    per_job = direct.PerJob(pooled.ph, width, filters.groups * filters.blocks)  # all of it
    for job in range(start, stop):
        first = job // pooled.oh * x_steps.image + job % pooled.oh * pooled.sh * x_steps.row
        steps = direct.Steps(first, 0, x_steps.row, x_steps.pixel)
        here = direct.Windows(outputs, steps, windows.taps, filters)
        direct.convolve_jobs(0, 1, x, w, bias, strip, shape, here, strip_steps, per_job, ending)
        _pool_row(strip, 0, y, winners, job * pooled.ow * channels, pool_shape, pooled)


@jit
def _unpool(start, stop, dy, winners, dx, shape, pooled, gaps, streams):
    """Job: one row of windows and the rows of dx from its first to the next one's. All arrays are flat.

    gaps: some pixels of dx lie in no window; streams: dx is written past the caches.
    """
    pooled = Pooled(*pooled)
    height, width, oh, ow, channels = pooled.height, pooled.width, pooled.oh, pooled.ow, pooled.channels
    t, tile_width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // dx.itemsize)
    step = pooled.sw * channels
    for job in range(start, stop):
        n, i = job // oh, job % oh
        first = (n * height + i * pooled.sh) * width * channels
        if gaps:
            last = height if i + 1 == oh else (i + 1) * pooled.sh
            dx[first : (n * height + last) * width * channels] = 0
        for a in range(pooled.ph):
            for j in range(0, ow, t):
                window = min(j, ow - t)  # the last tile overlaps its neighbour
                for c in range(0, channels, tile_width):
                    at, used = (job * ow + window) * channels + c, channels - c
                    gradient = tile.load_any(shape, dy, at, channels, used)
                    for b in range(pooled.pw):
                        kept = tile.keep(gradient, winners, at, channels, used, a * pooled.pw + b)
                        home = first + a * width * channels + window * step + b * channels + c
                        if streams:
                            tile.stream(kept, dx, home, step)
                        else:
                            tile.store(kept, dx, home, step, used)
        if streams:
            tile.fence()


@lru_cache(1024)
def _tile(windows, channels, dtype):
    """Choose a tile's shape for so many windows in a row."""
    return tile.shape(next(t for t in TILE_ROWS if t <= windows), tile.columns(channels, dtype))


def _windows(pool_size, strides):
    """Check windows that do not overlap."""
    (ph, pw), (sh, sw) = pool_size, strides = checks.pair(pool_size, "pool_size"), checks.pair(strides, "strides")
    if ph > sh or pw > sw or ph * pw > LARGEST_WINDOW:
        raise ValueError(
            f"Windows must not overlap, nor have more than {LARGEST_WINDOW} pixels. "
            f"Received: pool_size={pool_size}, strides={strides}."
        )
    return pool_size, strides


def conv2d_maxpool2d_forward(
    x: Array,
    kernel: Array,
    bias: Array | None,
    strides: Pair,
    pads: Pads,
    dilation: Pair,
    groups: int,
    pool_size: Pair,
    pool_strides: Pair,
) -> tuple[Array, NDArray[np.uint8]]:
    """Slide every filter over every image, set what is negative to zero, keep the largest value of every window.

    y = maxpool(relu(conv(x)))          the windows do not overlap; what is left over at the end is dropped

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    kernel : (KH, KW, C // groups, F), dtype of x
        the filters' weights
    bias : (F,), dtype of x, or None
        added to every output of its filter
    strides : (sh, sw) int
        of the convolution, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side
    groups : int, divides C and F
        filter f sees only the channels of group f // (F // groups)
    pool_size : (PH, PW) int
        the pooling's window, at most 255 pixels in all
    pool_strides : (int, int)
        from window to window of the pooling, pixels; PH and PW at least

    Returns
    -------
    y : (N, PH', PW', F), dtype of x
    winners : shape of y, uint8
        the number, in row order, of the window's first pixel that is its maximum (or NaN)

    Raises
    ------
    ValueError
        Windows must not overlap, nor have more than 255 pixels. Received: pool_size=(3, 3), strides=(2, 2).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, kernel = np.arange(16.0).reshape(1, 4, 4, 1), np.ones((1, 1, 1, 1))
    >>> no_pads = (0, 0), (0, 0)
    >>> y, winners = kernels.conv2d_maxpool2d_forward(x, kernel, None, (1, 1), no_pads, (1, 1), 1, (2, 2), (2, 2))
    >>> y[0, :, :, 0].tolist(), winners[0, :, :, 0].tolist()
    ([[5.0, 7.0], [13.0, 15.0]], [[3, 3], [3, 3]])
    """
    x = checks.floats(x, "x", 4)
    kernel = checks.floats(kernel, "kernel", 4, x.dtype)
    window = settings(strides, pads, dilation, groups)
    pool_size, pool_strides = _windows(pool_size, pool_strides)
    between = output_shape(x.shape, kernel.shape, window)
    _, shape = windows_of(between, pool_size, pool_strides, NO_PADS)
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", (kernel.shape[3],))
    y, winners = memory.empty(shape, x.dtype), memory.empty(shape, np.uint8)
    if not y.size:
        return y, winners
    pooled = Pooled(*between[1:], *shape[1:3], *pool_size, *pool_strides)
    pool_shape = _tile(pooled.ow, pooled.channels, x.dtype)
    flat, jobs = (y.reshape(-1), winners.reshape(-1)), len(y) * pooled.oh
    many = kernel.size > direct.FEW_WEIGHTS and pooled.ph * pooled.width < direct.PIXELS  # see `direct.PIXELS`
    if many or suits_winograd(kernel.shape, window) and winograd.pays(between, kernel.shape, x.dtype):
        z = conv2d_forward(x, kernel, bias, *window, activation="relu")
        run(_pool, jobs, z.size, z.reshape(-1), *flat, pool_shape, tuple(pooled))
        return y, winners
    padded = zero_pad(x, window.pads)
    packed, filters, v = packing.pack(kernel, window.groups)
    packed_bias = packing.pack_bias(bias, filters, v, x.dtype)
    shapes = tile.shape(tile.rows(pooled.width, v), v), pool_shape
    steps = direct.steps_of(padded.shape, window.strides)
    taps = direct.taps_of(kernel.shape[:2], x.shape[3], padded.shape[2], window.dilation, window.groups)
    windows = between[:3], tuple(steps), tuple(taps), tuple(filters)
    work = y.size * kernel[..., 0].size
    inputs = padded.reshape(-1), packed, packed_bias
    run(_convolve_and_pool, jobs, work, *inputs, *flat, shapes, windows, tuple(pooled))
    return y, winners


def maxpool2d_unpool(
    dy: Array, winners: NDArray[np.uint8], input_shape: tuple[int, ...], pool_size: Pair, strides: Pair
) -> Array:
    """Hand every output's gradient to the pixel that won its window.

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64
        gradient of the loss with respect to y
    winners : shape of dy, uint8
        as `conv2d_maxpool2d_forward` returned them. A number that no pixel of its window has: that gradient
        goes nowhere
    input_shape : (N, H, W, C) int
        the shape of x
    pool_size : (PH, PW) int
        the window, at most 255 pixels in all
    strides : (sh, sw) int
        from window to window, pixels; windows do not overlap

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dy, winners = np.full((1, 1, 1, 1), 4.0), np.full((1, 1, 1, 1), 2, np.uint8)
    >>> kernels.maxpool2d_unpool(dy, winners, (1, 2, 2, 1), (2, 2), (2, 2))[0, :, :, 0].tolist()
    [[0.0, 0.0], [4.0, 0.0]]
    """
    dy = checks.floats(dy, "dy", 4)
    pool_size, strides = _windows(pool_size, strides)
    _, shape = windows_of(tuple(input_shape), pool_size, strides, NO_PADS)
    checks.shape(dy, "dy", shape)
    winners = checks.plain(winners, "winners")
    checks.shape(winners, "winners", dy.shape)
    if winners.dtype != np.uint8:
        raise TypeError(f"`winners` must be uint8. Received: winners.dtype={winners.dtype}.")
    dx = memory.empty(input_shape, dy.dtype)
    if dy.size:
        n, oh, ow, channels = dy.shape
        height, width = input_shape[1:3]
        gaps = pool_size != strides or (oh * strides[0], ow * strides[1]) != (height, width)
        shape = _tile(ow, channels, dy.dtype)
        streams = memory.streams(dx) and channels % (len(shape[1]) * tile.lanes(dy.dtype)) == 0
        pooled = (height, width, channels, oh, ow, *pool_size, *strides)
        run(_unpool, n * oh, dx.size, dy.reshape(-1), winners.reshape(-1), dx.reshape(-1), shape, pooled, gaps, streams)
    return dx
