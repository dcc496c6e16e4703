"""Winograd's convolution F(4x4, 3x3): 36 multiplications where a direct 3x3 convolution takes 144.

One dimension first, and two outputs of three taps, F(2, 3). Directly they take six multiplications:

    y[0] = d[0] * g[0] + d[1] * g[1] + d[2] * g[2]              d: four pixels, g: the taps
    y[1] = d[1] * g[0] + d[2] * g[1] + d[3] * g[2]

Winograd's way takes four, and some additions: `two_outputs` below is all of it, in plain Python. Its three steps are
three small matrices of constants:

    y = A.T [ (G g) * (B.T d) ]                                 * is elementwise

B.T d needs additions (for larger tiles constant factors too); G g is computed once for a kernel, whatever the number of
images. What passes between them, one number a multiplication, is called a frequency below.

Where the matrices come from. Take two polynomials, u of m coefficients and g of r. Their product s, where s[k] sums
u[i] * g[k - i], has m + r - 1 coefficients, so its values at m + r - 1 points determine it: evaluate both there,
multiply value by value, interpolate (Lagrange). With matrices V and G that evaluate, and C that interpolates,
s = C [ (V u) * (G g) ]. Take the dot product with any numbers d, once by the definition and once by the matrices:

    sum_k d[k] s[k] = sum_i u[i] sum_a d[i + a] g[a] = u.T y            y: m outputs of r taps, what is wanted
    sum_k d[k] s[k] = d.T C [ (V u) * (G g) ]        = u.T V.T [ (G g) * (C.T d) ]

Both hold for every u, so y = V.T [ (G g) * (C.T d) ]: A.T is V.T, and B.T is C.T. The points are 0, 1, -1, 2, -2, as
many as are needed, since their powers are small, and infinity, where a polynomial's value is its leading coefficient:

    row of G      at a finite point p:  (1, p, p**2) / product of (p - q) over the other finite points q
                  at infinity:          (0, 0, 1)
    row of B.T    at a finite point p:  the coefficients of  product of (z - q) over the other finite points q
                  at infinity:          the coefficients of  product of (z - q) over all finite points q
    column of A.T at a finite point p:  (1, p, ..., p**(m - 1))
                  at infinity:          (0, ..., 0, 1)

(Lagrange divides the polynomials of B.T by the products that stand under G here; done to the taps it costs nothing.)
F(2, 3) takes 0, 1, -1 and infinity. F(4, 3), used here, takes 2 and -2 as well: six multiplications, not the direct
sum's twelve, by the matrices that stand below. The row of B.T at 0, say, is (z - 1)(z + 1)(z - 2)(z + 2), which is
4 - 5 z**2 + z**4, and G divides by 4.

In two dimensions the same is done to columns, then to rows: y = A.T [ (G g G.T) * (B.T d B) ] A takes 6x6 pixels to 4x4
outputs by 36 multiplications. Channels are summed between the transforms: for each of the 36 frequencies that is a
product of two matrices, (tiles, C) with (C, F), done on the register tile. So there are three steps:

    pixels       B.T d B for every tile of pixels and every channel     _transform_pixels
    products     36 products of matrices                                _multiply
    outputs      A.T m A for every tile and every filter                _transform_products

The transforms take about 7/F (pixels) + 4/C (outputs) of the products' multiply-adds: few channels do not pay.

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
from ..bias import in_registers
from ..machine import ceil_div, intrinsic, jit, memory, run, tape, tile

B_T = [
    [4, 0, -5, 0, 1, 0],  # 0
    [0, -4, -4, 1, 1, 0],  # 1
    [0, 4, -4, -1, 1, 0],  # -1
    [0, -2, -1, 2, 1, 0],  # 2
    [0, 2, -1, -2, 1, 0],  # -2
    [0, 4, 0, -5, 0, 1],  # infinity
]
G = [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
]
A_T = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
BAND = 28  # tiles that one job takes through all three steps while they stay in the second cache
SMALL_KERNEL = 3 << 20  # bytes of transformed kernel up to which a band may read all of it
BUFFERS = 1 << 24  # bytes of frequencies at a time where the kernel is larger: then each step is done for many tiles
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
    return [at_0 + at_1 + at_minus_1, at_1 - at_minus_1 + at_infinity]  # A.T m


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
    held : blocks that the products have room for
    band : tiles that the matrices have room for
    """

    rows: int
    columns: int
    oh: int
    ow: int
    channels: int
    filters: int
    width: int
    blocks: int
    held: int
    band: int


