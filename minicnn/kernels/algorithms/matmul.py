"""Matrix products on the register tile: y = a @ b, y = a @ b.T and y = a.T @ b, for dense layers and 1 x 1 windows.

    y[m,n] = f( residual[m,n] + bias[n] + scale[n] * sum_k a[m,k] * b[k,n] )

The last step f is a clipped ReLU, or nothing. Rows of a tile are rows of y, lanes are its columns, and the loop goes
over k: each step reads T numbers of a and V*L neighbours in a row of b, a block of columns. How near the tile comes to
the multiply-add limit is a question of how near these lie:

- A panel is a copy of what one tile reads of b: a block of columns, for one stretch of k, in the order of reading. So
  the loop reads b from the second cache, without a gap. `b.T` only means that a panel is filled by transposing squares.
  Where the rows of y are dealt to many jobs all panels are filled first: else each job would fill them again (a third
  of its time).
- With few rows of y that copy does not pay, and all depends on b's coming from far away: it is asked for in advance.
  Of one row the last block of columns overlaps its neighbour, as the last tile of rows does: both write the same.
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
from ..bias import padded_to_registers
from ..machine import ceil_div, jit, memory, run, tile

# Terms of one stretch of a sum, at most:
STRETCH = 2048  # with panels, each of 256 KB
STRETCH_UNPACKED = 128  # where b is read as it lies: from far away, so the next stretch is asked for while one is used
STRETCH_UNPACKED_FAR = 16  # ... and its rows are a page apart: whole rows are read, not pieces of pages without end
STRETCH_TRANSPOSED = 192  # for a.T: what is gathered and a panel, some 35 KB, are all that the loop reads
# Jobs and parts:
A_PER_JOB = 1 << 17  # numbers of a that one job keeps to: half of a second cache of 1 MB
JOBS = 64  # enough for many threads to end together ...
CHUNKS = 8  # ... in so many portions for each: at large batches 10% faster than with 4
JOBS_TRANSPOSED = 16  # for a.T: each gathers anew
LONG_SUM = 4 * STRETCH  # terms from which on a sum is cut into parts
LEAST_PART, LEAST_PART_TRANSPOSED = 512, 384  # terms of a part at least
PARTIALS = 1 << 24  # bytes of partial sums at most
SUMS_PER_JOB = 1 << 12  # where parts are added
# Panels and gathering:
PANELS_FROM, PANELS_FROM_FAR = 64, 8  # rows of y, from which on panels pay; where rows of b are a page apart or more
GATHER_FROM = 4  # panels of a job from which on it pays to gather
AHEAD = 16  # rows of b that are asked for before they are copied
TOGETHER = 3 << 16  # numbers of all panels that stay in the second cache together: then rows of y are written whole ...
TILES_TOGETHER = 32  # ... if there are so many tiles of them, one below the other
PAGE = 4096  # bytes
# Tiles:
# T, the first that fits: with V = 2 the tile, a row of b and a number of a fill 31 registers of 32, or 15 of 16. (With
# 16 registers 7 x 2 spilled: 1024 x 1024 x 1024 at 76 GFLOP/s, not 118, of 186 on two cores with AVX2.)
TILE_ROWS = (14, 7, 5, 3, 2, 1) if tile.REGISTERS >= 32 else (6, 5, 3, 2, 1)
WIDE_V, WIDE_T = 4, 5  # for few rows of y: little is used twice, so b is read in stretches as long as may be
# V of one row, the first of the least work. (With 16 registers 1 x 8 moved twelve of them to the stack and back.)
ONE_ROW_V = (8, 4, 2) if tile.REGISTERS >= 32 else (4, 2)
SHORT_SUM = 256  # terms below which 14 rows are not worth it: they take long to be written


class Operand(NamedTuple):
    """b as it lies in memory, (K, N), or (N, K) where it is transposed: N, K (the depth of every sum), and whether."""

    n: int
    depth: int
    transposed: bool


@jit
def _fill_panel(panel, b, scale, shape, operand, first, k, terms):
    """Fill panel (terms, V*L) with columns first... of b (or rows, transposed), from term k on; then zeros.

    `scale` multiplies columns; nobody asks for that of rows.
    """
    n, depth, transposed = operand
    lanes = tile.REGISTER_BYTES // b.itemsize
    width = len(shape[1]) * lanes
    one_row = (shape[0][:1], shape[1])
    if not transposed:
        factors = tile.load(one_row, scale, first, 0, n - first)
        for i in range(terms):
            tile.prefetch(b, (k + i + AHEAD) * n + first)  # rows may lie a page apart: no processor guesses the next
            tile.prefetch(b, (k + i + AHEAD) * n + first + lanes)
            row = tile.load(one_row, b, (k + i) * n + first, 0, n - first)
            tile.store(tile.multiply(row, factors), panel, i * width, 0)
        return
    for lane in range(0, width, lanes):
        for i in range(0, terms, lanes):
            column = first + lane
            if column + lanes <= n and i + lanes <= terms:
                for row in range(lanes):
                    tile.prefetch(b, (column + width + row) * depth + k + i)
                tile.transpose(b, column * depth + k + i, depth, panel, i * width + lane, width)
            else:
                for d in range(i, min(i + lanes, terms)):
                    for j in range(lanes):
                        inside = column + j < n
                        panel[d * width + lane + j] = b[(column + j) * depth + k + d] if inside else 0


@jit
def _fill_panels(start, stop, panels, b, scale, shape, operand, stretch):
    """Job: one panel. panels (stretches, blocks, terms, V*L), flat."""
    operand = Operand(*operand)
    width = len(shape[1]) * (tile.REGISTER_BYTES // b.itemsize)
    blocks = ceil_div(operand.n, width)
    for job in range(start, stop):
        k, block = job // blocks * stretch, job % blocks
        terms = min(stretch, operand.depth - k)
        panel = panels[(k * blocks + block * terms) * width :]
        _fill_panel(panel, b, scale, shape, operand, block * width, k, terms)


@jit
def _gather(gathered, a, shape, first, stop, k, terms, a_term):
    """Fill `gathered` (tiles, terms, T) with what each tile of a.T reads, in the order of reading."""
    t, register, lanes = len(shape[0]), (shape[0][:1], shape[1][:1]), tile.REGISTER_BYTES // a.itemsize
    for j in range(ceil_div(stop - first, t)):
        row = min(first + j * t, stop - t)
        for d in range(terms):
            for i in range(0, t, lanes):
                numbers = tile.load(register, a, row + i + (k + d) * a_term, 0, t - i)
                tile.store(numbers, gathered, (j * terms + d) * t + i, 0, t - i)


class PerJob(NamedTuple):
    """What one job does, at most: rows of y, blocks of its columns, terms of the sum; terms of one stretch."""

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
    steps, per_job : see their classes
    fills_panels : each job lays b out in panels
    b_is_panels : b is panels already (neither: it is read as it lies)
    streams : y is written past the caches
    by_rows : tile after tile along the rows of y, not down its columns
    limit : of a clipped ReLU of y, or below 0
    """

    m: int
    b: Operand
    steps: Steps
    per_job: PerJob
    fills_panels: bool
    b_is_panels: bool
    streams: bool
    by_rows: bool
    limit: np.floating[Any]


