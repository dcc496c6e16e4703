"""The register tile: the one trick behind the kernels of convolution and dense layers.

A processor multiplies and adds fastest when its numbers lie in registers: 16 (or 8, or 4) at once, one or two such
steps each cycle. But a cycle brings only one or two registers' worth of numbers from the nearest cache. A dot product
needs two loads for every multiply-add, so it waits for memory. An outer product does not: T numbers of one operand
against V registers of the other are T + V loads for T * V multiply-adds.

                       w[iw : +L]   w[iw+L : +L]            V = 2 registers of L lanes: filters, side by side
                      +------------+------------+
    x[ix]         ->  | tile[0,0]  | tile[0,1]  |
    x[ix +   step]->  | tile[1,0]  | tile[1,1]  |           T = 4 rows: pixels, `step` numbers apart in memory
    x[ix + 2*step]->  | tile[2,0]  | tile[2,1]  |
    x[ix + 3*step]->  | tile[3,0]  | tile[3,1]  |           one `fma`: every cell += its row's x times its column's w
                      +------------+------------+

The tile stays in registers over the whole loop; only at its end it is written out. Which index walks down the rows,
which across the lanes, and which one is summed over in the loop makes the difference between a convolution, its two
gradients and a matrix product:

                           rows               lanes     summed
    convolution forward    pixels             filters   rows, columns and channels of the kernel
    its input gradient     pixels             channels  rows, columns and filters of the flipped kernel
    its kernel gradient    kernel weights     filters   pixels
    dense                  the same with one pixel an image

Numba compiles these functions as its own: a tile is a value of a type of its own, LLVM vectors inside. T and V must be
known to the compiler. They come as `shape`, a pair of tuples of None whose lengths are T and V: the length of a tuple
is part of its type, so compiled kernels are found again on disk (functions made by a factory for each T, V are not).

The functions read and write flat arrays at plain offsets, without bounds checks: callers vouch for them. Lanes from
`used` on are not touched in memory, and without `used` all lanes count; rows are never left out, the last tile overlaps
its neighbour. Each one's docstring gives the same in NumPy, where a tile is an array (T, V*L), `row` stands for
np.arange(T)[:, None] and `lane` for np.arange(V*L).

    sizes.py        which T and V for which work (Python, before a kernel is called)
    values.py       what a tile is to the compiler, and the LLVM that the operations share
    some_lanes.py   rows of which not all lanes count: by masks, or in pieces
    moves.py        memory -> tile -> memory: zeros, repeat, load, load_any, store, stream, transpose; fence, prefetch
    arithmetic.py   tile -> tile: fma, fma_lanes, add, sum_rows, multiply, maximum, relu, where_positive, mix
    winners.py      where in its window a maximum was found: winner, keep
"""

from ..registers import REGISTER_BYTES, REGISTERS
from .arithmetic import add, fma, fma_lanes, maximum, mix, multiply, relu, sum_rows, where_positive
from .moves import fence, load, load_any, prefetch, repeat, store, stream, transpose, zeros
from .sizes import LINE, ROWS, Shape, columns, lanes, rows, shape
from .winners import keep, winner

__all__ = [
    "LINE",
    "REGISTERS",
    "REGISTER_BYTES",
    "ROWS",
    "Shape",
    "add",
    "columns",
    "fence",
    "fma",
    "fma_lanes",
    "keep",
    "lanes",
    "load",
    "load_any",
    "maximum",
    "mix",
    "multiply",
    "prefetch",
    "relu",
    "repeat",
    "rows",
    "shape",
    "store",
    "stream",
    "sum_rows",
    "transpose",
    "where_positive",
    "winner",
    "zeros",
]
