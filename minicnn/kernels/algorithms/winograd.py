"""Winograd's convolution F(4x4, 3x3): 36 multiplications where a direct 3x3 convolution takes 144.

One dimension first, and two outputs of three taps, F(2, 3). Directly they take six multiplications:

    y[0] = d[0] * g[0] + d[1] * g[1] + d[2] * g[2]              d: four pixels, g: the taps
    y[1] = d[1] * g[0] + d[2] * g[1] + d[3] * g[2]

Winograd's way takes four, and some additions: `two_outputs` below is all of it, in plain Python. Its three steps are
three small matrices of constants:

    y = A.T [ (G g) * (B.T d) ]                                 * is elementwise

B.T d needs additions (for more outputs constant factors too); G g is computed once for a kernel, whatever the number of
images. What passes between them, one number a multiplication, is called a frequency below. Where the matrices come from
is told in winograd_matrices.py. F(4, 3), used here, takes six multiplications, not the direct sum's twelve.

In two dimensions the same is done to columns, then to rows: y = A.T [ (G g G.T) * (B.T d B) ] A takes 6x6 pixels to 4x4
outputs by 36 multiplications. Such a square is a tile below. (The processor's tile is another thing of the same name;
here it is always "register tile".) Channels are summed between the transforms: for each of the 36 frequencies that is a
product of two matrices, (tiles, C) with (C, F), done on the register tile. So there are three steps:

    pixels       B.T d B for every tile of pixels and every channel           _transform_pixels
    products     36 products of matrices                                      _multiply
    outputs      A.T [ products ] A for every tile and every filter           _transform_products

The transforms take about 7/F (pixels) + 4/C (outputs) of the products' multiply-adds: few filters or channels do not
pay.

Accuracy. The matrices' large entries cost digits. In units of eps * sqrt(9*C + 36) * sum|x||w|, this sum at its
largest, the worst error seen over normal, rectified and uniform inputs of 1 to 512 channels was 1.5, from 32 channels
on 0.8; the direct sum's was 0.15. Note "at its largest": a small output beside large inputs loses digits to its
neighbours in the same 6x6 pixels. A NaN or an infinity spreads over its whole tile: so `convolve` notices these and
says so, and its caller computes directly.

Source: Lavin & Gray, arXiv:1509.09308; Winograd, Arithmetic Complexity of Computations, 1980.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...types import AnyArray, Array, Pair
from ..bias import padded_to_registers
from ..machine import ceil_div, intrinsic, jit, memory, run, tape, tile
from .winograd_matrices import A_T, B_T, G

TILES_PER_JOB = 28  # so many go through all three steps while they stay in the second cache
SMALL_KERNEL = 3 << 20  # bytes of transformed kernel up to which a job may read all of it
BUFFERS = 1 << 24  # bytes of frequencies at a time where the kernel is larger: then each step is done for many tiles
# `pays` takes it from so many channels and filters, and so many tiles, on.
# Direct / Winograd, times on one core with AVX-512, best of many (N, H = W, C, F):
#   1, 32,  16,  16: 1.2        4, 28,  64,  64: 2.0        1, 14, 256, 256 (16 tiles): 0.9
#   1, 32,  32,  32: 1.8        1, 28, 128, 128: 1.8        2, 14, 256, 256 (32 tiles): 1.2
#   1, 32,  32,  64: 1.9        8,  7, 256, 160: 1.3        1, 14, 512, 512 (16 tiles): 0.4
# With few tiles the transform of the kernel, as long as 2 or 3 tiles' work for each filter, is not earned back.
CHANNELS_FROM, TILES_FROM = 32, 32
ONE, THREE, FOUR, SIX = (tile.shape(rows, 1) for rows in (1, 3, 4, 6))  # register tiles, one register wide


def two_outputs(d: Sequence[float], g: Sequence[float]) -> list[float]:
    """Compute two outputs of three taps by four multiplications: F(2, 3), to be read. Nothing else calls it.

    Parameters
    ----------
    d : four numbers
        the pixels
    g : three numbers
        the taps

    Returns
    -------
    y : [d[0]*g[0] + d[1]*g[1] + d[2]*g[2],  d[1]*g[0] + d[2]*g[1] + d[3]*g[2]]

    Examples
    --------
    >>> two_outputs(d=[1, 2, 3, 4], g=[100, 10, 1])
    [123.0, 234.0]
    """
    pixels = d[2] - d[0], d[1] + d[2], d[2] - d[1], d[3] - d[1]  # B.T d: additions only
    taps = -g[0], (g[0] + g[1] + g[2]) / 2, (g[0] - g[1] + g[2]) / 2, g[2]  # G g: once for a kernel
    at_0, at_1, at_minus_1, at_infinity = (p * t for p, t in zip(pixels, taps, strict=True))  # the four multiplications
    return [at_0 + at_1 + at_minus_1, at_1 - at_minus_1 + at_infinity]  # A.T [...]


def pays(output_shape: tuple[int, ...], kernel_shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Tell whether it is likely the faster way: float32, and channels, filters and tiles enough."""
    n, oh, ow, filters = output_shape
    if dtype != np.float32 or min(*kernel_shape[2:], filters) < CHANNELS_FROM:
        return False
    return n * ceil_div(oh, 4) * ceil_div(ow, 4) >= TILES_FROM


