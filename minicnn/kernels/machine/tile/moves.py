"""Between memory and registers: how a tile begins, and where it ends.

Arrays are flat. Rows of a tile lie `step` numbers apart in memory, the numbers of a row side by side. `used` tells how
many of a row's V * L lanes count: the others are read as zeros, and not written, whatever lies there. Without it all
count, and less code is compiled.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from ..jit import Instructions, intrinsic
from ..registers import REGISTER_BYTES
from . import some_lanes
from .values import (
    I8,
    I32,
    address,
    data_of,
    pack,
    registers,
    size_of,
    tile_of,
    tile_type,
    vector_of,
)


@intrinsic
def zeros(typingctx, shape, x) -> Instructions:
    """Make a tile of zeros, in the dtype of array x: the beginning of a sum.

    tile = np.zeros((T, V*L), x.dtype)
    """
    tile = tile_type(shape, x)

    def codegen(context, builder, signature, args):
        return ir.Constant(ir.ArrayType(vector_of(tile), tile.t * tile.v), None)

    return tile(shape, x), codegen


@intrinsic
def repeat(typingctx, shape, x, ix) -> Instructions:
    """Make a tile of equal rows: the beginning of a sum that has a bias, which is padded to whole registers.

    tile = np.tile(x[ix : ix + V*L], (T, 1))
    """
    tile = tile_type(shape, x)

    def codegen(context, builder, signature, args):
        row = registers(builder, tile, data_of(context, builder, signature.args[1], args[1]), args[2])
        return pack(builder, tile, row * tile.t)

    return tile(shape, x, types.intp), codegen


@intrinsic
def load(typingctx, shape, x, ix, step, used=None) -> Instructions:
    """Read a tile, and zeros in the lanes from `used` on.

    tile = np.where(lane < used, x[ix + row*step + lane], 0)
    """
    tile = tile_type(shape, x)
    counted = types.Omitted(None) if used is None else types.intp

    def codegen(context, builder, signature, args):
        data, at = data_of(context, builder, signature.args[1], args[1]), (args[2], args[3])
        cells = some_lanes.read(builder, tile, vector_of(tile), data, at, None if used is None else args[4])
        return pack(builder, tile, cells)

    return tile(shape, x, types.intp, types.intp, counted), codegen


@intrinsic
def load_any(typingctx, shape, x, ix, step, used) -> Instructions:
    """Read a tile; lanes from `used` on may hold anything: for what is stored with the same `used`.

    tile = x[ix + row*step + lane], where lane < used
    """
    tile = tile_type(shape, x)

    def codegen(context, builder, signature, args):
        array, at = (context, builder, signature.args[1], args[1]), (args[2], args[3])
        data, size = data_of(*array), size_of(*array)
        return pack(builder, tile, some_lanes.read(builder, tile, vector_of(tile), data, at, args[4], size))

    return tile(shape, x, types.intp, types.intp, types.intp), codegen


@intrinsic
def store(typingctx, tile, out, io, step, used=None) -> Instructions:
    """Write the first `used` lanes of every row; to an array of bytes, whole numbers from 0 to 255.

    out[io + row*step + lane] = tile, where lane < used
    """
    counted = types.Omitted(None) if used is None else types.intp

    def codegen(context, builder, signature, args):
        data, at = data_of(context, builder, signature.args[1], args[1]), (args[2], args[3])
        cells = [builder.extract_value(args[0], i) for i in range(tile.t * tile.v)]
        if out.dtype == types.uint8:
            cells = [builder.fptoui(cell, ir.VectorType(I8, tile.lanes)) for cell in cells]
        some_lanes.write(builder, tile, cells, data, at, None if used is None else args[4])
        return context.get_dummy_value()

    return types.none(tile, out, types.intp, types.intp, counted), codegen


@intrinsic
def stream(typingctx, tile, out, io, step) -> Instructions:
    """Write whole rows past the caches; out[io] and `step` are whole registers, aligned (see `memory.streams`).

    out[io + row*step + lane] = tile

    An ordinary store first fetches the line that it writes to: for an output larger than the caches a third of what
    ReLU moves, up to half where little is read. The job ends with a `fence`.
    """

    def codegen(context, builder, signature, args):
        cells, _, offset, step = args
        data, passing = data_of(context, builder, signature.args[1], args[1]), builder.module.add_metadata([I32(1)])
        for t in range(tile.t):
            for v in range(tile.v):
                at = address(builder, data, offset, vector_of(tile), v * tile.lanes)
                written = builder.store(builder.extract_value(cells, t * tile.v + v), at)
                written.align = REGISTER_BYTES
                written.set_metadata("nontemporal", passing)
            offset = builder.add(offset, step)
        return context.get_dummy_value()

    return types.none(tile, out, types.intp, types.intp), codegen


@intrinsic
def fence(typingctx) -> Instructions:
    """Let all threads see what was streamed before anything that is written from here on."""

    def codegen(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def prefetch(typingctx, x, ix) -> Instructions:
    """Ask for the cache line of x[ix], for later; nothing happens where there is no such memory."""

    def codegen(context, builder, signature, args):
        at = builder.gep(data_of(context, builder, signature.args[0], args[0]), [args[1]])
        kind = ir.FunctionType(ir.VoidType(), [I8.as_pointer(), I32, I32, I32])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(ask, [builder.bitcast(at, I8.as_pointer()), I32(0), I32(2), I32(1)])  # read, data
        return context.get_dummy_value()

    return types.none(x, types.intp), codegen


@intrinsic
def transpose(typingctx, x, ix, step, out, io, out_step) -> Instructions:
    """Copy a square of L x L numbers, rows becoming columns.

    out[io + j*out_step + i] = x[ix + i*step + j], where i, j < L

    In log2(L) rounds of shuffles: each swaps the off-diagonal quarters of squares of 2, 4, 8 ... numbers. One number at
    a time the same copy takes several times as long.
    """
    square = tile_of(x.dtype, REGISTER_BYTES * 8 // x.dtype.bitwidth, 1)

    def codegen(context, builder, signature, args):
        size, offset, rows = square.lanes, args[1], []
        data = data_of(context, builder, signature.args[0], args[0])
        for _ in range(size):
            rows += registers(builder, square, data, offset)
            offset = builder.add(offset, args[2])
        half = 1
        while half < size:
            low = [i if not i & half else size + i - half for i in range(size)]
            high = [i + half if not i & half else size + i for i in range(size)]
            for i in range(size):
                if not i & half:
                    a, b = rows[i], rows[i + half]
                    indices = ir.VectorType(I32, size)
                    rows[i] = builder.shuffle_vector(a, b, indices(low))
                    rows[i + half] = builder.shuffle_vector(a, b, indices(high))
            half *= 2
        data, offset = data_of(context, builder, signature.args[3], args[3]), args[4]
        for row in rows:
            builder.store(row, address(builder, data, offset, vector_of(square))).align = square.dtype.bitwidth // 8
            offset = builder.add(offset, args[5])
        return context.get_dummy_value()

    return types.none(x, types.intp, types.intp, out, types.intp, types.intp), codegen
