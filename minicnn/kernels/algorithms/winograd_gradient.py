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

from ...types import Array
from ..machine import ceil_div, intrinsic, jit, memory, run, tape, tile
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
def _gradients_job(start, stop, dy, gradients, finite, plan, first, count):
    """Job: `TILES_PER_JOB` tiles. dy (N, 4*TH, 4*TW, F), flat -> its frequencies (36, blocks, tile_room, V*L)."""
    plan = winograd.Plan(*plan)
    rows, columns, filters, width = plan.rows, plan.columns, plan.filters, plan.width
    lanes, dy_row = tile.REGISTER_BYTES // dy.itemsize, 4 * columns * filters
    half_done = np.empty(36 * lanes, dy.dtype)  # 6 rows of 4: the columns are transformed
    for job in range(start, stop):
        seen = tile.zeros(winograd.SIX, dy)  # the sum of all frequencies
        for i in range(job * winograd.TILES_PER_JOB, min((job + 1) * winograd.TILES_PER_JOB, count)):
            n, row, column = (first + i) // columns // rows, (first + i) // columns % rows, (first + i) % columns
            at = (n * rows + row) * 4 * dy_row + column * 4 * filters
            for f in range(0, plan.blocks * width, lanes):
                for b in range(4):
                    numbers = tile.load(winograd.FOUR, dy, at + b * filters + f, dy_row, filters - f)
                    tile.store(_gradients_to_frequencies(numbers), half_done, b * lanes, 4 * lanes)
                for r in range(6):
                    numbers = tile.load(winograd.FOUR, half_done, r * 4 * lanes, lanes)
                    frequencies = _gradients_to_frequencies(numbers)
                    seen = tile.add(seen, frequencies)
                    to = ((r * 6 * plan.blocks + f // width) * plan.tile_room + i) * width + f % width
                    tile.store(frequencies, gradients, to, plan.blocks * plan.tile_room * width)
        tile.store(seen, half_done, 0, lanes)
        finite[job] = finite[job] and winograd.sum_is_finite(half_done, 6 * lanes)


@jit
def _multiply_job(start, stop, pixels, gradients, sums, shape, plan, count, fresh):
    """Job: one frequency and one block of filters. sums (36, blocks, C in tiles of T, V*L) += pixels x gradients.

    fresh: the sums begin here; if not, they go on from what is there.
    """
    plan = winograd.Plan(*plan)
    t, channels, width = len(shape[0]), plan.channels, plan.width
    tiles = ceil_div(channels, t)
    for job in range(start, stop):
        q = job // plan.blocks
        for j in range(tiles):
            at = (job * tiles + j) * t * width
            total = tile.zeros(shape, pixels) if fresh else tile.load(shape, sums, at, width)
            ix, iw = q * plan.tile_room * channels + min(j * t, channels - t), job * plan.tile_room * width
            for _ in range(count):
                total = tile.fma(total, pixels, ix, 1, gradients, iw)
                ix += channels
                iw += width
            tile.store(total, sums, at, width)


@jit
def _taps_job(start, stop, sums, dkernel, t, plan):
    """Job: one channel, all filters. sums -> dkernel (3, 3, C, F), flat."""
    plan = winograd.Plan(*plan)
    channels, filters, width = plan.channels, plan.filters, plan.width
    lanes = tile.REGISTER_BYTES // sums.itemsize
    tiles = ceil_div(channels, t)
    half_done = np.empty(3 * 6 * lanes, sums.dtype)  # 3 rows of 6: the columns are transformed
    step = plan.blocks * tiles * t * width  # from frequency to frequency
    for c in range(start, stop):
        j = min(c // t, tiles - 1)
        row = j * t + c - min(j * t, channels - t)  # the last tile overlaps its neighbour
        for f in range(0, filters, lanes):
            at = (f // width * tiles * t + row) * width + f % width
            for s in range(6):
                frequencies = tile.load(winograd.SIX, sums, at + s * step, 6 * step)
                tile.store(_frequencies_to_taps(frequencies), half_done, s * lanes, 6 * lanes)
            for a in range(3):
                taps = _frequencies_to_taps(tile.load(winograd.SIX, half_done, a * 6 * lanes, lanes))
                tile.store(taps, dkernel, (a * 3 * channels + c) * filters + f, channels * filters, filters - f)


def kernel_gradient(dy: Array, x: Array, dkernel: Array, v: int) -> bool:
    """Sum, for every weight of a 3x3 kernel, its pixels times the gradients of the outputs that they went to.

    Parameters
    ----------
    dy : (N, 4*TH, 4*TW, F)
        gradient at the outputs, zeros beyond them
    x : (N, 4*TH + 2, 4*TW + 2, C)
        padded images
    dkernel : (3, 3, C, F)
        written
    v : int
        registers of filters, side by side

    Returns
    -------
    finite : bool
        if false, dkernel is not to be used (see winograd.convolve)
    """
    plan = winograd.plan_for(x.shape, dy.shape, v, x.itemsize)
    channels, blocks, tiles = plan.channels, plan.blocks, len(x) * plan.rows * plan.columns
    t = tile.rows(channels, v)
    pixels = memory.empty((36 * plan.tile_room * channels,), x.dtype)
    gradients = memory.empty((36 * plan.tile_room * blocks * plan.width,), x.dtype)
    sums = memory.empty((36 * blocks * ceil_div(channels, t) * t * plan.width,), x.dtype)
    finite = np.zeros(ceil_div(tiles, winograd.TILES_PER_JOB), np.bool_)
    tape.expect(finite)
    passed, shape, work = tuple(plan), tile.shape(t, v), tiles * 36 * channels * blocks * plan.width // 32
    for first in range(0, tiles, plan.tile_room):
        count, here = min(plan.tile_room, tiles - first), finite[first // winograd.TILES_PER_JOB :]
        jobs = ceil_div(count, winograd.TILES_PER_JOB)
        run(winograd.pixels_job, jobs, work, x.reshape(-1), pixels, here, passed, first, count)
        run(_gradients_job, jobs, work, dy.reshape(-1), gradients, here, passed, first, count)
        run(_multiply_job, 36 * blocks, work, pixels, gradients, sums, shape, passed, count, first == 0)
    run(_taps_job, channels, sums.size, sums, dkernel.reshape(-1), t, passed)
    return bool(finite.all())
