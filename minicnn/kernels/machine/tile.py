"""The register tile: the one trick behind convolution and dense kernels.

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
    dense                  the same with one pixel a picture

The choice of T and V: the tile, one row of w and one broadcast x must fit the register file (32 registers with AVX-512
and on ARM, 16 with AVX2), and T * V must be large enough to hide that a multiply-add takes four cycles or so to give
its result: 8 to 10 cells at least. `ROWS` holds the table.

Numba compiles these functions as its own: a tile is a value of a type of its own, LLVM vectors inside. T and V must be
known to the compiler. They come as `shape`, a pair of tuples of None whose lengths are T and V: the length of a tuple
is part of its type, so compiled kernels are found again on disk (functions made by a factory for each T, V are not).

The functions read and write at plain offsets, without bounds checks: callers vouch for them. Masked lanes and rows are
not touched in memory.
"""

from functools import lru_cache

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from .registers import REGISTER_BYTES, REGISTERS

I32, I64 = ir.IntType(32), ir.IntType(64)

LINE = 64  # bytes that come from memory together
# for V registers across, the T that are used: enough to fill rows of any width well, few enough to compile
ROWS = {1: (20, 16, 14, 10, 9, 6, 3, 1), 2: (14, 12, 9, 7, 4, 3, 1)}
if REGISTERS < 32:
    ROWS = {1: (10, 9, 7, 5, 3, 1), 2: (6, 5, 4, 3, 1)}


def lanes(dtype):
    """Count the numbers that one register holds: 16 float32 or 8 float64 with AVX-512."""
    return REGISTER_BYTES // dtype.itemsize


def columns(width, dtype):
    """Choose V for `width` lanes in all: 2 registers, or 1 where that is enough."""
    return 1 if width <= lanes(dtype) else 2


