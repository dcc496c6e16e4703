"""Winograd's method for the gradient of a 3x3 kernel: 36 multiplications for what a direct sum takes 144.

The forward pass is  y = A.T [ (G g G.T) * (B.T d B) ] A  for every tile: linear in the taps g. Its transpose maps dy
back to dg, and the transpose of a product of matrices is the product of their transposes in reverse order:

    dg = G.T [ sum over tiles of (B.T d B) * (A dy A.T) ] G

So 6x6 pixels and 4x4 gradients are both taken to the 36 frequencies; there, summed over tiles, each frequency is one
matrix product (C, tiles) x (tiles, F) on the register tile; and the sum is taken back to 3x3 taps once, at the end.

One core, best of many, N, H = W, C, F: 1, 28, 32, 32: 1.7 times the direct sum's speed; 64, 64: 2.2; 128, 128: 2.2;
4, 14, 256, 256: 2.0; 2, 14, 256, 256 (32 tiles): 1.4; 1, 28, 17, 33: 1.2. The worst error seen was 0.43 units of
eps * sqrt(N * OH * OW) * sum|x||dy|, the direct sum's 0.1.

The matrices, and why the caller must look at what `kernel_gradient` returns: winograd.py.
"""

import numpy as np
from numba.extending import intrinsic

from ..machine import ceil_div, jit, memory, run, tile
from . import winograd

A = np.transpose(winograd.A_T).tolist()
G_T = np.transpose(winograd.G).tolist()


@intrinsic
def _gradients_to_frequencies(typingctx, gradients):
    """Multiply A with four rows of gradients."""
    return tile.mix(gradients, A)


@intrinsic
def _frequencies_to_taps(typingctx, frequencies):
    """Multiply G.T with six rows of frequencies."""
    return tile.mix(frequencies, G_T)


