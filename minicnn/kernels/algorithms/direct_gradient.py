"""The gradient of a convolution's kernel on the register tile, directly: for every weight a sum over all pixels.

    dkernel[a,b,c,f] = sum_nij dy[n,i,j,f] * x[n, i*sh + a*dh - top, j*sw + b*dw - left, c]

The windows are those of the way forward (direct.py), but rows of a tile are weights here, T neighbours in a run, and
the loop goes over pixels: at each it multiplies T numbers of x with the gradients of V * L filters.
"""

from typing import NamedTuple

import numpy as np

from ...types import AnyArray, Array
from ..machine import ceil_div, jit, memory, run, tile
from .direct import FEW_JOBS, FEW_WEIGHTS, Windows, named
from .packing import Filters

CHUNK = 256  # pixels whose gradients are packed at a time: 32 KB, and about as much of x
PARTIALS = 1 << 24  # bytes of partial sums at most


class PerJob(NamedTuple):
    """What one job does, at most: rows of outputs, kernel rows, blocks of filters; rows of outputs packed at a time."""

    rows: int
    kernel_rows: int
    blocks: int
    chunk: int


class Partials(NamedTuple):
    """How partial sums lie: parts, runs of the whole window, tiles of a run, and a run's length."""

    parts: int
    runs: int
    tiles: int
    run_length: int


@jit
def _sum_over_pixels(start, stop, dy, x, partial, shape, windows, per_job):
    """Job: some rows of outputs, some kernel rows, some blocks of filters. partial: see `_add_partials`."""
    per_job = PerJob(*per_job)
    (images, oh, ow), x_steps, taps, filters = named(windows)
    rows, t, width = images * oh, len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    tiles, blocks = ceil_div(taps.run_length, t), filters.groups * filters.blocks
    kernel_cuts, block_cuts = ceil_div(taps.rows, per_job.kernel_rows), ceil_div(blocks, per_job.blocks)
    count = filters.groups * filters.share
    run_sums = tiles * t * width  # of one run, tiles that overlap counted twice
    packed = np.empty(per_job.chunk * ow * width, x.dtype)
    one_row = (shape[0][:1], shape[1])
    for job in range(start, stop):
        row_cut, kernel_cut = job // block_cuts // kernel_cuts, job // block_cuts % kernel_cuts
        block_cut = job % block_cuts
        first_run = kernel_cut * per_job.kernel_rows * taps.runs
        stop_run = min((kernel_cut + 1) * per_job.kernel_rows, taps.rows) * taps.runs
        first_row, stop_row = row_cut * per_job.rows, min((row_cut + 1) * per_job.rows, rows)
        for chunk in range(first_row, stop_row, per_job.chunk):
            chunk_stop = min(chunk + per_job.chunk, stop_row)
            for block in range(block_cut * per_job.blocks, min((block_cut + 1) * per_job.blocks, blocks)):
                group, first = block // filters.blocks, block % filters.blocks * width
                used = min(width, filters.share - first)  # lanes that are filters
                home = (row_cut * blocks + block) * taps.rows * taps.runs * run_sums
                source, first_pixel = dy, chunk * ow * width
                if filters.groups > 1 or filters.share != width:  # a block's gradients do not lie side by side in dy
                    source, first_pixel = packed, 0
                    for p in range((chunk_stop - chunk) * ow):
                        at = (chunk * ow + p) * count + group * filters.share + first
                        tile.store(tile.load(one_row, dy, at, 0, used), packed, p * width, 0)
                for place in range(first_run, stop_run):  # of a run in the window
                    x_run = place // taps.runs * taps.row_step + place % taps.runs * taps.run_step
                    x_run += group * taps.run_length
                    for j in range(tiles):
                        at = home + (place * tiles + j) * t * width
                        sums = tile.zeros(shape, x)
                        if chunk > first_row:
                            sums = tile.load(shape, partial, at, width)
                        ip = first_pixel
                        for row in range(chunk, chunk_stop):
                            ix = row // oh * x_steps.image + row % oh * x_steps.row + x_run
                            ix += min(j * t, taps.run_length - t)
                            for _ in range(ow):
                                sums = tile.fma(sums, x, ix, 1, source, ip)
                                ix += x_steps.pixel
                                ip += width
                        tile.store(sums, partial, at, width)


@jit
def _add_partials(start, stop, partial, dkernel, shape, partials, filters):
    """Job: one run and one block. partial (parts, blocks, runs, tiles, T, V*L) -> dkernel (runs, length, F), flat."""
    (parts, runs, tiles, run_length), filters = Partials(*partials), Filters(*filters)
    t, width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // partial.itemsize)
    blocks, count = filters.groups * filters.blocks, filters.groups * filters.share
    for job in range(start, stop):
        place, block = job // blocks, job % blocks
        group, first = block // filters.blocks, block % filters.blocks * width
        for j in range(tiles):
            at, step = ((block * runs + place) * tiles + j) * t * width, blocks * runs * tiles * t * width
            sums = tile.load(shape, partial, at, width)
            for part in range(1, parts):
                sums = tile.add(sums, tile.load(shape, partial, at + part * step, width))
            to = (place * run_length + min(j * t, run_length - t)) * count + group * filters.share + first
            tile.store(sums, dkernel, to, count, filters.share - first)


def sum_over_pixels(dy: AnyArray, x: AnyArray, dkernel: Array, windows: Windows, v: int) -> None:
    """Sum, for every weight, its pixels times the gradients of the outputs that they went to.

    Parameters
    ----------
    dy : flat array
        gradient of the loss with respect to y
    x : flat array
        padded images
    dkernel : (KH, KW, C // groups, F)
        written
    windows, v : see their functions
        where the windows lie, registers of filters side by side

    Notes
    -----
    Rows of tiles are weights, so with few weights there are few tiles: then the rows of outputs are dealt to several
    partial sums, which are added in order. How many is a question of shapes alone.
    Without packing dy in chunks, that is with V*L of F numbers read at a stride, and x from beyond the second cache for
    every tile, the same tile reached a third to two thirds of its speed.
    """
    (images, oh, ow), _, taps, filters = windows
    width, blocks = v * tile.lanes(x.dtype), filters.groups * filters.blocks
    t = tile.rows(taps.run_length, v)
    tiles, runs = ceil_div(taps.run_length, t), taps.rows * taps.runs
    block_sums = runs * tiles * t * width
    kernel_rows_each = taps.rows if block_sums <= FEW_WEIGHTS else 1
    chunk = max(1, CHUNK // ow)
    kernel_cuts = ceil_div(taps.rows, kernel_rows_each)
    parts = max(1, min(FEW_JOBS // kernel_cuts, PARTIALS // (block_sums * blocks * x.itemsize), images * oh // chunk))
    rows_each = ceil_div(images * oh, parts)
    parts = ceil_div(images * oh, rows_each)
    blocks_each = ceil_div(blocks, max(1, min(blocks, FEW_JOBS // (parts * kernel_cuts))))
    shape = tile.shape(t, v)
    partial = memory.empty((parts, blocks, runs, tiles, t, width), x.dtype).reshape(-1)
    jobs, work = parts * kernel_cuts * ceil_div(blocks, blocks_each), images * oh * ow * block_sums * blocks // 32
    per_job = rows_each, kernel_rows_each, blocks_each, chunk
    run(_sum_over_pixels, jobs, work, dy, x, partial, shape, tuple(map(tuple, windows)), per_job)
    partials = parts, runs, tiles, taps.run_length
    run(_add_partials, runs * blocks, partial.size, partial, dkernel.reshape(-1), shape, partials, tuple(filters))
