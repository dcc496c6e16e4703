"""Max pooling: of every window, channel by channel, only the largest value goes on, and only it gets the gradient."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..types import Array, Pads, Pair
from .algorithms import output_sizes
from .machine import checks, jit, memory, run, tile

TILE_ROWS = (6, 3, 1) if tile.REGISTERS >= 32 else (4, 2, 1)  # T, the first that fits: outputs side by side
# T * V at most: a tile of maxima and one of pixels must fit, unless pixels are read by AVX-512's masks, one by one.
CELLS = 24 if tile.REGISTER_BYTES == 64 else 12 if tile.REGISTERS >= 32 else 4
TILE_COLUMNS = (4, 2, 1)  # V, the first that fits: registers of channels


class Pool(NamedTuple):
    """The windows: their size, the steps between them, and the pads above and to the left."""

    ph: int
    pw: int
    sh: int
    sw: int
    top: int
    left: int


@jit
def _forward(start, stop, x, y, shape, sizes, pool, streams):
    """Job: one row of outputs of one image. x and y are flat; channels lie in the lanes (see machine/tile)."""
    height, width, oh, ow, channels = sizes
    ph, pw, sh, sw, top, left = pool
    t, lanes = len(shape[0]), tile.REGISTER_BYTES // x.itemsize
    tile_width = len(shape[1]) * lanes
    one_row = (shape[0][:1], shape[1])
    inner, outer = min((left + sw - 1) // sw, ow), min((width + left - pw) // sw + 1, ow)
    if outer - inner < t:  # outputs inner <= j < outer have their whole window in the image
        inner = outer = 0
    for job in range(start, stop):
        n, i = job // oh, job % oh
        first, last = max(i * sh - top, 0), min(i * sh - top + ph, height)
        j = 0
        while j < ow:
            inside = inner <= j < outer
            j = min(j, outer - t) if inside else j  # the last tile overlaps its neighbour
            left_end, right_end = max(j * sw - left, 0), min(j * sw - left + pw, width)
            for c in range(0, channels, tile_width):
                at, used = (job * ow + j) * channels + c, channels - c
                home = (n * height + first) * width * channels + c
                if inside:
                    ahead = ((n * height + i * sh - top + ph) * width + j * sw) * channels + c
                    for h in range(sh):  # the rows under the next row of outputs that this one does not read
                        for pixel in range(t * sw):
                            for lane in range(0, tile_width, lanes):
                                tile.prefetch(x, ahead + (h * width + pixel) * channels + lane)
                    best = tile.load_any(shape, x, home + left_end * channels, sw * channels, used)
                    for h in range(last - first):
                        for w in range(left_end, right_end):
                            pixel = home + (h * width + w) * channels
                            best = tile.maximum(best, tile.load_any(shape, x, pixel, sw * channels, used))
                    if streams:
                        tile.stream(best, y, at, channels)
                    else:
                        tile.store(best, y, at, channels, used)
                else:
                    edge = tile.load_any(one_row, x, home + left_end * channels, 0, used)
                    for h in range(last - first):
                        for w in range(left_end, right_end):
                            pixel = home + (h * width + w) * channels
                            edge = tile.maximum(edge, tile.load_any(one_row, x, pixel, 0, used))
                    tile.store(edge, y, at, channels, used)
            j += t if inside else 1
        if streams:
            tile.fence()


@jit
def _backward(start, stop, dy, x, dx, pool, apart):
    """Job: one row of windows if windows lie `apart`, else one image: only then does every dx have one writer."""
    ph, pw, sh, sw, top, left = pool
    height, width, channels = x.shape[1:]
    oh, ow = dy.shape[1:3]
    best = np.empty(channels, x.dtype)
    where = np.empty(channels, np.int32)  # the winner's number in its window
    none = dy.dtype.type(0)
    for job in range(start, stop):
        n, first_row, stop_row = (job // oh, job % oh, job % oh + 1) if apart else (job, 0, oh)
        # Set to zero: rows of dx up to the next job's; what lies before the first and after the last belongs to these.
        begin, end = (first_row * sh - top, stop_row * sh - top) if apart else (0, height)
        dx[n, max(0, 0 if first_row == 0 else begin) : height if stop_row == oh else min(end, height)] = 0
        for i in range(first_row, stop_row):
            first, last = max(i * sh - top, 0), min(i * sh - top + ph, height)
            for j in range(ow):
                left_end, right_end = max(j * sw - left, 0), min(j * sw - left + pw, width)
                best[:] = x[n, first, left_end]
                where[:] = 0
                number = np.int32(0)
                for h in range(first, last):
                    for w in range(left_end, right_end):
                        pixel = x[n, h, w]
                        for c in range(channels):
                            v, b = pixel[c], best[c]
                            wins = (v > b) | ((v != v) & (b == b))
                            best[c] = v if wins else b
                            where[c] = number if wins else where[c]
                        number += np.int32(1)
                gradient = dy[n, i, j]
                number = np.int32(0)
                for h in range(first, last):
                    for w in range(left_end, right_end):
                        pixel = dx[n, h, w]
                        for c in range(channels):
                            pixel[c] += gradient[c] if where[c] == number else none
                        number += np.int32(1)


def pooling(input_shape: Sequence[int], pool_size: Pair, strides: Pair, pads: Pads) -> tuple[Pool, tuple[int, ...]]:
    """Check a pooling's settings and return its windows, and the output's shape."""
    pool_size, strides = checks.pair(pool_size, "pool_size"), checks.pair(strides, "strides")
    return windows_of(tuple(input_shape), pool_size, strides, checks.pads(pads))


@lru_cache(1024)
def windows_of(
    input_shape: tuple[int, ...], pool_size: Pair, strides: Pair, pads: Pads
) -> tuple[Pool, tuple[int, int, int, int]]:
    """Check that the windows fit and return them, and the output's (N, OH, OW, C)."""
    n, *sizes, channels = input_shape
    oh, ow = output_sizes("pool_size", sizes, pool_size, strides, pads)
    if any(max(pad) >= k for pad, k in zip(pads, pool_size, strict=True)):
        raise ValueError(f"`pads` must each be smaller than the window. Received: pads={pads}.")
    return Pool(*pool_size, *strides, pads[0][0], pads[1][0]), (n, oh, ow, channels)