@jit
def _named(how):
    """Name the numbers of a How that came as plain tuples (see `run`)."""
    m, b, steps, per_job, fills_panels, b_is_panels, streams, by_rows, limit = how
    return How(m, Operand(*b), Steps(*steps), PerJob(*per_job), fills_panels, b_is_panels, streams, by_rows, limit)


@jit
def _multiply(start, stop, a, b, scale, bias, residual, y, shape, how):
    """Job: some rows of y, some blocks of V registers of its columns, one part of the sum. All arrays are flat."""
    how = _named(how)
    m, (n, depth, _), (a_row, a_term), per_job = how.m, how.b, how.steps, how.per_job
    t, width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // a.itemsize)
    blocks = ceil_div(n, width)
    row_cuts, block_cuts = ceil_div(m, per_job.rows), ceil_div(blocks, per_job.blocks)
    one, panel = np.ones(1, a.dtype), np.empty(per_job.stretch * width if how.fills_panels else 0, a.dtype)
    tiles = ceil_div(min(per_job.rows, m), t)
    sums_so_far = np.empty(per_job.blocks * tiles * t * width if per_job.terms > per_job.stretch else 0, a.dtype)
    gathers = a_term > 1 and per_job.blocks >= GATHER_FROM
    gathered = np.empty(tiles * t * per_job.stretch if gathers else 0, a.dtype)
    for job in range(start, stop):
        part, row_cut, block_cut = job // block_cuts // row_cuts, job // block_cuts % row_cuts, job % block_cuts
        rows_first, rows_stop = row_cut * per_job.rows, min((row_cut + 1) * per_job.rows, m)
        terms_first, terms_stop = part * per_job.terms, min((part + 1) * per_job.terms, depth)
        for k in range(terms_first, terms_stop, per_job.stretch):
            terms = min(per_job.stretch, terms_stop - k)
            if gathers:
                _gather(gathered, a, shape, rows_first, rows_stop, k, terms, a_term)
            blocks_first, count = block_cut * per_job.blocks, min(per_job.blocks, blocks - block_cut * per_job.blocks)
            height = ceil_div(rows_stop - rows_first, t)  # tiles, one below the other
            for step in range(count * height):
                block, j = (step % count, step // count) if how.by_rows else (step // height, step % height)
                first = (blocks_first + block) * width
                if not (how.fills_panels or how.b_is_panels):
                    first = min(first, n - width)
                used = min(width, n - first)  # lanes that are columns
                w, iw, iw_step = b, k * n + first, n  # what the tile multiplies with: row k of b from `first` on
                if how.fills_panels:
                    if j == 0:
                        _fill_panel(panel, b, scale, shape, how.b, first, k, terms)
                    w, iw, iw_step = panel, 0, width
                elif how.b_is_panels:
                    iw, iw_step = (k * blocks + (blocks_first + block) * terms) * width, width
                row = min(rows_first + j * t, rows_stop - t)  # the last tile overlaps its neighbour
                home, at = (block * tiles + j) * t * width, (part * m + row) * n + first  # in sums_so_far, in y
                if k > terms_first:
                    sums = tile.load(shape, sums_so_far, home, width)
                elif part > 0:
                    sums = tile.zeros(shape, a)
                elif residual.size:
                    sums = tile.fma(tile.load(shape, residual, at, n, used), one, 0, 0, bias, first)
                else:
                    sums = tile.repeat(shape, bias, first)
                if gathers:
                    for ia in range(j * t * terms, (j + 1) * t * terms, t):
                        sums = tile.fma(sums, gathered, ia, 1, w, iw)
                        iw += iw_step
                elif how.fills_panels or how.b_is_panels:
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
                    tile.store(sums, sums_so_far, home, width)
                    continue
                if how.limit >= 0:
                    sums = tile.relu(sums, how.limit)
                if how.streams:
                    tile.stream(sums, y, at, n)
                else:
                    tile.store(sums, y, at, n, used)
        if how.streams:
            tile.fence()


@jit
def _add_parts(start, stop, partial, y, limit):
    """Job: `SUMS_PER_JOB` numbers of y, the sums of their parts in order. partial (parts, M * N)."""
    for job in range(start, stop):
        out = y[job * SUMS_PER_JOB : (job + 1) * SUMS_PER_JOB]
        out[:] = partial[0, job * SUMS_PER_JOB : (job + 1) * SUMS_PER_JOB]
        for part in range(1, len(partial)):
            more = partial[part, job * SUMS_PER_JOB : (job + 1) * SUMS_PER_JOB]
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
    per_job: PerJob


@lru_cache(1024)
def _plan(m: int, n: int, depth: int, dtype: np.dtype[Any], transpose_a: bool, transpose_b: bool, scaled: bool) -> Plan:
    """Decide by shapes alone: first the tile, then how the sum is walked through, then what one job does."""
    far = n * dtype.itemsize >= PAGE  # how far apart rows of b lie
    few = m < (PANELS_FROM_FAR if far else PANELS_FROM)
    lanes, as_it_lies = tile.lanes(dtype), few and not (transpose_a or transpose_b or scaled)
    if as_it_lies and m == 1 and n >= 2 * lanes:
        v = min((v for v in ONE_ROW_V if v * lanes <= n), key=lambda v: ceil_div(n, v * lanes) * v)
    else:
        wide = as_it_lies and tile.REGISTERS >= 32 and n % (WIDE_V * lanes) == 0
        v = WIDE_V if wide else tile.columns(n, dtype)
    crowded = not transpose_a and (depth < SHORT_SUM or depth * dtype.itemsize % PAGE == 0)
    tallest = WIDE_T if v > 2 else 7 if crowded else TILE_ROWS[0]
    t = next(t for t in TILE_ROWS if t <= min(m, tallest))
    width = v * lanes
    blocks = ceil_div(n, width)

    panels = transpose_b or scaled or not few or n < width or (m > 1 and n % width > 0)
    longest, least_part, jobs = (
        (STRETCH_TRANSPOSED, LEAST_PART_TRANSPOSED, JOBS_TRANSPOSED) if transpose_a else (STRETCH, LEAST_PART, JOBS)
    )
    longest = longest if panels else min(longest, STRETCH_UNPACKED_FAR if far else STRETCH_UNPACKED)
    stretch = ceil_div(depth, ceil_div(depth, longest))  # equal ones, but for the last
    small = stretch == depth and depth * blocks * width <= TOGETHER
    together = panels and not transpose_a and small and m >= TILES_TOGETHER * t

    row_cuts = max(1, round(m * max(stretch, 256) / A_PER_JOB), jobs if together else 1)
    rows = ceil_div(m, row_cuts)
    rows = rows if row_cuts == 1 else ceil_div(rows, t) * t
    while 0 < m % rows < t:  # a tile must fit into the last cut too
        rows += t
    row_cuts = ceil_div(m, rows)
    splits = not together and (transpose_a or depth >= LONG_SUM or row_cuts * blocks < jobs // 2)
    parts = jobs // row_cuts if splits else 1
    parts = max(1, min(parts, depth // least_part, PARTIALS // (m * n * dtype.itemsize + 1)))
    terms = ceil_div(depth, parts)
    stretch = ceil_div(terms, ceil_div(terms, longest))
    terms = ceil_div(terms, stretch) * stretch  # panels that are filled for all parts begin where stretches do
    block_cuts = 1 if together else max(1, min(blocks, jobs // (row_cuts * ceil_div(depth, terms))))
    return Plan(t, v, panels, together, PerJob(rows, ceil_div(blocks, block_cuts), terms, stretch))


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
    depth = a.shape[0 if transpose_a else 1]
    plan = _plan(m, n, depth, a.dtype, transpose_a, transpose_b, scale is not None)
    per_job, operand, scalar = plan.per_job, (n, depth, transpose_b), a.dtype.type
    row_cuts, parts, blocks = ceil_div(m, per_job.rows), ceil_div(depth, per_job.terms), _blocks(n, plan.v, a.dtype)
    factors, filled = np.ones(n, a.dtype) if scale is None else scale, plan.panels and row_cuts > 1
    flat_b = _panels(b.reshape(-1), factors, plan, operand) if filled else b.reshape(-1)
    target = y if parts == 1 else memory.empty((parts, m, n), a.dtype)
    steps = (1, m) if transpose_a else (depth, 1)
    streams = parts == 1 and n % (plan.v * tile.lanes(a.dtype)) == 0 and memory.streams(y)
    ways = plan.panels and not filled, filled, streams, plan.together  # of How: from fills_panels to by_rows
    how = m, operand, steps, tuple(per_job), *ways, scalar(limit if parts == 1 else -1)
    added = np.empty(0, a.dtype) if residual is None else residual.reshape(-1)
    wide_bias = padded_to_registers(bias, 1, blocks * plan.v * tile.lanes(a.dtype), a.dtype)
    arrays = a.reshape(-1), flat_b, factors, wide_bias, added, target.reshape(-1)
    jobs = row_cuts * ceil_div(blocks, per_job.blocks) * parts
    run(_multiply, jobs, m * depth * n // 16, *arrays, tile.shape(plan.t, plan.v), how, chunks=CHUNKS)
    if parts > 1:
        jobs = ceil_div(y.size, SUMS_PER_JOB)
        run(_add_parts, jobs, target.size, target.reshape(parts, -1), y.reshape(-1), scalar(limit))


def _blocks(n: int, v: int, dtype: np.dtype[Any]) -> int:
    """Count the blocks of V registers that n columns fill."""
    return ceil_div(n, v * tile.lanes(dtype))


def _panels(b: Array, factors: Array, plan: Plan, operand: tuple[int, int, bool]) -> Array:
    """Lay all of b out in panels: where many jobs go through the same columns, once for them all."""
    n, depth, _ = operand
    blocks, stretch = _blocks(n, plan.v, b.dtype), plan.per_job.stretch
    panels = memory.empty((depth * blocks * plan.v * tile.lanes(b.dtype),), b.dtype)
    jobs = ceil_div(depth, stretch) * blocks
    run(_fill_panels, jobs, panels.size, panels, b, factors, tile.shape(1, plan.v), operand, stretch)
    return panels
