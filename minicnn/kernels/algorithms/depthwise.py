"""Depthwise convolution on the register tile: the compiled loops of depthwise_conv2d.py.

Channels lie side by side and do not mix: registers of them are multiplied lane by lane, and the sums of a few
neighbouring outputs stay in registers over the whole window (see the tile). Four registers side by side, not one, since
memory is read in stretches: with one, the same work took twice as long. The bottom row of pixels under the next row of
outputs, which nobody has read yet, is asked for in advance, and an output that is larger than the caches is written
past them: together 1.7 times as fast at 32 x 37 x 37 x 256. Neighbouring rows are neighbouring jobs, so the other rows
of x are still in the cache.
"""

from typing import NamedTuple

from ...types import Pair
from ..machine import ceil_div, jit, tile


class Way(NamedTuple):
    """The windows' way over images: pairs of rows and columns, but for the channels."""

    image: Pair
    outputs: Pair
    channels: int
    window: Pair
    strides: Pair
    dilation: Pair
    pads_before: Pair  # pads above and to the left


@jit
def _span(offset, step, size, count):
    """Return the range of the numbers j, of 0 to count - 1, whose pixel j * step + offset lies within `size` pixels."""
    first = -((offset) // step) if offset < 0 else 0  # ceil(-offset / step)
    last = (size - 1 - offset) // step + 1
    return min(max(first, 0), count), max(min(last, count), 0)


@jit
def _whole(way):
    """Return inner and outer: the outputs inner <= j < outer of a row have the window's columns all in the image."""
    (_, width), (_, ow), _, (_, kw), (_, sw), (_, dw), (_, left) = way
    inner, _ = _span(-left, sw, width, ow)
    _, outer = _span((kw - 1) * dw - left, sw, width, ow)
    return inner, outer


@jit
def forward(start, stop, x, kernel, bias, y, shape, way, limit, streams) -> None:
    """Job: one row of outputs of one image. x, kernel (KH, KW, C), bias and y are flat; C is at least V*L."""
    (height, width), (oh, ow), channels, (kh, kw), (sh, sw), (dh, dw), (top, left) = way
    one_row = (shape[0][:1], shape[1])
    t, lanes, zero = len(shape[0]), tile.REGISTER_BYTES // x.itemsize, x.dtype.type(0)
    tile_width = len(shape[1]) * lanes
    inner, outer = _whole(way)
    if outer - inner < t:
        inner = outer = 0
    for job in range(start, stop):
        n, i = job // oh, job % oh
        first_row = i * sh - top
        a0, a1 = _span(first_row, dh, height, kh)  # rows of the window that lie in the image
        y_row, x_row = job * ow * channels, (n * height + first_row) * width * channels
        j = 0
        while j < ow:
            inside = inner <= j < outer
            j = min(j, outer - t) if inside else j
            for block in range(ceil_div(channels, tile_width)):
                c = min(block * tile_width, channels - tile_width)  # the last block overlaps its neighbour
                if inside:
                    ahead = x_row + (((kh - 1) * dh + sh) * width + j * sw) * channels + c
                    for pixel in range(t * sw):
                        for lane in range(0, tile_width, lanes):
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
                        tile.store(sums, y, y_row + j * channels + c, channels)
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
                    tile.store(edge, y, y_row + j * channels + c, channels)
            j += t if inside else 1
        if streams:
            tile.fence()


@jit
def backward_input(start, stop, dy, kernel, dx, way) -> None:
    """Job: one row of dx of one image, which collects from every row of outputs that saw it."""
    _, _, _, (kh, kw), (sh, sw), (dh, dw), (top, left) = way
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
def backward_kernel(start, stop, dy, x, partial, shape, rows, way) -> None:
    """Job: `rows` rows of outputs, counted through all images; their sum is one part (KH, KW, blocks * V*L).

    A tile holds the sums of one row of the window for V registers of channels: its T rows are the window's columns. The
    last block overlaps its neighbour, in x and dy but not in the part.
    """
    (height, width), (oh, ow), channels, (kh, kw), (sh, sw), (dh, dw), (top, left) = way
    flat_x, flat_dy, flat = x.reshape(-1), dy.reshape(-1), partial.reshape(-1)
    t, tile_width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    one_row, step = (shape[0][:1], shape[1]), partial.shape[3]
    inner, outer = _whole(way)
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
                for block in range(ceil_div(channels, tile_width)):
                    c = min(block * tile_width, channels - tile_width)
                    home = (job * kh + a) * kw * step + block * tile_width
                    if inner < outer:
                        sums = tile.load(shape, flat, home, step)
                        for j in range(inner, outer):
                            at, of = x_row + (j * sw - left) * channels + c, (row * ow + j) * channels + c
                            sums = tile.fma_lanes(sums, flat_x, at, dw * channels, flat_dy, of)
                        tile.store(sums, flat, home, step)
                    for b in range(kw):
                        sums = tile.load(one_row, flat, home + b * step, 0)
                        j0, j1 = _span(b * dw - left, sw, width, ow)
                        for j in range(j0, j1):
                            if not inner <= j < outer:
                                at = x_row + (j * sw + b * dw - left) * channels + c
                                sums = tile.fma_lanes(sums, flat_x, at, 0, flat_dy, (row * ow + j) * channels + c)
                        tile.store(sums, flat, home + b * step, 0)