@intrinsic
def _pixels_to_frequencies(typingctx, pixels):
    """Multiply B.T with six rows of pixels."""
    return tile.mix(pixels, B_T)


@intrinsic
def _taps_to_frequencies(typingctx, taps):
    """Multiply G with three rows of taps."""
    return tile.mix(taps, G)


@intrinsic
def _frequencies_to_outputs(typingctx, frequencies):
    """Multiply A.T with six rows of frequencies."""
    return tile.mix(frequencies, A_T)


class Plan(NamedTuple):
    """What every step knows of the convolution, and of the matrices between the steps.

    Attributes
    ----------
    rows, columns : tiles of 4x4 outputs, down and across an image
    oh, ow : outputs, down and across an image; the last tiles may reach beyond them
    channels, filters : of the kernel
    width : filters in a block, V * L: as many as a register tile is wide
    blocks : of filters
    block_room : blocks that the products have room for
    tile_room : tiles that the frequencies and the products have room for
    """

    rows: int
    columns: int
    oh: int
    ow: int
    channels: int
    filters: int
    width: int
    blocks: int
    block_room: int
    tile_room: int


@jit
def _transform_kernel(start, stop, packed, weights, plan):
    """Job: one block of filters. packed (blocks, 3, 3, C, V*L) -> weights (blocks, 36, C, V*L), its frequencies."""
    plan = Plan(*plan)
    lanes = tile.REGISTER_BYTES // packed.itemsize
    half_done = np.empty(6 * 3 * lanes, packed.dtype)  # 6 rows of 3: the columns are transformed
    step = plan.channels * plan.width  # from tap to tap, from frequency to frequency
    for block in range(start, stop):
        for k in range(0, step, lanes):
            for b in range(3):
                taps = tile.load(THREE, packed, block * 9 * step + b * step + k, 3 * step)
                tile.store(_taps_to_frequencies(taps), half_done, b * lanes, 3 * lanes)
            for r in range(6):
                taps = tile.load(THREE, half_done, r * 3 * lanes, lanes)
                tile.store(_taps_to_frequencies(taps), weights, (block * 36 + r * 6) * step + k, step)


@jit
def _transform_pixels(x, frequencies, plan, first, count):
    """x (N, 4*TH + 2, 4*TW + 2, C), flat -> frequencies (36, tile_room, C): `count` tiles from `first` on.

    True if all is finite.
    """
    rows, columns, channels = plan.rows, plan.columns, plan.channels
    lanes = tile.REGISTER_BYTES // x.itemsize
    x_row = (4 * columns + 2) * channels  # numbers from one row of pixels to the next
    half_done, seen = np.empty(36 * lanes, x.dtype), tile.zeros(ONE, x)  # seen: the sum of all frequencies
    for i in range(count):
        n, row, column = (first + i) // columns // rows, (first + i) // columns % rows, (first + i) % columns
        at = (n * (4 * rows + 2) + 4 * row) * x_row + 4 * column * channels
        for c in range(0, channels, lanes):
            for b in range(6):
                pixels = tile.load(SIX, x, at + b * channels + c, x_row, channels - c)
                tile.store(_pixels_to_frequencies(pixels), half_done, b * lanes, 6 * lanes)
            for r in range(6):
                done = _pixels_to_frequencies(tile.load(SIX, half_done, r * 6 * lanes, lanes))
                seen = tile.add(seen, tile.sum_rows(done))
                to = (r * 6 * plan.tile_room + i) * channels + c
                tile.store(done, frequencies, to, plan.tile_room * channels, channels - c)
    tile.store(seen, half_done, 0, lanes)
    return sum_is_finite(half_done, lanes)


@jit
def sum_is_finite(numbers, count) -> bool:
    """Tell whether the sum of the first `count` numbers is finite: once infinite or NaN, a sum stays so."""
    total = numbers.dtype.type(0)
    for i in range(count):
        total += numbers[i]
    return np.isfinite(total)


