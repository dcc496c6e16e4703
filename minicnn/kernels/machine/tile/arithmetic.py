"""What is computed with tiles: the outer product that this is all about, and little elementwise work around it."""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types

from ..jit import Instructions, intrinsic
from .values import (
    Builder,
    NumbaType,
    Value,
    data_of,
    elementwise,
    fused_of,
    pack,
    registers,
    splat,
    tile_of,
    vector_of,
)


@intrinsic
def fma(typingctx, tile, x, ix, step, w, iw) -> Instructions:
    """Add an outer product: T numbers of x, each times the same V registers of w. One multiply-add a cell.

    tile += x[ix + row*step] * w[iw + lane]
    """

    def codegen(context, builder, signature, args):
        cells, _, offset, step, _, iw = args
        vector, fused = vector_of(tile), fused_of(builder, tile)
        x_data = data_of(context, builder, signature.args[1], args[1])
        columns = registers(builder, tile, data_of(context, builder, signature.args[4], args[4]), iw)
        for t in range(tile.t):
            number = splat(builder, vector, builder.load(builder.gep(x_data, [offset])))
            for v in range(tile.v):
                i = t * tile.v + v
                total = builder.call(fused, [number, columns[v], builder.extract_value(cells, i)])
                cells = builder.insert_value(cells, total, i)
            offset = builder.add(offset, step)
        return cells

    return tile(tile, x, types.intp, types.intp, w, types.intp), codegen


@intrinsic
def fma_lanes(typingctx, tile, x, ix, step, w, iw) -> Instructions:
    """Add T rows of x, each times the same row of w, lane by lane: for channels that do not mix.

    tile += x[ix + row*step + lane] * w[iw + lane]
    """

    def codegen(context, builder, signature, args):
        cells, _, offset, step, _, iw = args
        fused = fused_of(builder, tile)
        x_data = data_of(context, builder, signature.args[1], args[1])
        columns = registers(builder, tile, data_of(context, builder, signature.args[4], args[4]), iw)
        for t in range(tile.t):
            for v, numbers in enumerate(registers(builder, tile, x_data, offset)):
                i = t * tile.v + v
                total = builder.call(fused, [numbers, columns[v], builder.extract_value(cells, i)])
                cells = builder.insert_value(cells, total, i)
            offset = builder.add(offset, step)
        return cells

    return tile(tile, x, types.intp, types.intp, w, types.intp), codegen


@intrinsic
def add(typingctx, tile, other) -> Instructions:
    """Add two tiles, elementwise.

    tile + other
    """
    return tile(tile, other), elementwise(tile, lambda builder, a, b: builder.fadd(a, b))


@intrinsic
def sum_rows(typingctx, tile) -> Instructions:
    """Add up the rows: a tile of one row, so that little of the register file is taken.

    tile.sum(axis=0, keepdims=True)
    """
    row = tile_of(tile.dtype, 1, tile.v)

    def codegen(context, builder, signature, args):
        totals = [builder.extract_value(args[0], v) for v in range(tile.v)]
        for i in range(tile.v, tile.t * tile.v):
            totals[i % tile.v] = builder.fadd(totals[i % tile.v], builder.extract_value(args[0], i))
        return pack(builder, row, totals)

    return row(tile), codegen


@intrinsic
def multiply(typingctx, tile, other) -> Instructions:
    """Multiply two tiles, elementwise.

    tile * other
    """
    return tile(tile, other), elementwise(tile, lambda builder, a, b: builder.fmul(a, b))


@intrinsic
def maximum(typingctx, tile, other) -> Instructions:
    """Keep the larger of two tiles, elementwise; a NaN in either one stays.

    np.maximum(tile, other)
    """

    def larger(builder, a, b):
        return builder.select(wins(builder, a, b), b, a)

    return tile(tile, other), elementwise(tile, larger)


def wins(builder: Builder, a: Value, b: Value) -> Value:
    """Tell where b takes the place of a in a maximum: it is larger, or the first NaN."""
    return builder.and_(builder.fcmp_unordered(">", b, a), builder.fcmp_ordered("ord", a, a))


@intrinsic
def relu(typingctx, tile, limit) -> Instructions:
    """Set what is negative to zero, and what is above `limit` (infinity: nothing) to that; NaN stays.

    np.clip(tile, 0, limit)
    """

    def codegen(context, builder, signature, args):
        cells, limit = args[0], splat(builder, vector_of(tile), args[1])
        zero = ir.Constant(vector_of(tile), None)
        for i in range(tile.t * tile.v):
            cell = builder.extract_value(cells, i)
            cell = builder.select(builder.fcmp_ordered("<=", cell, zero), zero, cell)
            cell = builder.select(builder.fcmp_ordered(">", cell, limit), limit, cell)
            cells = builder.insert_value(cells, cell, i)
        return cells

    return tile(tile, tile.dtype), codegen


@intrinsic
def where_positive(typingctx, tile, other) -> Instructions:
    """Set a cell to zero unless the other tile's is above zero: the slope of ReLU, times a gradient.

    np.where(other > 0, tile, 0)
    """

    def gate(builder, cell, other):
        nothing = ir.Constant(vector_of(tile), None)
        return builder.select(builder.fcmp_ordered(">", other, nothing), cell, nothing)

    return tile(tile, other), elementwise(tile, gate)


def mix(tile: NumbaType, matrix: Sequence[Sequence[float]]) -> tuple[Any, Callable[..., Value]]:
    """Return signature and codegen of an intrinsic that multiplies a matrix of constants with a tile.

    matrix @ tile

    Row i of the result is the sum over j of matrix[i][j] * row j: a transform along the rows, for all lanes at once.
    What is multiplied by 0 is left out: a third of Winograd's matrices (see winograd.py) is zeros.
    """
    result = tile_of(tile.dtype, len(matrix), tile.v)

    def codegen(context, builder, signature, args):
        vector, fused = vector_of(tile), fused_of(builder, tile)
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
        return pack(builder, result, cells)

    return result(tile), codegen
