"""Convolution on the register tile, directly: forward, and both gradients.

All three see images as one long row of numbers. Where the window slides, only an offset changes: so each loop below is
a walk over offsets, described by a few steps ("how many numbers further is the next pixel, row, image?").

A kernel row covers KW neighbouring pixels, and their KW * C numbers lie side by side: one run of that length. With
dilation or groups they do not; then there are KW runs of C // groups numbers.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...types import AnyArray, Array, Pair
from ..bias import in_registers
from ..machine import ceil_div, jit, memory, run, tile

JOB = 1 << 18  # multiply-adds that one job should have at least: some microseconds
NEAREST = (
    1 << 15
)  # weights (128 KB of float32) up to which a job needs no more pixels to share them; beyond, see PIXELS
PIXELS = 192  # pixels of one job that share a block of weights, where the weights do not fit the nearest cache
FEW_JOBS = 32  # enough for many threads to end together
WEIGHTS = 64  # weights of all filters that one job packs
CHUNK = 256  # pixels whose gradients are packed at a time: 32 KB, and about as much of x
PARTIALS = 1 << 24  # bytes of partial sums at most


class Outputs(NamedTuple):
    """How many there are: images, rows and columns."""

    images: int
    oh: int
    ow: int


class Taps(NamedTuple):
    """The window: kernel rows and the step between them; runs in a row, the step between them, and their length."""

    rows: int
    row_step: int
    runs: int
    run_step: int
    length: int


class Steps(NamedTuple):
    """Offsets: of the first number, and from one image, row and pixel to the next."""

    first: int
    image: int
    row: int
    pixel: int


class Filters(NamedTuple):
    """Lanes: groups, filters in a group, and blocks of V registers that hold them."""

    groups: int
    share: int
    blocks: int


class Windows(NamedTuple):
    """All that both directions know: how many outputs, the window's steps over x, the window, and the lanes."""

    outputs: Outputs
    steps: Steps
    taps: Taps
    filters: Filters


@jit
def named(windows):
    """Name the numbers of a Windows that came as plain tuples (see `run`)."""
    outputs, steps, taps, filters = windows
    return Windows(Outputs(*outputs), Steps(*steps), Taps(*taps), Filters(*filters))


class Cuts(NamedTuple):
    """What of the forward one job does: rows of outputs, tiles in a row, blocks of filters."""

    rows: int
    tiles: int
    blocks: int


class GradientCuts(NamedTuple):
    """What of the kernel's gradient one job does: rows of outputs, kernel rows, blocks; rows packed at once."""

    rows: int
    taps: int
    blocks: int
    chunk: int