@jit
def _multiply(frequencies, weights, products, shape, plan, q, block, slot, count):
    """For frequency q and one block of filters, the products' `slot`th: products = frequencies x weights."""
    t, channels, width = len(shape[0]), plan.channels, plan.width
    for first in range(0, count, t):  # rows after the last tile hold old numbers; nobody reads their products
        sums = tile.zeros(shape, frequencies)
        iw = (block * 36 + q) * channels * width
        for ix in range((q * plan.tile_room + first) * channels, (q * plan.tile_room + first + 1) * channels):
            sums = tile.fma(sums, frequencies, ix, channels, weights, iw)
            iw += width
        to = ((q * plan.block_room + slot) * plan.tile_room + first) * width
        tile.store(sums, products, to, width)


@jit
def _transform_products(products, bias, y, plan, block, slot, first, count, limit):
    """products (36, block_room, tile_room, V*L) -> y (N, OH, OW, F), flat: `count` tiles from `first` on, one block."""
    rows, columns, oh, ow, filters, width = plan.rows, plan.columns, plan.oh, plan.ow, plan.filters, plan.width
    lanes = tile.REGISTER_BYTES // y.itemsize
    half_done = np.empty(4 * 6 * lanes, y.dtype)  # 4 rows of 6: the columns are transformed
    for i in range(count):
        n = (first + i) // columns // rows
        row, column = (first + i) // columns % rows * 4, (first + i) % columns * 4  # of the tile's first output
        for f in range(0, width, lanes):
            used = filters - block * width - f  # lanes that are filters
            for s in range(6):
                at = ((s * plan.block_room + slot) * plan.tile_room + i) * width + f
                frequencies = tile.load(SIX, products, at, 6 * plan.block_room * plan.tile_room * width)
                tile.store(_frequencies_to_outputs(frequencies), half_done, s * lanes, 6 * lanes)
            for r in range(min(4, oh - row)):
                outputs = _frequencies_to_outputs(tile.load(SIX, half_done, r * 6 * lanes, lanes))
                outputs = tile.add(outputs, tile.repeat(FOUR, bias, block * width + f))
                if limit >= 0:
                    outputs = tile.relu(outputs, limit)
                to = ((n * oh + row + r) * ow + column) * filters + block * width + f
                if column + 4 <= ow:
                    tile.store(outputs, y, to, filters, used)
                else:  # by way of row r of half_done, which has been read
                    tile.store(outputs, half_done, r * 6 * lanes, lanes)
                    for k in range(ow - column):
                        last = tile.load(ONE, half_done, (r * 6 + k) * lanes, 0)
                        tile.store(last, y, to + k * filters, 0, used)


@jit
def _all_steps_job(start, stop, x, weights, bias, y, finite, shape, plan, tiles, limit):
    """Job: `TILES_PER_JOB` of the `tiles` that there are, all three steps."""
    plan = Plan(*plan)
    frequencies = np.zeros(36 * plan.tile_room * plan.channels, x.dtype)
    products = np.empty(36 * plan.tile_room * plan.width, x.dtype)
    for job in range(start, stop):
        first = job * TILES_PER_JOB
        count = min(TILES_PER_JOB, tiles - first)
        finite[job] = _transform_pixels(x, frequencies, plan, first, count)
        for block in range(plan.blocks):
            for q in range(36):
                _multiply(frequencies, weights, products, shape, plan, q, block, 0, count)
            _transform_products(products, bias, y, plan, block, 0, first, count, limit)


@jit
def pixels_job(start, stop, x, frequencies, finite, plan, first, count) -> None:
    """Job: `TILES_PER_JOB` of the `count` tiles from `first` on, the first step."""
    plan = Plan(*plan)
    for job in range(start, stop):
        here = job * TILES_PER_JOB
        part = frequencies[here * plan.channels :]
        finite[job] = _transform_pixels(x, part, plan, first + here, min(TILES_PER_JOB, count - here))


