"""Convolution on the register tile, directly: every output is the sum that its formula tells.

All images are one long row of numbers. Where the window slides, only an offset into that row changes: so the loop below
is a walk over offsets, described by a few steps ("how many numbers further is the next pixel, row, image?").

A row of the kernel covers KW neighbouring pixels, and their KW * C numbers lie side by side: one run of that length.
With dilation or groups they do not; then there are KW runs of C // groups numbers.

The kernel's gradient walks over the same windows: direct_gradient.py. How the weights lie: packing.py.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...types import AnyArray, Array, Pair
from ..machine import ceil_div, jit, memory, run, tile
from .packing import Filters, pack_bias

JOB_WORK = 1 << 18  # multiply-adds that one job should have at least: some microseconds
FEW_WEIGHTS = 1 << 15  # weights (128 KB of float32) up to which it costs little that every job reads all of them
PIXELS = 192  # beyond, a job has so many pixels at least: each weight that it fetches serves them all
FEW_JOBS = 32  # enough for many threads to end together


class Outputs(NamedTuple):
    """How many outputs there are: images, and rows and columns of each."""

    images: int
    oh: int
    ow: int


class Taps(NamedTuple):
    """The window as runs: kernel rows and the step between them; runs in a row, the step between them, their length."""

    rows: int
    row_step: int
    runs: int
    run_step: int
    run_length: int


class Steps(NamedTuple):
    """Offsets: of the first number, and from one image, row and pixel to the next."""

    first: int
    image: int
    row: int
    pixel: int


class Windows(NamedTuple):
    """What both directions know: how many outputs, the window's steps over x, the window itself, the filters."""

    outputs: Outputs
    steps: Steps
    taps: Taps
    filters: Filters


@jit
def named(windows) -> Windows:
    """Name the numbers of a Windows that came as plain tuples (see `run`)."""
    outputs, steps, taps, filters = windows
    return Windows(Outputs(*outputs), Steps(*steps), Taps(*taps), Filters(*filters))


class PerJob(NamedTuple):
    """What one job does, at most: rows of outputs, tiles in each of these, blocks of filters."""

    rows: int
    tiles: int
    blocks: int


class Ending(NamedTuple):
    """What happens to finished sums: the limit of a clipped ReLU, or below 0; whether y is written past the caches."""

    limit: np.floating[Any]
    streams: bool


