"""Winograd's convolution F(4x4, 3x3): 36 multiplications where a direct 3x3 convolution takes 144.

One dimension first. Four outputs of three taps, y[i] = sum_a d[i + a] * g[a], take six pixels d[0..5] and 12
multiplications. Read backwards in time it is the product of two polynomials, of degree 3 and 2: its degree is 5, so its
values at six points determine it. Multiplying the values point by point takes 6 multiplications. The points are
0, 1, -1, 2, -2 and infinity (the leading coefficient), because their powers are small whole numbers. So

    y = A.T [ (G g) * (B.T d) ]           * is elementwise

G evaluates the taps at the points, each row divided by what Lagrange's interpolation divides by:
    row of point p: (1, p, p*p) / product of (p - q) over the other finite points q;  infinity: (0, 0, 1)
A.T evaluates the four outputs at the points, transposed:
    column of point p: (1, p, p**2, p**3);  infinity: (0, 0, 0, 1)
B.T holds the coefficients of the interpolating polynomials:   row of point p: product of (z - q) over the others q;
    infinity: product of (z - q) over all five

    B.T = 4  0 -5  0  1  0      G =  1/4    0    0        A.T = 1  1  1  1  1  0
          0 -4 -4  1  1  0         -1/6 -1/6 -1/6               0  1 -1  2 -2  0
          0  4 -4 -1  1  0         -1/6  1/6 -1/6               0  1  1  4  4  0
          0 -2 -1  2  1  0         1/24 1/12  1/6               0  1 -1  8 -8  1
          0  2 -1 -2  1  0         1/24 -1/12 1/6
          0  4  0 -5  0  1            0    0    1

In two dimensions the same is done to rows, then to columns: 6x6 pixels give 4x4 outputs. Channels are summed between
the transforms: for each of the 36 points ("frequencies" below) that is a matrix product of (tiles, C) with (C, F), done
on the register tile. The transforms cost a share of about 1/C + 1/F, so few channels do not pay.

Accuracy. The matrices' large entries cost digits. In units of eps * sqrt(9*C + 36) * sum|x||w|, this sum at its
largest, the worst error seen over normal, rectified and uniform inputs of 1 to 512 channels was 1.5, from 32 channels
on 0.8; the direct sum's was 0.15. Note "at its largest": a small output beside large inputs loses digits to its
neighbours in the same 6x6 pixels. A NaN or an infinity spreads over its whole tile: so `convolve` notices these and
says so, and its caller computes directly.

Source: Lavin & Gray, arXiv:1509.09308; Winograd, Arithmetic Complexity of Computations, 1980.
"""

import numpy as np
from numba.extending import intrinsic

from ..bias import in_registers
from ..machine import ceil_div, jit, memory, run, tape, tile

