"""Max pooling: of every window, channel by channel, only the largest value goes on, and only it gets the gradient."""

from functools import lru_cache

import numpy as np

from .machine import checks, jit, memory, run, tile

TILES = (6, 3, 1) if tile.REGISTERS >= 32 else (2, 1)  # outputs side by side, of which V registers are held
WIDTHS = (4, 2, 1)  # V


@jit
def _forward(start, stop, x, y, shape, sizes, pool, strides, befores, streams):
    """Job: one row of outputs of one picture. x and y are flat; channels lie in the lanes (see tile.py)."""
    height, width, oh, ow, channels = sizes
    (ph, pw), (sh, sw), (top, left) = pool, strides, befores
    t, size = len(shape[0]), tile.REGISTER_BYTES // x.itemsize
    lanes = len(shape[1]) * size
    one_row = (shape[0][:1], shape[1])
    inner, outer = min((left + sw - 1) // sw, ow), min((width + left - pw) // sw + 1, ow)
    if outer - inner < t:  # outputs inner <= j < outer have their whole window in the picture
        inner = outer = 0
    for job in range(start, stop):
        n, i = job // oh, job % oh
        first, last = max(i * sh - top, 0), min(i * sh - top + ph, height)
        j = 0
        while j < ow:
            inside = inner <= j < outer
            j = min(j, outer - t) if inside else j  # the last tile overlaps its neighbour
            left_end, right_end = max(j * sw - left, 0), min(j * sw - left + pw, width)
            for c in range(0, channels, lanes):
                at, count = (job * ow + j) * channels + c, channels - c
                home = (n * height + first) * width * channels + c
                if inside:
                    ahead = ((n * height + i * sh - top + ph) * width + j * sw) * channels + c
                    for h in range(sh):  # the rows that the next row of outputs will need first
                        for pixel in range(t * sw):
                            for lane in range(0, lanes, size):
                                tile.prefetch(x, ahead + (h * width + pixel) * channels + lane)
                    best = tile.load(shape, x, home + left_end * channels, sw * channels, count)
                    for h in range(last - first):
                        for w in range(left_end, right_end):
                            pixel = home + (h * width + w) * channels
                            best = tile.maximum(best, tile.load(shape, x, pixel, sw * channels, count))
                    if streams:
                        tile.stream(best, y, at, channels)
                    else:
                        tile.store(best, y, at, channels, count)
                else:
                    edge = tile.load(one_row, x, home + left_end * channels, 0, count)
                    for h in range(last - first):
                        for w in range(left_end, right_end):
                            pixel = home + (h * width + w) * channels
                            edge = tile.maximum(edge, tile.load(one_row, x, pixel, 0, count))
                    tile.store(edge, y, at, channels, count)
            j += t if inside else 1
        if streams:
            tile.fence()


@jit
def _backward(start, stop, dy, x, dx, ph, pw, sh, sw, top, left, apart):
    """Job: one row of windows if windows lie `apart`, else one picture: only then does every dx have one writer."""
    height, width, channels = x.shape[1:]
    oh, ow = dy.shape[1:3]
    best = np.empty(channels, x.dtype)
    where = np.empty(channels, np.int32)  # the winner's number in its window
    none = dy.dtype.type(0)
    for job in range(start, stop):
        n, first_row, stop_row = (job // oh, job % oh, job % oh + 1) if apart else (job, 0, oh)
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


@lru_cache(1024)
def pooled_shape(input_shape, pool_size, strides, pads):
    """Check that the windows fit and give (N, OH, OW, C)."""
    sizes = []
    for size, k, s, pad in zip(input_shape[1:3], pool_size, strides, pads, strict=True):
        if k > size + sum(pad):
            raise ValueError(
                f"`pool_size` must fit into the padded input, {size + sum(pad)} pixels. "
                f"Received: pool_size={pool_size}."
            )
        if max(pad) >= k:
            raise ValueError(f"`pads` must each be smaller than the window. Received: pads={pads}.")
        sizes.append((size + sum(pad) - k) // s + 1)
    return (input_shape[0], *sizes, input_shape[3])


@lru_cache(1024)
def _tile(windows, channels, lanes):
    """Choose a tile for so many windows in a row: give its shape, and how many channels it is wide."""
    v = next(v for v in WIDTHS if v * lanes <= channels or v == 1)
    return tile.shape(next(t for t in TILES if t <= windows), v), v * lanes


def maxpool2d_forward(x, pool_size, strides, pads):
    """Keep the largest value of every window.

    y[n,i,j,c] = max over a < PH, b < PW of x[n, i*sh+a-top, j*sw+b-left, c]    (outside x counts as -inf)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
    pool_size : (PH, PW) int, pixels        strides : (sh, sw) int, pixels
    pads : ((top, bottom), (left, right)) int, pixels, each smaller than the window

    Returns
    -------
    y : (N, OH, OW, C), dtype of x; a NaN in the window gives NaN

    Raises
    ------
    ValueError: `pool_size` must fit into the padded input, 3 pixels. Received: pool_size=(4, 4).
    """
    x = checks.floats(x, "x", 4)
    (ph, pw), _ = pool_size, strides = checks.pair(pool_size, "pool_size"), checks.pair(strides, "strides")
    pads = checks.pads(pads)
    y = memory.empty(pooled_shape(x.shape, pool_size, strides, pads), x.dtype)
    if y.size:
        n, oh, ow, channels = y.shape
        lanes = tile.lanes(x.dtype)
        shape, width = _tile(ow, channels, lanes)
        streams = channels % width == 0 and memory.streams(y)
        run(
            _forward,
            n * oh,
            y.size * ph * pw // min(channels, lanes),
            x.reshape(-1),
            y.reshape(-1),
            shape,
            (*x.shape[1:3], oh, ow, channels),
            pool_size,
            strides,
            (pads[0][0], pads[1][0]),
            streams,
        )
    return y


def maxpool2d_backward(dy, x, pool_size, strides, pads):
    """Hand every output's gradient to the one pixel that it was copied from.

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64  x, pool_size, strides, pads : as given to `maxpool2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy. Ties: the first maximum in row order; of several NaN, the first
    """
    dy = checks.floats(dy, "dy", 4)
    x = checks.floats(x, "x", 4, dy.dtype)
    (ph, pw), (sh, sw) = pool_size, strides = checks.pair(pool_size, "pool_size"), checks.pair(strides, "strides")
    pads = checks.pads(pads)
    checks.shape(dy, "dy", pooled_shape(x.shape, pool_size, strides, pads))
    dx = memory.empty(x.shape, x.dtype)
    if x.size:
        apart = sh >= ph and sw >= pw
        run(
            _backward,
            x.shape[0] * dy.shape[1] if apart else x.shape[0],
            dy.size * ph * pw + x.size,
            dy,
            x,
            dx,
            ph,
            pw,
            sh,
            sw,
            pads[0][0],
            pads[1][0],
            apart,
        )
    return dx