@jit
def _gradients_job(start, stop, dy, out, finite, first, count, band, sizes, filters, blocks, shapes):
    """Job: `BAND` tiles. dy (N, 4*TH, 4*TW, F), flat -> out (36, blocks, band, V*L)."""
    _, rows, columns, width = sizes
    lanes = tile.REGISTER_BYTES // dy.itemsize
    scratch, six, four, line = np.empty(36 * lanes, dy.dtype), shapes[1], shapes[2], 4 * columns * filters
    for job in range(start, stop):
        seen = tile.zeros(six, dy)
        for i in range(job * winograd.BAND, min((job + 1) * winograd.BAND, count)):
            n, row, column = (first + i) // columns // rows, (first + i) // columns % rows, (first + i) % columns
            at = (n * rows + row) * 4 * line + column * 4 * filters
            for f in range(0, blocks * width, lanes):
                for b in range(4):
                    gradients = tile.load(four, dy, at + b * filters + f, line, filters - f)
                    tile.store(_gradients_to_frequencies(gradients), scratch, b * lanes, 4 * lanes, lanes)
                for r in range(6):
                    frequencies = _gradients_to_frequencies(tile.load(four, scratch, r * 4 * lanes, lanes, lanes))
                    seen = tile.add(seen, frequencies)
                    to = ((r * 6 * blocks + f // width) * band + i) * width + f % width
                    tile.store(frequencies, out, to, blocks * band * width, lanes)
        tile.store(seen, scratch, 0, lanes, lanes)
        total = dy.dtype.type(0)
        for i in range(6 * lanes):
            total += scratch[i]
        finite[job] = finite[job] and np.isfinite(total)


@jit
def _multiply_job(start, stop, pixels, gradients, sums, fresh, count, band, channels, blocks, shape, width):
    """Job: one frequency and one block of filters. sums (36, blocks, C in tiles of T, V*L) += pixels x gradients."""
    t = len(shape[0])
    tiles = ceil_div(channels, t)
    for job in range(start, stop):
        q = job // blocks
        for j in range(tiles):
            at = (job * tiles + j) * t * width
            total = tile.zeros(shape, pixels) if fresh else tile.load(shape, sums, at, width, width)
            ix, iw = q * band * channels + min(j * t, channels - t), job * band * width
            for _ in range(count):
                total = tile.fma(total, pixels, ix, 1, gradients, iw)
                ix += channels
                iw += width
            tile.store(total, sums, at, width, width)


@jit
def _taps_job(start, stop, sums, dkernel, channels, filters, blocks, t, width, shapes):
    """Job: one channel, all filters. sums -> dkernel (3, 3, C, F), flat."""
    lanes = tile.REGISTER_BYTES // sums.itemsize
    tiles = ceil_div(channels, t)
    scratch, six, step = np.empty(18 * lanes, sums.dtype), shapes[1], blocks * tiles * t * width
    for c in range(start, stop):
        j = min(c // t, tiles - 1)
        row = j * t + c - min(j * t, channels - t)
        for f in range(0, filters, lanes):
            at = (f // width * tiles * t + row) * width + f % width
            for s in range(6):
                frequencies = tile.load(six, sums, at + s * step, 6 * step, lanes)
                tile.store(_frequencies_to_taps(frequencies), scratch, s * lanes, 6 * lanes, lanes)
            for a in range(3):
                taps = _frequencies_to_taps(tile.load(six, scratch, a * 6 * lanes, lanes, lanes))
                tile.store(taps, dkernel, (a * 3 * channels + c) * filters + f, channels * filters, filters - f)


def kernel_gradient(dy, x, dkernel, v):
    """Sum, for every weight of a 3x3 kernel, its pixels times the gradients of the outputs that they went to.

    Parameters
    ----------
    dy : (N, 4*TH, 4*TW, F), zeros beyond the outputs       x : (N, 4*TH + 2, 4*TW + 2, C), padded pictures
    dkernel : (3, 3, C, F), written                         v : int

    Returns
    -------
    finite : bool; if false, dkernel is not to be used (see winograd.convolve)
    """
    n, height, width_, channels = x.shape
    filters, width = dy.shape[3], v * tile.lanes(x.dtype)
    blocks = ceil_div(filters, width)
    t = tile.rows(channels, v)
    sizes = (n, (height - 2) // 4, (width_ - 2) // 4)
    tiles = n * sizes[1] * sizes[2]
    shapes = tuple(tile.shape(rows, 1) for rows in (3, 6, 4, 1))
    band = min(tiles, max(winograd.BAND, winograd.BUFFERS // (36 * (channels + blocks * width) * x.itemsize)))
    band = ceil_div(band, winograd.BAND) * winograd.BAND
    pixels = memory.empty((36 * band * channels,), x.dtype)
    gradients = memory.empty((36 * band * blocks * width,), x.dtype)
    sums = memory.empty((36 * blocks * ceil_div(channels, t) * t * width,), x.dtype)
    finite = np.zeros(ceil_div(tiles, winograd.BAND), np.bool_)
    work = tiles * 36 * channels * blocks * width // 32
    for first in range(0, tiles, band):
        count, here = min(band, tiles - first), finite[first // winograd.BAND :]
        jobs = ceil_div(count, winograd.BAND)
        run(
            winograd.pixels_job, jobs, work, x.reshape(-1), pixels, here, first, count, band, (*sizes, channels), shapes
        )
        run(
            _gradients_job,
            jobs,
            work,
            dy.reshape(-1),
            gradients,
            here,
            first,
            count,
            band,
            (*sizes, width),
            filters,
            blocks,
            shapes,
        )
        run(
            _multiply_job,
            36 * blocks,
            work,
            pixels,
            gradients,
            sums,
            first == 0,
            count,
            band,
            channels,
            blocks,
            tile.shape(t, v),
            width,
        )
    run(_taps_job, channels, sums.size, sums, dkernel.reshape(-1), channels, filters, blocks, t, width, shapes)
    return finite.all()
