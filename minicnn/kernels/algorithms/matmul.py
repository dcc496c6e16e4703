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
from typing import Any, NamedTuple

import numpy as np

from ...types import Array
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
SHORT = 256  # terms of a sum below which 14 rows are not worth it: they take long to be written
TOGETHER = 3 << 16  # numbers of all panels that stay in the second cache together: then rows of y are written whole ...
FEW_TILES = 32  # ... if there are so many tiles of them, one below the other
PAGE = 4096  # bytes


class Operand(NamedTuple):
    """b as it lies in memory: (K, N), or (N, K) where it is transposed."""

    n: int
    summed: int
    transposed: bool


@jit
def _fill_panel(panel, b, scale, shape, operand, first, k, terms):
    """Fill panel (terms, V*L) with columns first... of b (or rows, transposed), from term k on; then zeros.

    `scale` multiplies columns; nobody asks for that of rows.
    """
    n, summed, transposed = operand
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
def _fill_panels(start, stop, panels, b, scale, shape, operand, stretch):
    """Job: one panel. panels (stretches, blocks, terms, V*L), flat."""
    operand = Operand(*operand)
    width = len(shape[1]) * (tile.REGISTER_BYTES // b.itemsize)
    blocks = ceil_div(operand.n, width)
    for job in range(start, stop):
        k, block = job // blocks * stretch, job % blocks
        terms = min(stretch, operand.summed - k)
        panel = panels[(k * blocks + block * terms) * width :]
        _fill_panel(panel, b, scale, shape, operand, block * width, k, terms)


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


class Cuts(NamedTuple):
    """What one job does: rows of y, blocks of V registers of its columns, terms of the sum; terms of one stretch."""

    rows: int
    blocks: int
    terms: int
    stretch: int


class Steps(NamedTuple):
    """How many numbers further in a the next row of y begins, and the next term of the sum."""

    row: int
    term: int


class How(NamedTuple):
    """Everything about a product but its arrays.

    Attributes
    ----------
    m : rows of y
    b : what b is
    steps, cuts : see their classes
    fills : each job lays b out in panels
    filled : b is panels already (neither: it is read as it lies)
    streams : y is written past the caches
    by_rows : tile after tile along the rows of y, not down its columns
    limit : of a clipped ReLU of y, or below 0
    """

    m: int
    b: Operand
    steps: Steps
    cuts: Cuts
    fills: bool
    filled: bool
    streams: bool
    by_rows: bool
    limit: np.floating[Any]


@jit
def _named(how):
    """Name the numbers of a How that came as plain tuples (see `run`)."""
    m, b, steps, cuts, fills, filled, streams, by_rows, limit = how
    return How(m, Operand(*b), Steps(*steps), Cuts(*cuts), fills, filled, streams, by_rows, limit)


@jit
def _multiply(start, stop, a, b, scale, bias, residual, y, shape, how):
    """Job: some rows of y, some blocks of V registers of its columns, one part of the sum. All arrays are flat."""
    how = _named(how)
    m, (n, summed, _), (a_row, a_term), cuts = how.m, how.b, how.steps, how.cuts
    t, width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // a.itemsize)
    blocks = ceil_div(n, width)
    row_cuts, block_cuts = ceil_div(m, cuts.rows), ceil_div(blocks, cuts.blocks)
    one, panel = np.ones(1, a.dtype), np.empty(cuts.stretch * width if how.fills else 0, a.dtype)
    tiles = ceil_div(min(cuts.rows, m), t)
    sums_so_far = np.empty(cuts.blocks * tiles * t * width if cuts.terms > cuts.stretch else 0, a.dtype)
    gathers = a_term > 1 and cuts.blocks >= GATHER
    near = np.empty(tiles * t * cuts.stretch if gathers else 0, a.dtype)
    for job in range(start, stop):
        part, row_cut, block_cut = job // block_cuts // row_cuts, job // block_cuts % row_cuts, job % block_cuts
        rows_first, rows_stop = row_cut * cuts.rows, min((row_cut + 1) * cuts.rows, m)
        terms_first, terms_stop = part * cuts.terms, min((part + 1) * cuts.terms, summed)
        for k in range(terms_first, terms_stop, cuts.stretch):
            terms = min(cuts.stretch, terms_stop - k)
            if gathers:
                _gather(near, a, shape, rows_first, rows_stop, k, terms, a_term)
            blocks_first, count = block_cut * cuts.blocks, min(cuts.blocks, blocks - block_cut * cuts.blocks)
            height = ceil_div(rows_stop - rows_first, t)
            for step in range(count * height):
                block, j = (step % count, step // count) if how.by_rows else (step // height, step % height)
                first = (blocks_first + block) * width
                lanes = min(width, n - first)
                w, iw, iw_step = b, k * n + first, n
                if how.fills:
                    if j == 0:
                        _fill_panel(panel, b, scale, shape, how.b, first, k, terms)
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
                if how.limit >= 0:
                    sums = tile.relu(sums, how.limit)
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


class Plan(NamedTuple):
    """How a product is cut: T and V, the tile's; what one job does.

    panels: b is laid out in panels; together: they are so small that a job goes through all of them row by row.
    """

    t: int
    v: int
    panels: bool
    together: bool
    cuts: Cuts


@lru_cache(1024)
def _plan(
    m: int, n: int, summed: int, dtype: np.dtype[Any], transpose_a: bool, transpose_b: bool, scaled: bool
) -> Plan:
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
    return Plan(t, v, panels, together, Cuts(rows, ceil_div(blocks, block_cuts), terms, stretch))


def matmul(
    a: Array,
    b: Array,
    y: Array,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    bias: Array | None = None,
    scale: Array | None = None,
    residual: Array | None = None,
    limit: float = -1.0,
) -> None:
    """Write the product of two matrices to y. The arguments are checked by the callers.

    Parameters
    ----------
    a : (M, K), or (K, M) with transpose_a
        K is at least 1
    b : (K, N), or (N, K) with transpose_b
        dtype of a
    y : (M, N)
        written, not empty
    transpose_a, transpose_b : bool
        whether a or b is taken transposed
    bias : (N,) or None
        added to every row
    scale : (N,) or None
        multiplies the columns of b; not with transpose_b
    residual : (M, N) or None
        added before the ReLU
    limit : float
        of a clipped ReLU (np.inf: a plain one); below 0 for none
    """
    m, n = y.shape
    summed = a.shape[0 if transpose_a else 1]
    plan = _plan(m, n, summed, a.dtype, transpose_a, transpose_b, scale is not None)
    cuts, operand, scalar = plan.cuts, (n, summed, transpose_b), a.dtype.type
    row_cuts, parts, blocks = ceil_div(m, cuts.rows), ceil_div(summed, cuts.terms), _blocks(n, plan.v, a.dtype)
    factors, filled = np.ones(n, a.dtype) if scale is None else scale, plan.panels and row_cuts > 1
    flat_b = _panels(b.reshape(-1), factors, plan, operand) if filled else b.reshape(-1)
    target = y if parts == 1 else memory.empty((parts, m, n), a.dtype)
    steps = (1, m) if transpose_a else (summed, 1)
    fills, streams = plan.panels and not filled, parts == 1 and n % (plan.v * tile.lanes(a.dtype)) == 0
    streams = streams and memory.streams(y)
    how = m, operand, steps, tuple(cuts), fills, filled, streams, plan.together, scalar(limit if parts == 1 else -1)
    added = np.empty(0, a.dtype) if residual is None else residual.reshape(-1)
    wide_bias = in_registers(bias, 1, blocks * plan.v * tile.lanes(a.dtype), a.dtype)
    arrays = a.reshape(-1), flat_b, factors, wide_bias, added, target.reshape(-1)
    jobs = row_cuts * ceil_div(blocks, cuts.blocks) * parts
    run(_multiply, jobs, m * summed * n // 16, *arrays, tile.shape(plan.t, plan.v), how, chunks=CHUNKS)
    if parts > 1:
        run(_add_parts, ceil_div(y.size, BLOCK), target.size, target.reshape(parts, -1), y.reshape(-1), scalar(limit))


def _blocks(n: int, v: int, dtype: np.dtype[Any]) -> int:
    """Count the blocks of V registers that n columns fill."""
    return ceil_div(n, v * tile.lanes(dtype))


def _panels(b: Array, factors: Array, plan: Plan, operand: tuple[int, int, bool]) -> Array:
    """Lay all of b out in panels: where many jobs go through the same columns, once for them all."""
    n, summed, _ = operand
    blocks, stretch = _blocks(n, plan.v, b.dtype), plan.cuts.stretch
    panels = memory.empty((summed * blocks * plan.v * tile.lanes(b.dtype),), b.dtype)
    jobs = ceil_div(summed, stretch) * blocks
    run(_fill_panels, jobs, panels.size, panels, b, factors, tile.shape(1, plan.v), operand, stretch)
    return panels
