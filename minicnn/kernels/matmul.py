"""Matrix products on the register tile: y = a @ b, y = a @ b.T and y = a.T @ b, for dense layers and 1 x 1 windows.

    y[m,n] = f( residual[m,n] + bias[n] + scale[n] * sum_k a[m,k] * b[k,n] )

Rows of a tile are rows of y, lanes are its columns; the sum is the loop. Three things decide how near it comes to the
multiply-add limit:

- b is laid out as a panel, the columns of one tile side by side, one stretch of the sum at a time: so the loop reads it
  from the second cache, without a gap. `b.T` only means that the panel is filled by transposing squares.
- a is read where it lies, T numbers a step. A job keeps to so much of it as stays in the second cache too, while panel
  after panel passes by. Of T rows that are half a page or more apart many fall into one set of the nearest cache, and
  more than 7 displace each other: 14 rows of 1,024 numbers took 1.3 times as long. So T is 7 at most: 97% of the limit
  at all widths.
- A long sum with few outputs (a dense layer after many pixels, a gradient over a batch) is cut into parts, so that
  threads have something to share; the parts are added in order. How many follows from shapes alone.
"""

import numpy as np

from . import memory, tile
from .jit import jit
from .threads import run

SUMMED = 2048  # terms of one stretch of a sum at most: a panel of 256 KB
EXAMPLES = 256  # the same for a.T: there a term is a row of a, and each tile takes a few of its numbers from every one
NEAR = 1 << 17  # numbers of a that one job keeps to: half of a second cache of 1 MB
FEW_JOBS = 64  # enough for many threads to end together ...
CHUNKS = 8  # ... in so many portions for each: at large batches 10% faster than with 4
LONG = 4 * SUMMED  # from here on a sum is cut into parts
PART = 512  # terms of a part at least
PARTIALS = 1 << 24  # bytes of partial sums at most
PANEL_FROM = 64  # rows of y, from which on it pays to lay b out in panels
BLOCK = 1 << 12  # sums of one job, where parts are added
AHEAD = 16  # rows of b that are asked for before they are copied
ROWS = (7, 5, 3, 2, 1)
WIDE = 4  # V for a single row of y: nothing is used twice, so b is read in stretches as long as may be


