"""What a tile is to the compiler: T x V vectors of L numbers, an array that LLVM keeps in registers.

Here is Numba's type for it, and the pieces of LLVM that the operations share: where an array's numbers lie, V registers
from there, one number in every lane, and all cells made into a tile again.

An operation is an `intrinsic`: its Python function tells the type of the result, and its `codegen` writes the LLVM
instructions that a kernel calling it has in that place. Loops over T and V inside `codegen` are run by the compiler:
the kernel itself holds their T * V instructions, one after the other.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from ..registers import REGISTER_BYTES

# llvmlite declares no types, and Numba's own cannot be told apart by a type checker. These names say what is meant.
Builder = Any  # writes LLVM instructions, one after the other
Value = Any  # what an instruction yields: a number, a vector, an address, a tile
LlvmType = Any  # of a value
NumbaType = Any  # of an argument, as Numba found it: a tile's, an array's, a number's

I1: LlvmType = ir.IntType(1)
I8: LlvmType = ir.IntType(8)
I32: LlvmType = ir.IntType(32)
I64: LlvmType = ir.IntType(64)


class _Tile(types.Type):
    """T x V registers of L lanes."""

    def __init__(self, dtype: NumbaType, t: int, v: int) -> None:
        self.dtype, self.t, self.v = dtype, t, v
        self.lanes = REGISTER_BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Tile({dtype}, {t}, {v}, {self.lanes})")


@register_model(_Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, manager, tile) -> None:
        super().__init__(manager, tile, ir.ArrayType(vector_of(tile), tile.t * tile.v))


def tile_of(dtype: NumbaType, t: int, v: int) -> NumbaType:
    """Return the type of a tile of T x V registers; its attributes: dtype, t, v, and lanes, the L of each register."""
    return _Tile(dtype, t, v)


def tile_type(shape: NumbaType, array: NumbaType) -> NumbaType:
    """Return the type of a tile of this `shape` (see `tile.shape`) and an array's dtype."""
    return tile_of(array.dtype, len(shape[0]), len(shape[1]))


def number_of(tile: NumbaType) -> LlvmType:
    """Return LLVM's type of one number of a tile."""
    return ir.FloatType() if tile.dtype == types.float32 else ir.DoubleType()


def vector_of(tile: NumbaType) -> LlvmType:
    """Return LLVM's type of one register of a tile."""
    return ir.VectorType(number_of(tile), tile.lanes)


def fused_of(builder: Builder, tile: NumbaType) -> Value:
    """Return LLVM's function (a, b, c) -> a * b + c for the registers of a tile."""
    vector = vector_of(tile)
    name = f"llvm.fma.v{tile.lanes}f{tile.dtype.bitwidth}"
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)


def data_of(context: Any, builder: Builder, kind: NumbaType, array: Value) -> Value:
    """Return the address of an array's first number."""
    return context.make_array(kind)(context, builder, array).data


def size_of(context: Any, builder: Builder, kind: NumbaType, array: Value) -> Value:
    """Return how many numbers an array has."""
    return context.make_array(kind)(context, builder, array).nitems


def address(builder: Builder, data: Value, offset: Value, vector: LlvmType, skipped: int = 0) -> Value:
    """Return the address of data[offset + skipped], as one of a register of this type."""
    return builder.bitcast(builder.gep(data, [builder.add(offset, I64(skipped))]), vector.as_pointer())


def registers(builder: Builder, tile: NumbaType, data: Value, offset: Value) -> list[Value]:
    """Load V registers from data[offset:]."""
    loaded = []
    for v in range(tile.v):
        register = builder.load(address(builder, data, offset, vector_of(tile), v * tile.lanes))
        register.align = tile.dtype.bitwidth // 8
        loaded.append(register)
    return loaded


def splat(builder: Builder, vector: LlvmType, number: Value) -> Value:
    """Put one number into every lane."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, number, I32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, vector.count), None))


def pack(builder: Builder, tile: NumbaType, cells: list[Value]) -> Value:
    """Make a tile of its T * V registers, row after row."""
    packed = ir.Constant(ir.ArrayType(vector_of(tile), tile.t * tile.v), ir.Undefined)
    for i, cell in enumerate(cells):
        packed = builder.insert_value(packed, cell, i)
    return packed


def elementwise(tile: NumbaType, combine: Callable[..., Value]) -> Callable[..., Value]:
    """Return the codegen that combines the cells of all arguments that are tiles, place by place.

    combine(builder, *cells) writes what is done with one register of each; arguments that are no tiles go as they are.
    """

    def codegen(context, builder, signature, args):
        cells = (
            [
                builder.extract_value(arg, i) if kind == tile else arg
                for arg, kind in zip(args, signature.args, strict=True)
            ]
            for i in range(tile.t * tile.v)
        )
        return pack(builder, tile, [combine(builder, *each) for each in cells])

    return codegen