def taps(kernel_size: Pair, channels: int, width: int, dilation: Pair, groups: int) -> Taps:
    """Describe the windows in padded images, `width` pixels wide."""
    (kh, kw), (dh, dw) = kernel_size, dilation
    row_step = dh * width * channels
    if dw == 1 and groups == 1:
        return Taps(kh, row_step, 1, 0, kw * channels)
    return Taps(kh, row_step, kw, dw * channels, channels // groups)


def steps(padded_shape: tuple[int, ...], strides: Pair) -> Steps:
    """Describe the way of the window over padded images."""
    _, height, width, channels = padded_shape
    return Steps(0, height * width * channels, strides[0] * width * channels, strides[1] * channels)


@lru_cache(1024)
def filters(count: int, groups: int, dtype: np.dtype[Any]) -> tuple[Filters, int]:
    """Describe how `count` filters fill registers: return Filters and V."""
    share = count // groups
    v = tile.columns(share, dtype)
    return Filters(groups, share, ceil_div(share, v * tile.lanes(dtype))), v


@jit
def _pack(start, stop, kernel, scale, packed, share, blocks):
    """Job: `WEIGHTS` rows of a kernel (weights, F). packed (blocks, weights, V*L) = kernel * scale, then zeros."""
    for k in range(start * WEIGHTS, min(stop * WEIGHTS, kernel.shape[0])):
        for block in range(packed.shape[0]):
            first = block // blocks * share + block % blocks * packed.shape[2]
            count = min(packed.shape[2], share - block % blocks * packed.shape[2])
            row, source, factors = packed[block, k], kernel[k, first : first + count], scale[first : first + count]
            for lane in range(count):
                row[lane] = source[lane] * factors[lane]
            row[count:] = 0


@jit
def _pack_flipped(start, stop, kernel, packed, phase, strides, groups, blocks):
    """Job: one block of channels. packed (blocks, KH', KW', F // groups, V*L): taps in reverse, channels in the lanes.

    Only every sh-th row and sw-th column of the kernel, from `phase` on.
    """
    _, _, channels, count = kernel.shape
    share = count // groups
    size = tile.REGISTER_BYTES // kernel.itemsize
    _, rows, columns, _, width = packed.shape
    flat, out = kernel.reshape(-1), packed.reshape(-1)
    for block in range(start, stop):
        first_filter, first = block // blocks * share, block % blocks * width
        for a in range(rows):
            for b in range(columns):
                tap_row, tap = phase[0] + strides[0] * (rows - 1 - a), phase[1] + strides[1] * (columns - 1 - b)
                at = (tap_row * kernel.shape[1] + tap) * channels * count + first_filter
                to = ((block * rows + a) * columns + b) * share * width
                for lane in range(0, width, size):
                    for f in range(0, share, size):
                        if first + lane + size <= channels and f + size <= share:
                            source = at + (first + lane) * count + f
                            tile.transpose(flat, source, count, out, to + f * width + lane, width)
                        else:
                            for g in range(f, min(f + size, share)):
                                for i in range(lane, lane + size):
                                    c = first + i
                                    out[to + g * width + i] = flat[at + c * count + g] if c < channels else 0


def pack(kernel: Array, groups: int, scale: Array | None = None) -> tuple[AnyArray, Filters, int]:
    """Lay a kernel (KH, KW, C // groups, F) out in blocks of V registers of filters: return it with Filters and V.

    `scale` (F,) multiplies each filter on the way: free, but where F is exactly V*L, which otherwise needs no copy.
    """
    lanes, v = filters(kernel.shape[3], groups, kernel.dtype)
    width, weights = v * tile.lanes(kernel.dtype), kernel[..., 0].size
    if lanes.share == width and groups == 1 and scale is None:
        return kernel.reshape(-1), lanes, v
    scale = np.ones(kernel.shape[3], kernel.dtype) if scale is None else scale
    packed = memory.empty((groups * lanes.blocks, weights, width), kernel.dtype)
    rows = kernel.reshape(weights, kernel.shape[3])
    run(_pack, ceil_div(weights, WEIGHTS), packed.size, rows, scale, packed, lanes.share, lanes.blocks)
    return packed.reshape(-1), lanes, v


def pack_flipped(kernel: Array, phase: Pair, strides: Pair, groups: int) -> tuple[AnyArray, Filters, int]:
    """Lay the part of a kernel that makes one phase of the input's gradient out in blocks of channels."""
    kh, kw, channels, count = kernel.shape
    lanes, v = filters(channels * groups, groups, kernel.dtype)
    taps_ = ceil_div(kh - phase[0], strides[0]), ceil_div(kw - phase[1], strides[1])
    packed = memory.empty((groups * lanes.blocks, *taps_, count // groups, v * tile.lanes(kernel.dtype)), kernel.dtype)
    run(_pack_flipped, len(packed), packed.size, kernel, packed, phase, strides, groups, lanes.blocks)
    return packed, lanes, v


def packed_bias(bias: Array | None, filters: Filters, v: int, dtype: np.dtype[Any]) -> Array:
    """Lay a bias (F,) out in the same blocks, flat; zeros for None."""
    return in_registers(bias, filters.groups, filters.blocks * v * tile.lanes(dtype), dtype)


class Ending(NamedTuple):
    """What happens to finished sums: the limit of a clipped ReLU, or below 0; whether y is written past the caches."""

    limit: np.floating[Any]
    streams: bool


@jit
def convolve_jobs(start, stop, x, w, bias, y, shape, windows, y_steps, cuts, ending):
    """Job: some rows of outputs, some tiles of each, some blocks of filters."""
    y_steps, cuts, ending = Steps(*y_steps), Cuts(*cuts), Ending(*ending)
    (images, oh, ow), x_steps, taps, filters = named(windows)
    rows, t, width = images * oh, len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    tiles, blocks = ceil_div(ow, t), filters.groups * filters.blocks
    row_cuts, tile_cuts = ceil_div(rows, cuts.rows), ceil_div(tiles, cuts.tiles)
    weights = taps.rows * taps.runs * taps.length * width
    for job in range(start, stop):
        block_cut, row_cut, tile_cut = job // tile_cuts // row_cuts, job // tile_cuts % row_cuts, job % tile_cuts
        for block in range(block_cut * cuts.blocks, min((block_cut + 1) * cuts.blocks, blocks)):
            group, first = block // filters.blocks, block % filters.blocks * width
            for row in range(row_cut * cuts.rows, min((row_cut + 1) * cuts.rows, rows)):
                x_row = x_steps.first + row // oh * x_steps.image + row % oh * x_steps.row + group * taps.length
                y_row = y_steps.first + row // oh * y_steps.image + row % oh * y_steps.row
                y_row += group * filters.share + first
                for j in range(tile_cut * cuts.tiles, min((tile_cut + 1) * cuts.tiles, tiles)):
                    pixel = min(j * t, ow - t)  # the last tile overlaps its neighbour
                    sums = tile.repeat(shape, bias, block * width)
                    iw = block * weights
                    for a in range(taps.rows):
                        for b in range(taps.runs):
                            ix = x_row + pixel * x_steps.pixel + a * taps.row_step + b * taps.run_step
                            for k in range(ix, ix + taps.length):
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
        packed weights, see `pack`
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
    weights, blocks = taps.rows * taps.runs * taps.length * width, filters.groups * filters.blocks
    jobs, work, shape, cuts = _jobs(windows.outputs, weights, blocks, v)
    ending = x.dtype.type(limit), filters.share % width == 0 and memory.streams(y)
    arrays = x, w, packed_bias(bias, filters, v, x.dtype), y.reshape(-1)
    run(convolve_jobs, jobs, work, *arrays, shape, tuple(map(tuple, windows)), tuple(y_steps), tuple(cuts), ending)


@lru_cache(1024)
def _jobs(outputs: Outputs, weights: int, blocks: int, v: int) -> tuple[int, int, tile.Shape, Cuts]:
    """Cut a convolution into jobs: return their number, their work, the tile's shape, and what one job does."""
    images, oh, ow = outputs
    t = tile.rows(ow, v)
    tiles = ceil_div(ow, t)
    pixels = max(ceil_div(JOB, weights * blocks), PIXELS if weights * blocks > NEAREST else t)
    rows_cut = max(1, min(images * oh, round(pixels / ow)))
    tiles_cut = min(tiles, ceil_div(pixels, t))
    jobs = ceil_div(images * oh, rows_cut) * ceil_div(tiles, tiles_cut)
    blocks_cut = ceil_div(blocks, ceil_div(FEW_JOBS, jobs)) if jobs < FEW_JOBS else blocks
    work = images * oh * ow * weights * blocks // 32
    return jobs * ceil_div(blocks, blocks_cut), work, tile.shape(t, v), Cuts(rows_cut, tiles_cut, blocks_cut)


@jit
def _sum_over_pixels(start, stop, dy, x, partial, shape, windows, cuts):
    """Job: some rows of outputs, some kernel rows, some blocks of filters."""
    cuts = GradientCuts(*cuts)
    (images, oh, ow), x_steps, taps, filters = named(windows)
    rows, t, width = images * oh, len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    tiles, blocks = ceil_div(taps.length, t), filters.groups * filters.blocks
    tap_cuts, block_cuts = ceil_div(taps.rows, cuts.taps), ceil_div(blocks, cuts.blocks)
    count = filters.groups * filters.share
    weights = tiles * t * width  # of one run, tiles that overlap counted twice
    panel = np.empty(cuts.chunk * ow * width, x.dtype)
    one_row = (shape[0][:1], shape[1])
    for job in range(start, stop):
        row_cut, tap_cut, block_cut = job // block_cuts // tap_cuts, job // block_cuts % tap_cuts, job % block_cuts
        taps_first, taps_stop = tap_cut * cuts.taps * taps.runs, min((tap_cut + 1) * cuts.taps, taps.rows) * taps.runs
        rows_first, rows_stop = row_cut * cuts.rows, min((row_cut + 1) * cuts.rows, rows)
        for chunk in range(rows_first, rows_stop, cuts.chunk):
            chunk_stop = min(chunk + cuts.chunk, rows_stop)
            for block in range(block_cut * cuts.blocks, min((block_cut + 1) * cuts.blocks, blocks)):
                group, first = block // filters.blocks, block % filters.blocks * width
                lanes = min(width, filters.share - first)
                home = (row_cut * blocks + block) * taps.rows * taps.runs * weights
                source, first_pixel = dy, chunk * ow * width
                if filters.groups > 1 or filters.share != width:  # dy does not lie as a panel would
                    source, first_pixel = panel, 0
                    for p in range((chunk_stop - chunk) * ow):
                        at = (chunk * ow + p) * count + group * filters.share + first
                        tile.store(tile.load(one_row, dy, at, 0, lanes), panel, p * width, 0, width)
                for tap in range(taps_first, taps_stop):
                    x_tap = tap // taps.runs * taps.row_step + tap % taps.runs * taps.run_step + group * taps.length
                    for j in range(tiles):
                        at = home + (tap * tiles + j) * t * width
                        sums = tile.zeros(shape, x)
                        if chunk > rows_first:
                            sums = tile.load(shape, partial, at, width, width)
                        ip = first_pixel
                        for row in range(chunk, chunk_stop):
                            ix = row // oh * x_steps.image + row % oh * x_steps.row + x_tap
                            ix += min(j * t, taps.length - t)
                            for _ in range(ow):
                                sums = tile.fma(sums, x, ix, 1, source, ip)
                                ix += x_steps.pixel
                                ip += width
                        tile.store(sums, partial, at, width, width)


@jit
def _add_partials(start, stop, partial, dkernel, shape, partials, filters):
    """Job: one run and one block. partial (parts, blocks, runs, tiles, T, V*L) -> dkernel (runs, length, F), flat.

    partials: parts, runs, tiles of a run, and its length.
    """
    (parts, runs, tiles, length), filters = partials, Filters(*filters)
    t, width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // partial.itemsize)
    blocks, count = filters.groups * filters.blocks, filters.groups * filters.share
    for job in range(start, stop):
        tap, block = job // blocks, job % blocks
        group, first = block // filters.blocks, block % filters.blocks * width
        for j in range(tiles):
            at, step = ((block * runs + tap) * tiles + j) * t * width, blocks * runs * tiles * t * width
            sums = tile.load(shape, partial, at, width, width)
            for part in range(1, parts):
                sums = tile.add(sums, tile.load(shape, partial, at + part * step, width, width))
            to = (tap * length + min(j * t, length - t)) * count + group * filters.share + first
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
    Without packing dy in chunks, that is with F lanes read at a stride, and x from beyond the second cache for every
    tile, the same tile reached a third to two thirds of its speed.
    """
    (images, oh, ow), _, taps, filters = windows
    width, blocks = v * tile.lanes(x.dtype), filters.groups * filters.blocks
    t = tile.rows(taps.length, v)
    tiles = ceil_div(taps.length, t)
    weights = taps.rows * taps.runs * tiles * t * width
    taps_cut = taps.rows if weights <= NEAREST else 1
    chunk = max(1, CHUNK // ow)
    tap_cuts = ceil_div(taps.rows, taps_cut)
    parts = max(1, min(FEW_JOBS // tap_cuts, PARTIALS // (weights * blocks * x.itemsize), images * oh // chunk))
    rows_cut = ceil_div(images * oh, parts)
    parts = ceil_div(images * oh, rows_cut)
    blocks_cut = ceil_div(blocks, max(1, min(blocks, FEW_JOBS // (parts * tap_cuts))))
    runs, shape = taps.rows * taps.runs, tile.shape(t, v)
    partial = memory.empty((parts, blocks, runs, tiles, t, width), x.dtype).reshape(-1)
    jobs, work = parts * tap_cuts * ceil_div(blocks, blocks_cut), images * oh * ow * weights * blocks // 32
    cuts = rows_cut, taps_cut, blocks_cut, chunk
    run(_sum_over_pixels, jobs, work, dy, x, partial, shape, tuple(map(tuple, windows)), cuts)
    partials = parts, runs, tiles, taps.length
    run(_add_partials, runs * blocks, partial.size, partial, dkernel.reshape(-1), shape, partials, tuple(filters))