@jit
def _fill_panel(panel, b, scale, shape, first, k, terms, n, summed, transposed):
    """Fill panel (terms, V*L) with columns first... of b (or rows, transposed), from term k on; zeros behind them."""
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
def _multiply(start, stop, a, b, scale, bias, residual, y, shape, sizes, steps, cuts, how, limit):
    """Job: some rows of y, some blocks of V registers of its columns, one part of the sum. All arrays are flat.

    sizes (M, N, K); steps between a's rows and its terms; cuts: rows, blocks and terms of a job, terms of a stretch;
    how: b is transposed, b is copied to panels, y is streamed past the caches.
    """
    m, n, summed = sizes
    a_row, a_term = steps
    transposed, panels, streams = how
    t, width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // a.itemsize)
    blocks = (n + width - 1) // width
    row_cuts, block_cuts = (m + cuts[0] - 1) // cuts[0], (blocks + cuts[1] - 1) // cuts[1]
    one, panel = np.ones(1, a.dtype), np.empty(cuts[3] * width if panels else 0, a.dtype)
    tiles = (min(cuts[0], m) + t - 1) // t
    sums_so_far = np.empty(cuts[1] * tiles * t * width if cuts[2] > cuts[3] else 0, a.dtype)
    for job in range(start, stop):
        part, row_cut, block_cut = job // block_cuts // row_cuts, job // block_cuts % row_cuts, job % block_cuts
        rows_first, rows_stop = row_cut * cuts[0], min((row_cut + 1) * cuts[0], m)
        terms_first, terms_stop = part * cuts[2], min((part + 1) * cuts[2], summed)
        for k in range(terms_first, terms_stop, cuts[3]):
            terms = min(cuts[3], terms_stop - k)
            for block in range(block_cut * cuts[1], min((block_cut + 1) * cuts[1], blocks)):
                first = block * width
                lanes = min(width, n - first)
                w, iw_first, iw_step = b, k * n + first, n
                if panels:
                    _fill_panel(panel, b, scale, shape, first, k, terms, n, summed, transposed)
                    w, iw_first, iw_step = panel, 0, width
                home = (block - block_cut * cuts[1]) * tiles * t * width
                for j in range((rows_stop - rows_first + t - 1) // t):
                    row = min(rows_first + j * t, rows_stop - t)  # the last tile overlaps its neighbour
                    at = (part * m + row) * n + first
                    if k > terms_first:
                        sums = tile.load(shape, sums_so_far, home + j * t * width, width, width)
                    elif part > 0:
                        sums = tile.zeros(shape, a)
                    elif residual.size:
                        sums = tile.fma(tile.load(shape, residual, at, n, lanes), one, 0, 0, bias, first)
                    else:
                        sums = tile.repeat(shape, bias, first)
                    ia, iw = row * a_row + k * a_term, iw_first
                    for _ in range(terms):
                        sums = tile.fma(sums, a, ia, a_row, w, iw)
                        ia += a_term
                        iw += iw_step
                    if k + terms < terms_stop:
                        tile.store(sums, sums_so_far, home + j * t * width, width, width)
                        continue
                    if limit >= 0:
                        sums = tile.relu(sums, limit)
                    if streams:
                        tile.stream(sums, y, at, n)
                    else:
                        tile.store(sums, y, at, n, lanes)
        if streams:
            tile.fence()


@jit
def _add_parts(start, stop, partial, y, limit):
    """Job: `BLOCK` numbers of y, the sums of their parts in order. partial (parts, M * N)."""
    for job in range(start, stop):
        out = y[job * BLOCK:(job + 1) * BLOCK]
        out[:] = partial[0, job * BLOCK:(job + 1) * BLOCK]
        for part in range(1, len(partial)):
            more = partial[part, job * BLOCK:(job + 1) * BLOCK]
            for i in range(out.size):
                out[i] += more[i]
        if limit >= 0:
            for i in range(out.size):
                out[i] = 0 if out[i] <= 0 else limit if out[i] > limit else out[i]


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
    t = next(t for t in ROWS if t <= m)
    wide = WIDE * tile.lanes(a.dtype)
    v = WIDE if t == 1 and n % wide == 0 and not transpose_b else tile.columns(n, a.dtype)
    width = v * tile.lanes(a.dtype)
    blocks = -(-n // width)
    panels = transpose_b or scale is not None or n % width > 0 or m >= PANEL_FROM
    most = EXAMPLES if transpose_a else SUMMED
    stretch = -(-summed // -(-summed // most))
    row_cuts = max(1, round(m * max(stretch, 256) / NEAR))
    rows = -(-m // row_cuts)
    rows = rows if row_cuts == 1 else -(-rows // t) * t
    while 0 < m % rows < t:  # a tile must fit into the last cut too
        rows += t
    row_cuts = -(-m // rows)
    parts = FEW_JOBS // row_cuts if summed >= LONG or row_cuts * blocks < FEW_JOBS // 2 else 1
    parts = max(1, min(parts, summed // PART, PARTIALS // (y.nbytes + 1)))
    terms = -(-summed // parts)
    stretch = -(-terms // -(-terms // most))
    parts = -(-summed // terms)
    blocks_cut = -(-blocks // max(1, min(blocks, FEW_JOBS // (row_cuts * parts))))
    padded_bias = np.zeros(blocks * width, a.dtype)
    if bias is not None:
        padded_bias[:n] = bias
    factors = np.ones(n, a.dtype) if scale is None else scale
    none, limit = np.empty(0, a.dtype), a.dtype.type(limit)
    target = y if parts == 1 else memory.empty((parts, m, n), a.dtype)
    how = (transpose_b, panels, parts == 1 and n % width == 0 and memory.streams(y))
    run(_multiply, row_cuts * -(-blocks // blocks_cut) * parts, m * summed * n // 16, a.reshape(-1), b.reshape(-1),
        factors, padded_bias, none if residual is None else residual.reshape(-1), target.reshape(-1), tile.shape(t, v),
        (m, n, summed), (1, m) if transpose_a else (summed, 1), (rows, blocks_cut, terms, stretch), how,
        limit if parts == 1 else a.dtype.type(-1), chunks=CHUNKS)
    if parts > 1:
        run(_add_parts, -(-y.size // BLOCK), target.size, target.reshape(parts, -1), y.reshape(-1), limit)