@lru_cache(1024)
def rows(width, v):
    """Choose T, at most `width`, for a row of `width`: the least work in all, a step counting T broadcasts and a load.

    Tiles stand side by side and the last overlaps its neighbour: so there is no remainder to compute apart.
    """
    return min((t for t in ROWS[v] if t <= width), key=lambda t: (-(-width // t) * (t + 1), -t))


def shape(t, v):
    """Give the pair of tuples that tells a kernel T and V."""
    return (None,) * t, (None,) * v


class TileType(types.Type):
    """T x V registers of L lanes."""

    def __init__(self, dtype, t, v):
        self.dtype, self.t, self.v = dtype, t, v
        self.lanes = REGISTER_BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Tile({dtype}, {t}, {v}, {self.lanes})")


@register_model(TileType)
class _TileModel(models.PrimitiveModel):
    def __init__(self, manager, tile):
        super().__init__(manager, tile, ir.ArrayType(_vector(tile), tile.t * tile.v))


def _number(tile):
    return ir.FloatType() if tile.dtype == types.float32 else ir.DoubleType()


def _vector(tile):
    return ir.VectorType(_number(tile), tile.lanes)


def _data(context, builder, kind, array):
    """Give the address of an array's first number."""
    return context.make_array(kind)(context, builder, array).data


def _registers(builder, tile, data, offset):
    """Load V registers from data[offset:]."""
    loaded = []
    for v in range(tile.v):
        at = builder.gep(data, [builder.add(offset, I64(v * tile.lanes))])
        register = builder.load(builder.bitcast(at, _vector(tile).as_pointer()))
        register.align = tile.dtype.bitwidth // 8
        loaded.append(register)
    return loaded


def _spread(builder, vector, number):
    """Put one number into every lane."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, number, I32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, vector.count), None))


def _tile_type(shape, array):
    return TileType(array.dtype, len(shape[0]), len(shape[1]))


@intrinsic
def zeros(typingctx, shape, x):
    """Make a tile of zeros, in the dtype of array x."""
    tile = _tile_type(shape, x)

    def codegen(context, builder, signature, args):
        return ir.Constant(ir.ArrayType(_vector(tile), tile.t * tile.v), None)

    return tile(shape, x), codegen


@intrinsic
def repeat(typingctx, shape, x, ix):
    """Make a tile whose every row is x[ix : ix + V*L]: a bias."""
    tile = _tile_type(shape, x)

    def codegen(context, builder, signature, args):
        row = _registers(builder, tile, _data(context, builder, signature.args[1], args[1]), args[2])
        return _pack(builder, tile, row * tile.t)

    return tile(shape, x, types.intp), codegen


@intrinsic
def load(typingctx, shape, x, ix, step, width):
    """Read a tile: row t is x[ix + t*step : +width], and zeros in the lanes behind."""
    tile = _tile_type(shape, x)

    def codegen(context, builder, signature, args):
        _, _, offset, step, width = args
        data, vector = _data(context, builder, signature.args[1], args[1]), _vector(tile)
        masks, nothing = _masks(builder, tile, width), ir.Constant(vector, None)
        kind = ir.FunctionType(vector, [vector.as_pointer(), I32, masks[0].type, vector])
        name = f"llvm.masked.load.v{tile.lanes}f{tile.dtype.bitwidth}.p0"
        masked = cgutils.get_or_insert_function(builder.module, kind, name)
        cells = []
        for _ in range(tile.t):
            for v in range(tile.v):
                at = builder.gep(data, [builder.add(offset, I64(v * tile.lanes))])
                at = builder.bitcast(at, vector.as_pointer())
                cells.append(builder.call(masked, [at, I32(tile.dtype.bitwidth // 8), masks[v], nothing]))
            offset = builder.add(offset, step)
        return _pack(builder, tile, cells)

    return tile(shape, x, types.intp, types.intp, types.intp), codegen


def _masks(builder, tile, width):
    """Say for each of the V registers which lanes lie below `width`."""
    counts = ir.VectorType(I64, tile.lanes)
    end = _spread(builder, counts, width)
    lanes = [counts([v * tile.lanes + lane for lane in range(tile.lanes)]) for v in range(tile.v)]
    return [builder.icmp_signed("<", lane, end) for lane in lanes]


def _pack(builder, tile, cells):
    packed = ir.Constant(ir.ArrayType(_vector(tile), tile.t * tile.v), ir.Undefined)
    for i, cell in enumerate(cells):
        packed = builder.insert_value(packed, cell, i)
    return packed


@intrinsic
def fma(typingctx, tile, x, ix, step, w, iw):
    """Add an outer product: tile[t, v] += x[ix + t*step] * w[iw + v*L : +L]."""

    def codegen(context, builder, signature, args):
        cells, _, offset, step, _, iw = args
        vector = _vector(tile)
        x_data = _data(context, builder, signature.args[1], args[1])
        columns = _registers(builder, tile, _data(context, builder, signature.args[4], args[4]), iw)
        name = f"llvm.fma.v{tile.lanes}f{tile.dtype.bitwidth}"
        fused = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)
        for t in range(tile.t):
            number = _spread(builder, vector, builder.load(builder.gep(x_data, [offset])))
            for v in range(tile.v):
                i = t * tile.v + v
                sum_ = builder.call(fused, [number, columns[v], builder.extract_value(cells, i)])
                cells = builder.insert_value(cells, sum_, i)
            offset = builder.add(offset, step)
        return cells

    return tile(tile, x, types.intp, types.intp, w, types.intp), codegen


@intrinsic
def fma_lanes(typingctx, tile, x, ix, step, w, iw):
    """Add lane by lane: tile[t, v] += x[ix + t*step + v*L : +L] * w[iw + v*L : +L]. Channels that do not mix."""

    def codegen(context, builder, signature, args):
        cells, _, offset, step, _, iw = args
        vector = _vector(tile)
        x_data = _data(context, builder, signature.args[1], args[1])
        columns = _registers(builder, tile, _data(context, builder, signature.args[4], args[4]), iw)
        name = f"llvm.fma.v{tile.lanes}f{tile.dtype.bitwidth}"
        fused = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)
        for t in range(tile.t):
            for v, number in enumerate(_registers(builder, tile, x_data, offset)):
                i = t * tile.v + v
                sum_ = builder.call(fused, [number, columns[v], builder.extract_value(cells, i)])
                cells = builder.insert_value(cells, sum_, i)
            offset = builder.add(offset, step)
        return cells

    return tile(tile, x, types.intp, types.intp, w, types.intp), codegen


@intrinsic
def relu(typingctx, tile, limit):
    """Set every negative cell to zero, and every cell above `limit` (infinity: none) to that; NaN stays."""

    def codegen(context, builder, signature, args):
        cells, limit = args[0], _spread(builder, _vector(tile), args[1])
        zero = ir.Constant(_vector(tile), None)
        for i in range(tile.t * tile.v):
            cell = builder.extract_value(cells, i)
            cell = builder.select(builder.fcmp_ordered("<=", cell, zero), zero, cell)
            cell = builder.select(builder.fcmp_ordered(">", cell, limit), limit, cell)
            cells = builder.insert_value(cells, cell, i)
        return cells

    return tile(tile, tile.dtype), codegen


@intrinsic
def add(typingctx, tile, other):
    """Add two tiles, cell by cell."""
    return tile(tile, other), _cell_by_cell(tile, lambda builder, a, b: builder.fadd(a, b))


@intrinsic
def multiply(typingctx, tile, other):
    """Multiply two tiles, cell by cell."""
    return tile(tile, other), _cell_by_cell(tile, lambda builder, a, b: builder.fmul(a, b))


@intrinsic
def maximum(typingctx, tile, other):
    """Keep the larger of two tiles, cell by cell; a NaN in either one stays."""

    def larger(builder, a, b):
        return builder.select(_wins(builder, a, b), b, a)

    return tile(tile, other), _cell_by_cell(tile, larger)


@intrinsic
def where_positive(typingctx, tile, other):
    """Set a cell to zero unless the other tile's is above zero."""

    def gate(builder, cell, other):
        nothing = ir.Constant(_vector(tile), None)
        return builder.select(builder.fcmp_ordered(">", other, nothing), cell, nothing)

    return tile(tile, other), _cell_by_cell(tile, gate)


@intrinsic
def winner(typingctx, tile, best, other, number):
    """Note who wins: `number` where `other` takes the place of `best` in their first maximum, `tile` elsewhere."""

    def later(builder, before, a, b, number):
        number = _spread(builder, _vector(tile), builder.sitofp(number, _number(tile)))
        return builder.select(_wins(builder, a, b), number, before)

    return tile(tile, best, other, types.intp), _cell_by_cell(tile, later)


@intrinsic
def keep(typingctx, tile, bytes_, io, step, width, number):
    """Set a cell to zero unless its byte, bytes_[io + t*step + lane], is `number`."""

    def codegen(context, builder, signature, args):
        cells, _, offset, step, width, number = args
        data, masks = _data(context, builder, signature.args[1], args[1]), _masks(builder, tile, width)
        vector = ir.VectorType(ir.IntType(8), tile.lanes)
        wanted, nothing = _spread(builder, vector, builder.trunc(number, ir.IntType(8))), ir.Constant(vector, None)
        kind = ir.FunctionType(vector, [vector.as_pointer(), I32, masks[0].type, vector])
        masked = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.v{tile.lanes}i8.p0")
        kept = []
        for t in range(tile.t):
            for v in range(tile.v):
                at = builder.bitcast(builder.gep(data, [builder.add(offset, I64(v * tile.lanes))]), vector.as_pointer())
                same = builder.icmp_signed("==", builder.call(masked, [at, I32(1), masks[v], nothing]), wanted)
                cell = builder.extract_value(cells, t * tile.v + v)
                kept.append(builder.select(same, cell, ir.Constant(_vector(tile), None)))
            offset = builder.add(offset, step)
        return _pack(builder, tile, kept)

    return tile(tile, bytes_, types.intp, types.intp, types.intp, types.intp), codegen


def _wins(builder, a, b):
    """Tell where b takes the place of a: it is larger, or the first NaN."""
    return builder.and_(builder.fcmp_unordered(">", b, a), builder.fcmp_ordered("ord", a, a))


def _cell_by_cell(tile, combine):
    """Combine the cells of all arguments that are tiles, place by place; the others go as they are."""

    def codegen(context, builder, signature, args):
        cells = (
            [
                builder.extract_value(arg, i) if kind == tile else arg
                for arg, kind in zip(args, signature.args, strict=True)
            ]
            for i in range(tile.t * tile.v)
        )
        return _pack(builder, tile, [combine(builder, *each) for each in cells])

    return codegen


def mix(tile, matrix):
    """Give signature and code of an intrinsic that multiplies a constant matrix with a tile.

    Row i of the result is the sum over j of matrix[i][j] * row j: a transform along the rows, for all lanes at once.
    """
    result = TileType(tile.dtype, len(matrix), tile.v)

    def codegen(context, builder, signature, args):
        vector = _vector(tile)
        kind = ir.FunctionType(vector, [vector] * 3)
        name = f"llvm.fma.v{tile.lanes}f{tile.dtype.bitwidth}"
        fused = cgutils.get_or_insert_function(builder.module, kind, name)
        cells = []
        for coefficients in matrix:
            for v in range(tile.v):
                total = None
                for j, coefficient in enumerate(coefficients):
                    if coefficient:
                        term = builder.extract_value(args[0], j * tile.v + v)
                        factor = vector([float(coefficient)] * tile.lanes)
                        if total is None:
                            total = term if coefficient == 1 else builder.fmul(factor, term)
                        else:
                            total = builder.call(fused, [factor, term, total])
                cells.append(total)
        return _pack(builder, result, cells)

    return result(tile), codegen


@intrinsic
def store(typingctx, tile, out, io, step, width):
    """Write the first `width` lanes of every row: out[io + t*step : +width] = tile[t]. To bytes, if out is of bytes."""
    bits, as_bytes = out.dtype.bitwidth, out.dtype == types.uint8

    def codegen(context, builder, signature, args):
        cells, _, offset, step, width = args
        data = _data(context, builder, signature.args[1], args[1])
        vector = ir.VectorType(ir.IntType(8), tile.lanes) if as_bytes else _vector(tile)
        masks = _masks(builder, tile, width)
        kind = ir.FunctionType(ir.VoidType(), [vector, vector.as_pointer(), I32, masks[0].type])
        name = f"llvm.masked.store.v{tile.lanes}{'i' if as_bytes else 'f'}{bits}.p0"
        masked = cgutils.get_or_insert_function(builder.module, kind, name)
        for t in range(tile.t):
            for v in range(tile.v):
                at = builder.gep(data, [builder.add(offset, I64(v * tile.lanes))])
                at = builder.bitcast(at, vector.as_pointer())
                cell = builder.extract_value(cells, t * tile.v + v)
                cell = builder.fptoui(cell, vector) if as_bytes else cell
                builder.call(masked, [cell, at, I32(bits // 8), masks[v]])
            offset = builder.add(offset, step)
        return context.get_dummy_value()

    return types.none(tile, out, types.intp, types.intp, types.intp), codegen


@intrinsic
def stream(typingctx, tile, out, io, step):
    """Write whole rows, as `store` does, past the caches: out[io] and `step` are whole registers, aligned.

    A store must otherwise fetch the line that it writes to. Where an output is larger than the caches, that is half of
    all that a memory-bound kernel moves. The job ends with a `fence`.
    """

    def codegen(context, builder, signature, args):
        cells, _, offset, step = args
        data, passing = _data(context, builder, signature.args[1], args[1]), builder.module.add_metadata([I32(1)])
        for t in range(tile.t):
            for v in range(tile.v):
                at = builder.gep(data, [builder.add(offset, I64(v * tile.lanes))])
                at = builder.bitcast(at, _vector(tile).as_pointer())
                written = builder.store(builder.extract_value(cells, t * tile.v + v), at)
                written.align = REGISTER_BYTES
                written.set_metadata("nontemporal", passing)
            offset = builder.add(offset, step)
        return context.get_dummy_value()

    return types.none(tile, out, types.intp, types.intp), codegen


@intrinsic
def fence(typingctx):
    """Let everybody see what was streamed before anything that is written from here on."""

    def codegen(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def prefetch(typingctx, x, ix):
    """Ask for the cache line of x[ix], for later; nothing happens where there is no such memory."""

    def codegen(context, builder, signature, args):
        at = builder.gep(_data(context, builder, signature.args[0], args[0]), [args[1]])
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), I32, I32, I32])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(ask, [builder.bitcast(at, ir.IntType(8).as_pointer()), I32(0), I32(2), I32(1)])  # read, data
        return context.get_dummy_value()

    return types.none(x, types.intp), codegen


@intrinsic
def transpose(typingctx, x, ix, step, out, io, out_step):
    """Copy a square of L x L numbers, rows becoming columns: out[io + j*out_step + i] = x[ix + i*step + j].

    In log2(L) rounds of shuffles: each swaps the off-diagonal quarters of squares of 2, 4, 8 ... numbers. Number by
    number the same copy takes several times as long.
    """
    square = TileType(x.dtype, REGISTER_BYTES * 8 // x.dtype.bitwidth, 1)

    def codegen(context, builder, signature, args):
        size, offset, rows = square.lanes, args[1], []
        data = _data(context, builder, signature.args[0], args[0])
        for _ in range(size):
            rows += _registers(builder, square, data, offset)
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
        data, offset = _data(context, builder, signature.args[3], args[3]), args[4]
        for row in rows:
            at = builder.bitcast(builder.gep(data, [offset]), _vector(square).as_pointer())
            builder.store(row, at).align = square.dtype.bitwidth // 8
            offset = builder.add(offset, args[5])
        return context.get_dummy_value()

    return types.none(x, types.intp, types.intp, out, types.intp, types.intp), codegen
