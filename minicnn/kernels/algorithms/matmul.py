"""Matrix products on the register tile: y = a @ b, y = a @ b.T and y = a.T @ b, for dense layers and 1 x 1 windows.

    y[m,n] = f( residual[m,n] + bias[n] + scale[n] * sum_k a[m,k] * b[k,n] )

Rows of a tile are rows of y, lanes are its columns; the sum is the loop. How near it comes to the multiply-add limit is
a question of how near a and b are:

- b is laid out in panels, the columns of one tile side by side, one stretch of the sum at a time: so the loop reads it
  from the second cache, without a gap. `b.T` only means that a panel is filled by transposing squares. Where the rows
  of y are dealt to many jobs all panels are filled first: else each job would fill them again (a third of its time).
- With few rows of y that copy does not pay, and all depends on b's coming from far away: it is asked for in advance.
- a is read where it lies, T numbers a step. A job keeps to so much of it as stays in the second cache too, while panel
  after panel passes by. The more rows a tile has, the less often they pass; but T rows that are whole pages apart fall
  into one set of the nearest cache and displace each other, and after a short sum 14 rows take long to be written.
- Of a.T a step reads T neighbours, and the next step a row further: for each tile one line of every row. A job that has
  several panels gathers these numbers first, tile by tile, in the order of reading.
- A long sum with few outputs (a dense layer after many pixels, a gradient over a batch) is cut into parts, so that
  threads have something to share; the parts are added in order. How many follows from shapes alone.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..bias import in_registers
from ..machine import ceil_div, jit, memory, run, tile

SUMMED = 2048  # terms of one stretch of a sum at most: a panel of 256 KB
LYING = 128  # the same where b is read as it lies: from far away, so the next stretch is asked for while one is used
LYING_FAR = 16  # ... and where its rows are a page apart: whole rows are read, not pieces of pages without end
EXAMPLES = 192  # the same for a.T: what is gathered and a panel, some 35 KB, are all that the loop reads
NEAR = 1 << 17  # numbers of a that one job keeps to: half of a second cache of 1 MB
FEW_JOBS = 64  # enough for many threads to end together ...
CHUNKS = 8  # ... in so many portions for each: at large batches 10% faster than with 4
GRADIENT_JOBS = 16  # for a.T: each gathers anew
GATHER = 4  # panels of a job from which on it pays to gather
LONG = 4 * SUMMED  # from here on a sum is cut into parts
PART, GRADIENT_PART = 512, 384  # terms of a part at least
PARTIALS = 1 << 24  # bytes of partial sums at most
PANEL_FROM, PANEL_FROM_FAR = 64, 8  # rows of y, from which on panels pay; where rows of b are a page apart or more
BLOCK = 1 << 12  # sums of one job, where parts are added
AHEAD = 16  # rows of b that are asked for before they are copied
ROWS = (14, 7, 5, 3, 2, 1)
WIDE, WIDE_ROWS = 4, 5  # V and T for few rows of y: little is used twice, so b is read in stretches as long as may be
SHORT = 256  # terms of a sum after which 14 rows are not worth it
TOGETHER = 3 << 16  # numbers of all panels that stay in the second cache together: then rows of y are written whole ...
FEW_TILES = 32  # ... if there are so many tiles of them, one below the other
PAGE = 4096  # bytes


@jit
def _fill_panel(panel, b, scale, shape, first, k, terms, n, summed, transposed):
    """Fill panel (terms, V*L) with columns first... of b (or rows, transposed), from term k on; zeros behind them.

    `scale` multiplies columns; nobody asks for that of rows.
    """
    size = tile.REGISTER_BYTES // b.itemsize
    width = len(shape[1]) * size
    one_row = (shape[0][:1], shape[1])
    if not transposed:
        factors = tile.load(one_row, scale, first, 0, n - first)
        for i in range(terms):
            tile.prefetch(b, (k + i + AHEAD) * n + first)  # rows may lie a page apart: no processor guesses the next
            tile.prefetch(b, (k + i + AHEAD) * n + first + size)
            row = tile.load(one_row, b, (k + i) * n + first, 0, n - first)
            tile.store(tile.multiply(row, factors), panel, i * width, 0, width)
        return
    for lane in range(0, width, size):
        for i in range(0, terms, size):
            column = first + lane
            if column + size <= n and i + size <= terms:
                for row in range(size):
                    tile.prefetch(b, (column + width + row) * summed + k + i)
                tile.transpose(b, column * summed + k + i, summed, panel, i * width + lane, width)
            else:
                for d in range(i, min(i + size, terms)):
                    for j in range(size):
                        inside = column + j < n
                        panel[d * width + lane + j] = b[(column + j) * summed + k + d] if inside else 0


@jit
def _fill_panels(start, stop, panels, b, scale, shape, sizes, stretch, transposed):
    """Job: one panel. panels (stretches, blocks, terms, V*L), flat; sizes (N, K)."""
    n, summed = sizes
    width = len(shape[1]) * (tile.REGISTER_BYTES // b.itemsize)
    blocks = ceil_div(n, width)
    for job in range(start, stop):
        k, block = job // blocks * stretch, job % blocks
        terms = min(stretch, summed - k)
        panel = panels[(k * blocks + block * terms) * width :]
        _fill_panel(panel, b, scale, shape, block * width, k, terms, n, summed, transposed)


@jit
def _gather(near, a, shape, first, stop, k, terms, a_term):
    """Fill near (tiles, terms, T) with what each tile of a.T reads, in the order of reading."""
    t, register, size = len(shape[0]), (shape[0][:1], shape[1][:1]), tile.REGISTER_BYTES // a.itemsize
    for j in range(ceil_div(stop - first, t)):
        row = min(first + j * t, stop - t)
        for d in range(terms):
            for i in range(0, t, size):
                numbers = tile.load(register, a, row + i + (k + d) * a_term, 0, t - i)
                tile.store(numbers, near, (j * terms + d) * t + i, 0, t - i)


class How(NamedTuple):
    """b is transposed; b is to be laid out in panels here, or is panels already (neither: it is read as it lies).

    streams: y is written past the caches; by_rows: tile after tile along the rows of y, not down its columns.
    """

    transposed: bool
    fills: bool
    filled: bool
    streams: bool
    by_rows: bool


@jit
def _multiply(start, stop, a, b, scale, bias, residual, y, shape, sizes, steps, cuts, how, limit):
    """Job: some rows of y, some blocks of V registers of its columns, one part of the sum. All arrays are flat.

    sizes (M, N, K); steps between a's rows and its terms; cuts: rows, blocks and terms of a job, terms of a stretch.
    """
    m, n, summed = sizes
    a_row, a_term = steps
    t, width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // a.itemsize)
    blocks = ceil_div(n, width)
    row_cuts, block_cuts = ceil_div(m, cuts[0]), ceil_div(blocks, cuts[1])
    one, panel = np.ones(1, a.dtype), np.empty(cuts[3] * width if how.fills else 0, a.dtype)
    tiles = ceil_div(min(cuts[0], m), t)
    sums_so_far = np.empty(cuts[1] * tiles * t * width if cuts[2] > cuts[3] else 0, a.dtype)
    gathers = a_term > 1 and cuts[1] >= GATHER
    near = np.empty(tiles * t * cuts[3] if gathers else 0, a.dtype)
    for job in range(start, stop):
        part, row_cut, block_cut = job // block_cuts // row_cuts, job // block_cuts % row_cuts, job % block_cuts
        rows_first, rows_stop = row_cut * cuts[0], min((row_cut + 1) * cuts[0], m)
        terms_first, terms_stop = part * cuts[2], min((part + 1) * cuts[2], summed)
        for k in range(terms_first, terms_stop, cuts[3]):
            terms = min(cuts[3], terms_stop - k)
            if gathers:
                _gather(near, a, shape, rows_first, rows_stop, k, terms, a_term)
            blocks_first, count = block_cut * cuts[1], min(cuts[1], blocks - block_cut * cuts[1])
            height = ceil_div(rows_stop - rows_first, t)
            for step in range(count * height):
                block, j = (step % count, step // count) if how.by_rows else (step // height, step % height)
                first = (blocks_first + block) * width
                lanes = min(width, n - first)
                w, iw, iw_step = b, k * n + first, n
                if how.fills:
                    if j == 0:
                        _fill_panel(panel, b, scale, shape, first, k, terms, n, summed, how.transposed)
                    w, iw, iw_step = panel, 0, width
                elif how.filled:
                    iw, iw_step = (k * blocks + (blocks_first + block) * terms) * width, width
                row = min(rows_first + j * t, rows_stop - t)  # the last tile overlaps its neighbour
                home, at = (block * tiles + j) * t * width, (part * m + row) * n + first
                if k > terms_first:
                    sums = tile.load(shape, sums_so_far, home, width, width)
                elif part > 0:
                    sums = tile.zeros(shape, a)
                elif residual.size:
                    sums = tile.fma(tile.load(shape, residual, at, n, lanes), one, 0, 0, bias, first)
                else:
                    sums = tile.repeat(shape, bias, first)
                if gathers:
                    for ia in range(j * t * terms, (j + 1) * t * terms, t):
                        sums = tile.fma(sums, near, ia, 1, w, iw)
                        iw += iw_step
                elif how.fills or how.filled:
                    for ia in range(row * a_row + k * a_term, row * a_row + (k + terms) * a_term, a_term):
                        sums = tile.fma(sums, a, ia, a_row, w, iw)
                        iw += iw_step
                else:  # each tile asks for one line of every row of the next stretch
                    ahead = terms * n + j * (tile.LINE // a.itemsize)
                    for ia in range(row * a_row + k * a_term, row * a_row + (k + terms) * a_term, a_term):
                        tile.prefetch(b, iw + ahead)
                        sums = tile.fma(sums, a, ia, a_row, w, iw)
                        iw += iw_step
                if k + terms < terms_stop:
                    tile.store(sums, sums_so_far, home, width, width)
                    continue
                if limit >= 0:
                    sums = tile.relu(sums, limit)
                if how.streams:
                    tile.stream(sums, y, at, n)
                else:
                    tile.store(sums, y, at, n, lanes)
        if how.streams:
            tile.fence()


@jit
def _add_parts(start, stop, partial, y, limit):
    """Job: `BLOCK` numbers of y, the sums of their parts in order. partial (parts, M * N)."""
    for job in range(start, stop):
        out = y[job * BLOCK : (job + 1) * BLOCK]
        out[:] = partial[0, job * BLOCK : (job + 1) * BLOCK]
        for part in range(1, len(partial)):
            more = partial[part, job * BLOCK : (job + 1) * BLOCK]
            for i in range(out.size):
                out[i] += more[i]
        if limit >= 0:
            for i in range(out.size):
                out[i] = 0 if out[i] <= 0 else limit if out[i] > limit else out[i]


class Cuts(NamedTuple):
    """How a product is cut: T and V; rows, blocks and terms of a job, terms of a stretch.

    panels: b is laid out in panels; together: they are so small that a job goes through all of them row by row.
    """

    t: int
    v: int
    panels: bool
    together: bool
    rows: int
    blocks: int
    terms: int
    stretch: int


@lru_cache(1024)
def _cuts(m, n, summed, dtype, transpose_a, transpose_b, scaled):
    """Decide by shapes alone."""
    far = n * dtype.itemsize >= PAGE
    few = m < (PANEL_FROM_FAR if far else PANEL_FROM)
    wide = few and not (transpose_a or transpose_b or scaled) and n % (WIDE * tile.lanes(dtype)) == 0
    v = WIDE if wide and (m == 1 or tile.REGISTERS >= 32) else tile.columns(n, dtype)
    crowded = not transpose_a and (summed < SHORT or summed * dtype.itemsize % PAGE == 0)
    tallest = WIDE_ROWS if v == WIDE else 7 if crowded or tile.REGISTERS < 32 else 14
    t = next(t for t in ROWS if t <= min(m, tallest))
    width = v * tile.lanes(dtype)
    blocks = ceil_div(n, width)
    panels = transpose_b or scaled or n % width > 0 or not few
    most, least, jobs = (EXAMPLES, GRADIENT_PART, GRADIENT_JOBS) if transpose_a else (SUMMED, PART, FEW_JOBS)
    most = most if panels else min(most, LYING_FAR if far else LYING)
    stretch = ceil_div(summed, ceil_div(summed, most))
    together = (
        panels and not transpose_a and stretch == summed and summed * blocks * width <= TOGETHER and m >= FEW_TILES * t
    )
    row_cuts = max(1, round(m * max(stretch, 256) / NEAR), jobs if together else 1)
    rows = ceil_div(m, row_cuts)
    rows = rows if row_cuts == 1 else ceil_div(rows, t) * t
    while 0 < m % rows < t:  # a tile must fit into the last cut too
        rows += t
    row_cuts = ceil_div(m, rows)
    parts = 1 if together else jobs // row_cuts if transpose_a or summed >= LONG or row_cuts * blocks < jobs // 2 else 1
    parts = max(1, min(parts, summed // least, PARTIALS // (m * n * dtype.itemsize + 1)))
    terms = ceil_div(summed, parts)
    stretch = ceil_div(terms, ceil_div(terms, most))
    terms = ceil_div(terms, stretch) * stretch  # panels that are filled for all parts begin where stretches do
    block_cuts = 1 if together else max(1, min(blocks, jobs // (row_cuts * ceil_div(summed, terms))))
    return Cuts(t, v, panels, together, rows, ceil_div(blocks, block_cuts), terms, stretch)


def matmul(a, b, y, *, transpose_a=False, transpose_b=False, bias=None, scale=None, residual=None, limit=-1.0):
    """Write the product of two matrices to y. The arguments are checked by the callers.

    Parameters
    ----------
    a : (M, K), or (K, M) with transpose_a      b : (K, N), or (N, K) with transpose_b
    y : (M, N), written, not empty; K is at least 1
    bias, scale : (N,) or None                  residual : (M, N) or None, added before the ReLU
    limit : float, of a clipped ReLU (np.inf: a plain one); below 0 for none
    """
    m, n = y.shape
    summed = a.shape[0 if transpose_a else 1]
    t, v, panels, together, rows, blocks_cut, terms, stretch = _cuts(
        m, n, summed, a.dtype, transpose_a, transpose_b, scale is not None
    )
    width, row_cuts, parts = v * tile.lanes(a.dtype), ceil_div(m, rows), ceil_div(summed, terms)
    blocks = ceil_div(n, width)
    factors = np.ones(n, a.dtype) if scale is None else scale
    b, filled = b.reshape(-1), panels and row_cuts > 1
    if filled:
        laid_out = memory.empty((summed * blocks * width,), a.dtype)
        run(
            _fill_panels,
            ceil_div(summed, stretch) * blocks,
            laid_out.size,
            laid_out,
            b,
            factors,
            tile.shape(1, v),
            (n, summed),
            stretch,
            transpose_b,
        )
        b = laid_out
    none, limit = np.empty(0, a.dtype), a.dtype.type(limit)
    target = y if parts == 1 else memory.empty((parts, m, n), a.dtype)
    streams = parts == 1 and n % width == 0 and memory.streams(y)
    how = How(transpose_b, panels and not filled, filled, streams, together)
    wide_bias = in_registers(bias, 1, blocks * width, a.dtype)
    run(
        _multiply,
        row_cuts * ceil_div(blocks, blocks_cut) * parts,
        m * summed * n // 16,
        a.reshape(-1),
        b,
        factors,
        wide_bias,
        none if residual is None else residual.reshape(-1),
        target.reshape(-1),
        tile.shape(t, v),
        (m, n, summed),
        (1, m) if transpose_a else (summed, 1),
        (rows, blocks_cut, terms, stretch),
        how,
        limit if parts == 1 else a.dtype.type(-1),
        chunks=CHUNKS,
    )
    if parts > 1:
        run(_add_parts, ceil_div(y.size, BLOCK), target.size, target.reshape(parts, -1), y.reshape(-1), limit)