B_T = [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
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


@jit
def _transform_kernel(start, stop, packed, out, channels, width, shapes):
    """Job: one block of filters. packed (blocks, 3, 3, C, V*L) -> out (blocks, 36, C, V*L)."""
    lanes = tile.REGISTER_BYTES // packed.itemsize
    scratch = np.empty(3 * 6 * lanes, packed.dtype)
    three = shapes[0]
    step = channels * width
    for block in range(start, stop):
        for k in range(0, step, lanes):
            for b in range(3):
                taps = tile.load(three, packed, block * 9 * step + b * step + k, 3 * step, lanes)
                tile.store(_taps_to_frequencies(taps), scratch, b * lanes, 3 * lanes, lanes)
            for r in range(6):
                taps = tile.load(three, scratch, r * 3 * lanes, lanes, lanes)
                tile.store(_taps_to_frequencies(taps), out, (block * 36 + r * 6) * step + k, step, lanes)


@jit
def _transform_pixels(x, out, first, count, band, sizes, shapes):
    """x (N, 4*TH + 2, 4*TW + 2, C), flat -> out (36, band, C): `count` tiles from `first` on. True if all is finite."""
    _, rows, columns, channels = sizes
    lanes = tile.REGISTER_BYTES // x.itemsize
    width = (4 * columns + 2) * channels
    scratch, six = np.empty(36 * lanes, x.dtype), shapes[1]
    seen = tile.zeros(six, x)
    for i in range(count):
        n, row, column = (first + i) // columns // rows, (first + i) // columns % rows, (first + i) % columns
        at = (n * (4 * rows + 2) + 4 * row) * width + 4 * column * channels
        for c in range(0, channels, lanes):
            for b in range(6):
                pixels = tile.load(six, x, at + b * channels + c, width, channels - c)
                tile.store(_pixels_to_frequencies(pixels), scratch, b * lanes, 6 * lanes, lanes)
            for r in range(6):
                frequencies = _pixels_to_frequencies(tile.load(six, scratch, r * 6 * lanes, lanes, lanes))
                seen = tile.add(seen, frequencies)
                tile.store(frequencies, out, (r * 6 * band + i) * channels + c, band * channels, channels - c)
    tile.store(seen, scratch, 0, lanes, lanes)
    total = x.dtype.type(0)
    for i in range(6 * lanes):
        total += scratch[i]
    return np.isfinite(total)  # once infinite or NaN, a sum stays so


@jit
def _multiply(frequencies, u, products, q, block, blocks, count, band, channels, shape, width):
    """For one frequency and one block of filters: products (36, blocks, band, V*L) = frequencies x kernel."""
    t = len(shape[0])
    for first in range(0, count, t):  # rows behind the last tile hold old numbers; nobody reads what they give
        sums = tile.zeros(shape, frequencies)
        iw = (block * 36 + q) * channels * width
        for ix in range((q * band + first) * channels, (q * band + first + 1) * channels):
            sums = tile.fma(sums, frequencies, ix, channels, u, iw)
            iw += width
        tile.store(sums, products, ((q * blocks + block % blocks) * band + first) * width, width, width)


@jit
def _transform_products(products, bias, y, first, count, block, blocks, band, sizes, size, shapes, width, limit):
    """products (36, blocks, band, V*L) -> y (N, OH, OW, F), flat: `count` tiles from `first` on, a block of filters."""
    _, rows, columns, _ = sizes
    oh, ow, filters = size
    lanes = tile.REGISTER_BYTES // y.itemsize
    scratch, six, four, one = np.empty(24 * lanes, y.dtype), shapes[1], shapes[2], shapes[3]
    for i in range(count):
        n, row, column = (first + i) // columns // rows, (first + i) // columns % rows * 4, (first + i) % columns * 4
        for f in range(0, width, lanes):
            valid = filters - block * width - f
            for s in range(6):
                at = ((s * blocks + block % blocks) * band + i) * width + f
                column_ = tile.load(six, products, at, 6 * blocks * band * width, lanes)
                tile.store(_frequencies_to_outputs(column_), scratch, s * lanes, 6 * lanes, lanes)
            for r in range(min(4, oh - row)):
                outputs = _frequencies_to_outputs(tile.load(six, scratch, r * 6 * lanes, lanes, lanes))
                outputs = tile.add(outputs, tile.repeat(four, bias, block * width + f))
                if limit >= 0:
                    outputs = tile.relu(outputs, limit)
                at = ((n * oh + row + r) * ow + column) * filters + block * width + f
                if column + 4 <= ow:
                    tile.store(outputs, y, at, filters, valid)
                else:
                    tile.store(outputs, scratch, r * 6 * lanes, lanes, lanes)  # row r of it has been read
                    for k in range(ow - column):
                        last = tile.load(one, scratch, (r * 6 + k) * lanes, 0, lanes)
                        tile.store(last, y, at + k * filters, 0, valid)


@jit
def _bands(start, stop, x, u, bias, y, finite, shape, shapes, sizes, size, blocks, width, limit):
    """Job: one band of tiles, through all three steps."""
    n, rows, columns, channels = sizes
    band = ceil_div(BAND, len(shape[0])) * len(shape[0])
    frequencies, products = np.zeros(36 * band * channels, x.dtype), np.empty(36 * band * width, x.dtype)
    for job in range(start, stop):
        first = job * BAND
        count = min(BAND, n * rows * columns - first)
        finite[job] = _transform_pixels(x, frequencies, first, count, band, sizes, shapes)
        for block in range(blocks):
            for q in range(36):
                _multiply(frequencies, u, products, q, block, 1, count, band, channels, shape, width)
            _transform_products(products, bias, y, first, count, block, 1, band, sizes, size, shapes, width, limit)


@jit
def pixels_job(start, stop, x, frequencies, finite, first, count, band, sizes, shapes):
    """Job: `BAND` tiles, the first step."""
    for job in range(start, stop):
        here = job * BAND
        part = frequencies[here * sizes[3] :]
        finite[job] = _transform_pixels(x, part, first + here, min(BAND, count - here), band, sizes, shapes)


@jit
def _multiply_job(start, stop, frequencies, u, products, count, band, channels, blocks, shape, width):
    """Job: one frequency and one block of filters, the second step."""
    for job in range(start, stop):
        _multiply(frequencies, u, products, job // blocks, job % blocks, blocks, count, band, channels, shape, width)


@jit
def _products_job(start, stop, products, bias, y, first, count, blocks, band, sizes, size, shapes, width, limit):
    """Job: `BAND` tiles and one block of filters, the third step."""
    for job in range(start, stop):
        here, block = job // blocks * BAND, job % blocks
        count_here = min(BAND, count - here)
        part = products[here * width :]
        _transform_products(
            part, bias, y, first + here, count_here, block, blocks, band, sizes, size, shapes, width, limit
        )


def padded_size(size, before):
    """Give the pads of one axis so that its outputs, 2 pixels fewer than the padded input, are whole tiles.

    Parameters
    ----------
    size : (input, output) int, pixels      before : int, zeros before the first pixel

    Returns
    -------
    before, after : int, pixels
    """
    return before, ceil_div(size[1], 4) * 4 + 2 - size[0] - before


def convolve(x, packed, bias, y, v, limit):
    """Convolve padded pictures with a packed 3x3 kernel, stride 1.

    Parameters
    ----------
    x : (N, 4*TH + 2, 4*TW + 2, C)      packed : (blocks, 3, 3, C, V*L), flat
    bias : (F,) or None                 y : (N, OH, OW, F), written
    v : int                             limit : float, of a clipped ReLU of y (see `matmul`)

    Returns
    -------
    finite : bool; if false, y is not to be used: x has a NaN, an infinity, or numbers near the end of the range
    """
    n, height, width_, channels = x.shape
    width = v * tile.lanes(x.dtype)
    blocks = ceil_div(y.shape[3], width)
    sizes = (n, (height - 2) // 4, (width_ - 2) // 4, channels)
    tiles = n * sizes[1] * sizes[2]
    shapes = tuple(tile.shape(t, 1) for t in (3, 6, 4, 1))
    shape = tile.shape(tile.rows(BAND, v), v)
    u = memory.empty((blocks * 36 * channels * width,), x.dtype)
    run(_transform_kernel, blocks, u.size * 4, packed, u, channels, width, shapes)
    padded_bias = in_registers(bias, 1, blocks * width, x.dtype)
    limit = x.dtype.type(limit)
    flat, out, size = x.reshape(-1), y.reshape(-1), y.shape[1:]
    finite = np.zeros(ceil_div(tiles, BAND), np.bool_)
    tape.expect(finite)
    work = tiles * 36 * channels * blocks * width // 32
    if u.nbytes <= SMALL_KERNEL:
        run(
            _bands,
            len(finite),
            work,
            flat,
            u,
            padded_bias,
            out,
            finite,
            shape,
            shapes,
            sizes,
            size,
            blocks,
            width,
            limit,
        )
        return finite.all()
    t = len(shape[0])
    band = min(tiles, max(BAND, BUFFERS // (36 * (channels + blocks * width) * x.itemsize)))
    band = ceil_div(band, BAND) * BAND
    rows = ceil_div(band, t) * t
    frequencies = memory.empty((36 * rows * channels,), x.dtype)
    products = memory.empty((36 * rows * blocks * width,), x.dtype)
    for first in range(0, tiles, band):
        count = min(band, tiles - first)
        jobs = ceil_div(count, BAND)
        run(pixels_job, jobs, work, flat, frequencies, finite[first // BAND :], first, count, rows, sizes, shapes)
        run(_multiply_job, 36 * blocks, work, frequencies, u, products, count, rows, channels, blocks, shape, width)
        run(
            _products_job,
            jobs * blocks,
            work,
            products,
            padded_bias,
            out,
            first,
            count,
            blocks,
            rows,
            sizes,
            size,
            shapes,
            width,
            limit,
        )
    return finite.all()