@jit
def _transform_kernel(start, stop, packed, u, plan):
    """Job: one block of filters. packed (blocks, 3, 3, C, V*L) -> u (blocks, 36, C, V*L)."""
    plan = Plan(*plan)
    lanes = tile.REGISTER_BYTES // packed.itemsize
    half_done = np.empty(6 * 3 * lanes, packed.dtype)  # 6 rows of 3: the columns are transformed
    step = plan.channels * plan.width  # from tap to tap, from frequency to frequency
    for block in range(start, stop):
        for k in range(0, step, lanes):
            for b in range(3):
                taps = tile.load(THREE, packed, block * 9 * step + b * step + k, 3 * step, lanes)
                tile.store(_taps_to_frequencies(taps), half_done, b * lanes, 3 * lanes, lanes)
            for r in range(6):
                taps = tile.load(THREE, half_done, r * 3 * lanes, lanes, lanes)
                tile.store(_taps_to_frequencies(taps), u, (block * 36 + r * 6) * step + k, step, lanes)


@jit
def _transform_pixels(x, frequencies, plan, first, count):
    """x (N, 4*TH + 2, 4*TW + 2, C), flat -> frequencies (36, band, C): `count` tiles from `first` on.

    True if all is finite.
    """
    rows, columns, channels = plan.rows, plan.columns, plan.channels
    lanes = tile.REGISTER_BYTES // x.itemsize
    x_row = (4 * columns + 2) * channels  # numbers from one row of pixels to the next
    half_done, seen = np.empty(36 * lanes, x.dtype), tile.zeros(SIX, x)  # seen: the sum of all frequencies
    for i in range(count):
        n, row, column = (first + i) // columns // rows, (first + i) // columns % rows, (first + i) % columns
        at = (n * (4 * rows + 2) + 4 * row) * x_row + 4 * column * channels
        for c in range(0, channels, lanes):
            for b in range(6):
                pixels = tile.load(SIX, x, at + b * channels + c, x_row, channels - c)
                tile.store(_pixels_to_frequencies(pixels), half_done, b * lanes, 6 * lanes, lanes)
            for r in range(6):
                done = _pixels_to_frequencies(tile.load(SIX, half_done, r * 6 * lanes, lanes, lanes))
                seen = tile.add(seen, done)
                to = (r * 6 * plan.band + i) * channels + c
                tile.store(done, frequencies, to, plan.band * channels, channels - c)
    tile.store(seen, half_done, 0, lanes, lanes)
    return sum_is_finite(half_done, 6 * lanes)


@jit
def sum_is_finite(numbers, count):
    """Tell whether the sum of the first `count` numbers is finite: once infinite or NaN, a sum stays so."""
    total = numbers.dtype.type(0)
    for i in range(count):
        total += numbers[i]
    return np.isfinite(total)


@jit
def _multiply(frequencies, u, products, shape, plan, q, block, slot, count):
    """For frequency q and one block of filters, the `slot`th that the products hold: products = frequencies x u."""
    t, channels, width = len(shape[0]), plan.channels, plan.width
    for first in range(0, count, t):  # rows after the last tile hold old numbers; nobody reads their products
        sums = tile.zeros(shape, frequencies)
        iw = (block * 36 + q) * channels * width
        for ix in range((q * plan.band + first) * channels, (q * plan.band + first + 1) * channels):
            sums = tile.fma(sums, frequencies, ix, channels, u, iw)
            iw += width
        to = ((q * plan.held + slot) * plan.band + first) * width
        tile.store(sums, products, to, width, width)


@jit
def _transform_products(products, bias, y, plan, block, slot, first, count, limit):
    """products (36, held, band, V*L) -> y (N, OH, OW, F), flat: `count` tiles from `first` on, a block of filters."""
    rows, columns, oh, ow, filters, width = plan.rows, plan.columns, plan.oh, plan.ow, plan.filters, plan.width
    lanes = tile.REGISTER_BYTES // y.itemsize
    half_done = np.empty(4 * 6 * lanes, y.dtype)  # 4 rows of 6: the columns are transformed
    for i in range(count):
        n = (first + i) // columns // rows
        row, column = (first + i) // columns % rows * 4, (first + i) % columns * 4  # of the tile's first output
        for f in range(0, width, lanes):
            valid = filters - block * width - f  # lanes that are filters
            for s in range(6):
                at = ((s * plan.held + slot) * plan.band + i) * width + f
                frequencies = tile.load(SIX, products, at, 6 * plan.held * plan.band * width, lanes)
                tile.store(_frequencies_to_outputs(frequencies), half_done, s * lanes, 6 * lanes, lanes)
            for r in range(min(4, oh - row)):
                outputs = _frequencies_to_outputs(tile.load(SIX, half_done, r * 6 * lanes, lanes, lanes))
                outputs = tile.add(outputs, tile.repeat(FOUR, bias, block * width + f))
                if limit >= 0:
                    outputs = tile.relu(outputs, limit)
                to = ((n * oh + row + r) * ow + column) * filters + block * width + f
                if column + 4 <= ow:
                    tile.store(outputs, y, to, filters, valid)
                else:  # by way of row r of half_done, which has been read
                    tile.store(outputs, half_done, r * 6 * lanes, lanes, lanes)
                    for k in range(ow - column):
                        last = tile.load(ONE, half_done, (r * 6 + k) * lanes, 0, lanes)
                        tile.store(last, y, to + k * filters, 0, valid)