@lru_cache(1024)
def _tile(windows, channels, lanes):
    """Choose a tile for so many windows in a row: return its shape, and how many channels it is wide."""
    v = next(v for v in TILE_COLUMNS if v * lanes <= channels or v == 1)
    t = next(t for t in TILE_ROWS if t <= windows and t * v <= CELLS)
    return tile.shape(t, v), v * lanes


def maxpool2d_forward(x: Array, pool_size: Pair, strides: Pair, pads: Pads) -> Array:
    """Keep the largest value of every window.

    y[n,i,j,c] = max over a < PH, b < PW of x[n, i*sh+a-top, j*sw+b-left, c]    (outside x counts as -inf)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    pool_size : (PH, PW) int
        the window, pixels
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        pixels around every image, each smaller than the window

    Returns
    -------
    y : (N, OH, OW, C), dtype of x
        a NaN in the window gives NaN

    Raises
    ------
    ValueError
        `pool_size` must fit into its padded input of 3 pixels. Received: a window over 4 pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> y = kernels.maxpool2d_forward(x, (2, 2), strides=(2, 2), pads=((0, 0), (0, 0)))
    >>> y[0, :, :, 0].tolist()
    [[5.0, 7.0], [13.0, 15.0]]
    """
    x = checks.floats(x, "x", 4)
    pool, out_shape = pooling(x.shape, pool_size, strides, pads)
    y = memory.empty(out_shape, x.dtype)
    if y.size:
        n, oh, ow, channels = y.shape
        lanes = tile.lanes(x.dtype)
        shape, tile_width = _tile(ow, channels, lanes)
        streams = channels % tile_width == 0 and memory.streams(y)
        work = y.size * pool.ph * pool.pw // min(channels, lanes)
        sizes = (*x.shape[1:3], oh, ow, channels)
        run(_forward, n * oh, work, x.reshape(-1), y.reshape(-1), shape, sizes, tuple(pool), streams)
    return y


def maxpool2d_backward(dy: Array, x: Array, pool_size: Pair, strides: Pair, pads: Pads) -> Array:
    """Hand every output's gradient to the one pixel that it was copied from.

    dx[n,h,w,c] = sum of dy[n,i,j,c] over all windows (i,j) whose first maximum, row by row, is (h,w)

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64
        gradient of the loss with respect to y
    x : (N, H, W, C), dtype of dy
        as given to `maxpool2d_forward`
    pool_size : (PH, PW) int
        the window, pixels
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        pixels around every image, each smaller than the window

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
        ties: the first maximum in row order gets all; of several NaN, the first

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, dy = np.array([[1.0, 5.0], [5.0, 0.0]]).reshape(1, 2, 2, 1), np.full((1, 1, 1, 1), 3.0)
    >>> dx = kernels.maxpool2d_backward(dy, x, (2, 2), strides=(2, 2), pads=((0, 0), (0, 0)))
    >>> dx[0, :, :, 0].tolist()  # of two maxima the first
    [[0.0, 3.0], [0.0, 0.0]]
    """
    dy = checks.floats(dy, "dy", 4)
    x = checks.floats(x, "x", 4, dy.dtype)
    pool, out_shape = pooling(x.shape, pool_size, strides, pads)
    checks.shape(dy, "dy", out_shape)
    dx = memory.empty(x.shape, x.dtype)
    if x.size:
        apart = pool.sh >= pool.ph and pool.sw >= pool.pw
        jobs = x.shape[0] * dy.shape[1] if apart else x.shape[0]
        run(_backward, jobs, dy.size * pool.ph * pool.pw + x.size, dy, x, dx, tuple(pool), apart)
    return dx