def taps_of(kernel_size: Pair, channels: int, width: int, dilation: Pair, groups: int) -> Taps:
    """Describe the windows in padded images, `width` pixels wide."""
    (kh, kw), (dh, dw) = kernel_size, dilation
    row_step = dh * width * channels
    if dw == 1 and groups == 1:
        return Taps(kh, row_step, 1, 0, kw * channels)
    return Taps(kh, row_step, kw, dw * channels, channels // groups)


def steps_of(padded_shape: tuple[int, ...], strides: Pair) -> Steps:
    """Describe the way of the window over padded images."""
    _, height, width, channels = padded_shape
    return Steps(0, height * width * channels, strides[0] * width * channels, strides[1] * channels)


@jit
def convolve_jobs(start, stop, x, w, bias, y, shape, windows, y_steps, per_job, ending) -> None:
    """Job: some rows of outputs, some tiles of each, some blocks of filters."""
    y_steps, per_job, ending = Steps(*y_steps), PerJob(*per_job), Ending(*ending)
    (images, oh, ow), x_steps, taps, filters = named(windows)
    rows, t, width = images * oh, len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    tiles, blocks = ceil_div(ow, t), filters.groups * filters.blocks
    row_cuts, tile_cuts = ceil_div(rows, per_job.rows), ceil_div(tiles, per_job.tiles)  # how many jobs share each
    block_weights = taps.rows * taps.runs * taps.run_length * width  # of all filters in a block
    for job in range(start, stop):
        block_cut, row_cut, tile_cut = job // tile_cuts // row_cuts, job // tile_cuts % row_cuts, job % tile_cuts
        for block in range(block_cut * per_job.blocks, min((block_cut + 1) * per_job.blocks, blocks)):
            group, first = block // filters.blocks, block % filters.blocks * width
            for row in range(row_cut * per_job.rows, min((row_cut + 1) * per_job.rows, rows)):
                x_row = x_steps.first + row // oh * x_steps.image + row % oh * x_steps.row + group * taps.run_length
                y_row = y_steps.first + row // oh * y_steps.image + row % oh * y_steps.row
                y_row += group * filters.share + first
                for j in range(tile_cut * per_job.tiles, min((tile_cut + 1) * per_job.tiles, tiles)):
                    pixel = min(j * t, ow - t)  # the last tile overlaps its neighbour
                    sums = tile.repeat(shape, bias, block * width)
                    iw = block * block_weights
                    for a in range(taps.rows):
                        for b in range(taps.runs):
                            ix = x_row + pixel * x_steps.pixel + a * taps.row_step + b * taps.run_step
                            for k in range(ix, ix + taps.run_length):
                                sums = tile.fma(sums, x, k, x_steps.pixel, w, iw)
                                iw += width
                    if ending.limit >= 0:
                        sums = tile.relu(sums, ending.limit)
                    if ending.streams:
                        tile.stream(sums, y, y_row + pixel * y_steps.pixel, y_steps.pixel)
                    else:
                        tile.store(sums, y, y_row + pixel * y_steps.pixel, y_steps.pixel, filters.share - first)
        if ending.streams:
            tile.fence()


def convolve(
    x: AnyArray,
    w: AnyArray,
    bias: Array | None,
    y: Array,
    windows: Windows,
    y_steps: Steps,
    v: int,
    limit: float = -1.0,
) -> None:
    """Slide packed filters over padded images.

    Parameters
    ----------
    x : flat array
        padded images
    w : flat array
        packed weights, see `packing.pack`
    bias : (F,) or None
        added to every output of its filter
    y : (N, OH, OW, F), or the larger array that y_steps walk through
        written
    windows, y_steps, v : see their functions
        where the windows lie, where their outputs go, registers of filters side by side
    limit : float
        of a clipped ReLU of the sums (see `matmul`)
    """
    taps, filters, width = windows.taps, windows.filters, v * tile.lanes(x.dtype)
    weights = taps.rows * taps.runs * taps.run_length * width * filters.groups * filters.blocks
    jobs, work, shape, per_job = _jobs(windows.outputs, weights, filters.groups * filters.blocks, v)
    ending = x.dtype.type(limit), filters.share % width == 0 and memory.streams(y)
    arrays = x, w, pack_bias(bias, filters, v, x.dtype), y.reshape(-1)
    run(convolve_jobs, jobs, work, *arrays, shape, tuple(map(tuple, windows)), tuple(y_steps), tuple(per_job), ending)


@lru_cache(1024)
def _jobs(outputs: Outputs, weights: int, blocks: int, v: int) -> tuple[int, int, tile.Shape, PerJob]:
    """Cut a convolution with so many weights into jobs: return their number, work, tile's shape, and what one does."""
    images, oh, ow = outputs
    t = tile.rows(ow, v)
    tiles = ceil_div(ow, t)
    pixels = max(ceil_div(JOB_WORK, weights), PIXELS if weights > FEW_WEIGHTS else t)
    rows_each = max(1, min(images * oh, round(pixels / ow)))
    tiles_each = min(tiles, ceil_div(pixels, t))
    jobs = ceil_div(images * oh, rows_each) * ceil_div(tiles, tiles_each)
    blocks_each = ceil_div(blocks, ceil_div(FEW_JOBS, jobs)) if jobs < FEW_JOBS else blocks
    work = images * oh * ow * weights // 32
    return jobs * ceil_div(blocks, blocks_each), work, tile.shape(t, v), PerJob(rows_each, tiles_each, blocks_each)