@jit
def _bands(start, stop, x, u, bias, y, finite, shape, plan, tiles, limit):
    """Job: one band of tiles, through all three steps. `tiles`: how many there are in all."""
    plan = Plan(*plan)
    frequencies = np.zeros(36 * plan.band * plan.channels, x.dtype)
    products = np.empty(36 * plan.band * plan.width, x.dtype)
    for job in range(start, stop):
        first = job * BAND
        count = min(BAND, tiles - first)
        finite[job] = _transform_pixels(x, frequencies, plan, first, count)
        for block in range(plan.blocks):
            for q in range(36):
                _multiply(frequencies, u, products, shape, plan, q, block, 0, count)
            _transform_products(products, bias, y, plan, block, 0, first, count, limit)


@jit
def pixels_job(start, stop, x, frequencies, finite, plan, first, count):
    """Job: `BAND` of the `count` tiles from `first` on, the first step."""
    plan = Plan(*plan)
    for job in range(start, stop):
        here = job * BAND
        part = frequencies[here * plan.channels :]
        finite[job] = _transform_pixels(x, part, plan, first + here, min(BAND, count - here))


@jit
def _multiply_job(start, stop, frequencies, u, products, shape, plan, count):
    """Job: one frequency and one block of filters, the second step."""
    plan = Plan(*plan)
    for job in range(start, stop):
        block = job % plan.blocks
        _multiply(frequencies, u, products, shape, plan, job // plan.blocks, block, block, count)


@jit
def _products_job(start, stop, products, bias, y, plan, first, count, limit):
    """Job: `BAND` of the `count` tiles from `first` on and one block of filters, the third step."""
    plan = Plan(*plan)
    for job in range(start, stop):
        here, block = job // plan.blocks * BAND, job % plan.blocks
        part = products[here * plan.width :]
        _transform_products(part, bias, y, plan, block, block, first + here, min(BAND, count - here), limit)


def padded_size(sizes: Pair, before: int) -> Pair:
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
    rows, columns, lanes = (height - 2) // 4, (width - 2) // 4, v * (tile.REGISTER_BYTES // itemsize)
    blocks = ceil_div(filters, lanes)
    band = min(n * rows * columns, max(BAND, BUFFERS // (36 * (channels + blocks * lanes) * itemsize)))
    return Plan(rows, columns, oh, ow, channels, filters, lanes, blocks, blocks, ceil_div(band, BAND) * BAND)


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
    u = memory.empty((plan.blocks * 36 * plan.channels * plan.width,), x.dtype)
    run(_transform_kernel, plan.blocks, u.size * 4, packed, u, tuple(plan))
    finite = np.zeros(ceil_div(tiles, BAND), np.bool_)
    tape.expect(finite)
    padded_bias = in_registers(bias, 1, plan.blocks * plan.width, x.dtype)
    arrays = x.reshape(-1), u, padded_bias, y.reshape(-1), finite
    shape, work = tile.shape(tile.rows(BAND, v), v), tiles * 36 * plan.channels * plan.blocks * plan.width // 32
    if u.nbytes <= SMALL_KERNEL:
        plan = plan._replace(held=1, band=_whole(BAND, shape))
        run(_bands, len(finite), work, *arrays, shape, tuple(plan), tiles, x.dtype.type(limit))
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
    x, u, bias, y, finite = arrays
    together, plan = plan.band, plan._replace(band=_whole(plan.band, shape))
    frequencies = memory.empty((36 * plan.band * plan.channels,), x.dtype)
    products = memory.empty((36 * plan.band * plan.blocks * plan.width,), x.dtype)
    passed = tuple(plan)
    for first in range(0, tiles, together):
        count = min(together, tiles - first)
        jobs = ceil_div(count, BAND)
        run(pixels_job, jobs, work, x, frequencies, finite[first // BAND :], passed, first, count)
        run(_multiply_job, 36 * plan.blocks, work, frequencies, u, products, shape, passed, count)
        run(_products_job, jobs * plan.blocks, work, products, bias, y, passed, first, count, limit)