@jit
def _multiply_job(start, stop, frequencies, weights, products, shape, plan, count):
    """Job: one frequency and one block of filters, the second step."""
    plan = Plan(*plan)
    for job in range(start, stop):
        block = job % plan.blocks
        _multiply(frequencies, weights, products, shape, plan, job // plan.blocks, block, block, count)


@jit
def _products_job(start, stop, products, bias, y, plan, first, count, limit):
    """Job: `TILES_PER_JOB` of the `count` tiles from `first` on and one block of filters, the third step."""
    plan = Plan(*plan)
    for job in range(start, stop):
        here, block = job // plan.blocks * TILES_PER_JOB, job % plan.blocks
        part = products[here * plan.width :]
        _transform_products(part, bias, y, plan, block, block, first + here, min(TILES_PER_JOB, count - here), limit)


def tile_pads(sizes: Pair, before: int) -> Pair:
    """Return the pads of one axis so that its outputs, 2 pixels fewer than the padded input, are whole tiles.

    Parameters
    ----------
    sizes : (input, output) int
        pixels
    before : int
        zeros before the first pixel

    Returns
    -------
    before : int
        pixels
    after : int
        pixels
    """
    return before, ceil_div(sizes[1], 4) * 4 + 2 - sizes[0] - before


def plan_for(x_shape: tuple[int, ...], y_shape: tuple[int, ...], v: int, itemsize: int) -> Plan:
    """Return the plan of a convolution whose tiles go through each step together, as many at a time as BUFFERS hold.

    Parameters
    ----------
    x_shape : (N, 4*TH + 2, 4*TW + 2, C)
        of padded images
    y_shape : (N, OH, OW, F)
        of the outputs
    v : int
        registers of filters, side by side
    itemsize : int
        bytes of a number
    """
    n, height, width, channels = x_shape
    _, oh, ow, filters = y_shape
    rows, columns, tile_width = (height - 2) // 4, (width - 2) // 4, v * (tile.REGISTER_BYTES // itemsize)
    blocks = ceil_div(filters, tile_width)
    most = max(TILES_PER_JOB, BUFFERS // (36 * (channels + blocks * tile_width) * itemsize))
    tile_room = ceil_div(min(n * rows * columns, most), TILES_PER_JOB) * TILES_PER_JOB
    return Plan(rows, columns, oh, ow, channels, filters, tile_width, blocks, blocks, tile_room)


def convolve(x: Array, packed: Array, bias: Array | None, y: Array, v: int, limit: float) -> bool:
    """Convolve padded images with a packed 3x3 kernel, stride 1.

    Parameters
    ----------
    x : (N, 4*TH + 2, 4*TW + 2, C)
        padded images
    packed : (blocks, 3, 3, C, V*L), flat
        the kernel
    bias : (F,) or None
        added to every output of its filter
    y : (N, OH, OW, F)
        written
    v : int
        registers of filters, side by side
    limit : float
        of a clipped ReLU of y (see `matmul`)

    Returns
    -------
    finite : bool
        if false, y is not to be used: x has a NaN, an infinity, or numbers near the end of the range
    """
    plan, tiles = plan_for(x.shape, y.shape, v, x.itemsize), len(x) * ceil_div(y.shape[1], 4) * ceil_div(y.shape[2], 4)
    weights = memory.empty((plan.blocks * 36 * plan.channels * plan.width,), x.dtype)
    run(_transform_kernel, plan.blocks, weights.size * 4, packed, weights, tuple(plan))
    finite = np.zeros(ceil_div(tiles, TILES_PER_JOB), np.bool_)
    tape.expect(finite)
    padded_bias = padded_to_registers(bias, 1, plan.blocks * plan.width, x.dtype)
    arrays = x.reshape(-1), weights, padded_bias, y.reshape(-1), finite
    shape, work = tile.shape(tile.rows(TILES_PER_JOB, v), v), tiles * weights.size // 32
    if weights.nbytes <= SMALL_KERNEL:
        plan = plan._replace(block_room=1, tile_room=_whole(TILES_PER_JOB, shape))
        run(_all_steps_job, len(finite), work, *arrays, shape, tuple(plan), tiles, x.dtype.type(limit))
    else:
        _step_by_step(arrays, shape, plan, tiles, work, x.dtype.type(limit))
    return bool(finite.all())


def _whole(tiles: int, shape: tile.Shape) -> int:
    """Return the rows of a matrix that has room for so many tiles: whole register tiles."""
    return ceil_div(tiles, len(shape[0])) * len(shape[0])


def _step_by_step(
    arrays: tuple[AnyArray, ...], shape: tile.Shape, plan: Plan, tiles: int, work: int, limit: np.floating[Any]
) -> None:
    """Take many tiles through the first step, then the second, then the third: a large kernel is read less often."""
    x, weights, bias, y, finite = arrays
    together, plan = plan.tile_room, plan._replace(tile_room=_whole(plan.tile_room, shape))
    frequencies = memory.empty((36 * plan.tile_room * plan.channels,), x.dtype)
    products = memory.empty((36 * plan.tile_room * plan.blocks * plan.width,), x.dtype)
    passed = tuple(plan)
    for first in range(0, tiles, together):
        count = min(together, tiles - first)
        jobs = ceil_div(count, TILES_PER_JOB)
        run(pixels_job, jobs, work, x, frequencies, finite[first // TILES_PER_JOB :], passed, first, count)
        run(_multiply_job, 36 * plan.blocks, work, frequencies, weights, products, shape, passed, count)
        run(_products_job, jobs * plan.blocks, work, products, bias, y, passed, first, count, limit)
