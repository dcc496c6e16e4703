"""Rows between memory and registers of which only the first lanes may count.

AVX-512 reads and writes the lanes that a mask tells, in one instruction and for nothing. Other processors do not: AVX2
reads numbers so, but its masked store takes some 12 cycles on AMD, and bytes it can only take one by one; SSE and NEON
have no masks at all. So there a row of which all lanes count, as most do, is moved by plain instructions, and the rest
of any other in pieces of half a register, a quarter ... one lane, as `used` has ones when it is written in binary.
Winograd's method, which moves much, became 1.5 to 2 times as fast with AVX2.
"""

from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from ..registers import REGISTER_BYTES
from .values import I1, I32, I64, Builder, LlvmType, NumbaType, Value, address, splat

MASKS = REGISTER_BYTES == 64  # for every move
READS_BY_MASK = 4 if REGISTER_BYTES == 32 else 1 if MASKS else REGISTER_BYTES + 1  # bytes of a number at least


def read(
    builder: Builder,
    tile: NumbaType,
    vector: LlvmType,
    data: Value,
    at: tuple[Value, Value],
    used: Value | None,
    size: Value | None = None,
) -> list[Value]:
    """Load T x V registers of this type, zeros in the lanes that do not count; `at`: the first number, and the step.

    used: how many lanes of a row count; None for all. size: of the array, where the other lanes may hold anything: then
    whole rows are read as far as it goes.
    """
    rows = _rows(builder, tile, *at)

    def plainly():
        return [_load(builder, vector, data, row, v * tile.lanes) for row in rows for v in range(tile.v)]

    def partly():
        if _size(vector) >= READS_BY_MASK:
            return _read_by_mask(builder, tile, vector, data, rows, used)
        columns = [_read_pieces(builder, tile, vector, data, rows, used, v) for v in range(tile.v)]
        return [column[t] for t in range(tile.t) for column in columns]

    if used is None:
        return plainly()
    room = used if size is None else builder.sub(size, rows[-1])
    return _either(builder, tile, room, plainly, partly)


def write(
    builder: Builder, tile: NumbaType, cells: list[Value], data: Value, at: tuple[Value, Value], used: Value | None
) -> None:
    """Store T x V registers; lanes that do not count are not touched in memory. Arguments as of `read`."""
    rows = _rows(builder, tile, *at)

    def plainly():
        for i, cell in enumerate(cells):
            _store(builder, cell, data, rows[i // tile.v], i % tile.v * tile.lanes)
        return []

    def partly():
        if MASKS:
            _write_by_mask(builder, tile, cells, data, rows, used)
        else:
            for v in range(tile.v):
                _write_pieces(builder, tile, cells[v :: tile.v], data, rows, used, v)
        return []

    if used is None:
        plainly()
    else:
        _either(builder, tile, used, plainly, partly)


def _either(
    builder: Builder,
    tile: NumbaType,
    room: Value,
    plainly: Callable[[], list[Value]],
    partly: Callable[[], list[Value]],
) -> list[Value]:
    """Do the one where there is room for a whole row, else the other; where masks cost nothing, the other always."""
    if MASKS:
        return partly()
    whole = builder.icmp_signed(">=", room, I64(tile.v * tile.lanes))
    with builder.if_else(whole, likely=True) as (then, otherwise):
        with then:
            first, first_block = plainly(), builder.block
        with otherwise:
            second, second_block = partly(), builder.block
    return [_phi(builder, (a, first_block), (b, second_block)) for a, b in zip(first, second, strict=True)]


def _phi(builder: Builder, *ways: tuple[Value, Any]) -> Value:
    """Return the value that came with the block before."""
    chosen = builder.phi(ways[0][0].type)
    for value, block in ways:
        chosen.add_incoming(value, block)
    return chosen


def _rows(builder: Builder, tile: NumbaType, first: Value, step: Value) -> list[Value]:
    """Return where the T rows begin."""
    rows = [first]
    for _ in range(tile.t - 1):
        rows.append(builder.add(rows[-1], step))
    return rows


def _size(vector: LlvmType) -> int:
    """Return the bytes of one number of a register."""
    return {"i8": 1, "float": 4, "double": 8}[str(vector.element)]


def _load(builder: Builder, vector: LlvmType, data: Value, offset: Value, skipped: int = 0) -> Value:
    loaded = builder.load(address(builder, data, offset, vector, skipped))
    loaded.align = _size(vector)
    return loaded


def _store(builder: Builder, cell: Value, data: Value, offset: Value, skipped: int = 0) -> None:
    builder.store(cell, address(builder, data, offset, cell.type, skipped)).align = _size(cell.type)


# ---- by masks -------------------------------------------------------------------------------------------------------


def _masks(builder: Builder, tile: NumbaType, used: Value) -> list[Value]:
    """Tell for each of the V registers which lanes count: of the V * L of a row the first `used`."""
    counts = ir.VectorType(I64, tile.lanes)
    end = splat(builder, counts, used)
    numbers = [counts([v * tile.lanes + lane for lane in range(tile.lanes)]) for v in range(tile.v)]
    return [builder.icmp_signed("<", each, end) for each in numbers]


def _masked(builder: Builder, kind: str, vector: LlvmType, result: LlvmType, arguments: list[LlvmType]) -> Value:
    """Return LLVM's function for a move by mask."""
    numbers = f"v{vector.count}{'i' if _size(vector) == 1 else 'f'}{8 * _size(vector)}"
    kind_of = ir.FunctionType(result, arguments)
    return cgutils.get_or_insert_function(builder.module, kind_of, f"llvm.masked.{kind}.{numbers}.p0")


def _read_by_mask(builder, tile, vector, data, rows, used):
    masks, nothing = _masks(builder, tile, used), ir.Constant(vector, None)
    mask = ir.VectorType(I1, tile.lanes)
    load = _masked(builder, "load", vector, vector, [vector.as_pointer(), I32, mask, vector])
    return [
        builder.call(load, [address(builder, data, row, vector, v * tile.lanes), I32(_size(vector)), masks[v], nothing])
        for row in rows
        for v in range(tile.v)
    ]


def _write_by_mask(builder, tile, cells, data, rows, used):
    masks, vector = _masks(builder, tile, used), cells[0].type
    mask = ir.VectorType(I1, tile.lanes)
    store = _masked(builder, "store", vector, ir.VoidType(), [vector, vector.as_pointer(), I32, mask])
    for i, cell in enumerate(cells):
        v = i % tile.v
        at = address(builder, data, rows[i // tile.v], vector, v * tile.lanes)
        builder.call(store, [cell, at, I32(_size(vector)), masks[v]])


# ---- in pieces ------------------------------------------------------------------------------------------------------


def _pieces(
    builder: Builder, tile: NumbaType, used: Value, v: int, smallest_first: bool
) -> Iterator[tuple[int, Value, Value]]:
    """Yield for one register of a row the sizes that a piece may have; whether there is one, and its first lane.

    The pieces lie from the largest to the smallest, in memory and in the register.
    """
    lanes = tile.lanes
    left = builder.sub(used, I64(v * lanes))
    left = builder.select(builder.icmp_signed("<", left, I64(0)), I64(0), left)
    left = builder.select(builder.icmp_signed(">", left, I64(lanes)), I64(lanes), left)
    # all of the last register is moved plainly, with the whole row
    sizes = [1 << i for i in range(lanes.bit_length()) if 1 << i < lanes or v + 1 < tile.v]
    for size in sizes if smallest_first else reversed(sizes):
        there = builder.icmp_signed("!=", builder.and_(left, I64(size)), I64(0))
        yield size, there, builder.and_(left, I64(-2 * size))


def _shuffle(builder: Builder, a: Value, b: Value, lanes: list[int]) -> Value:
    """Return the register of these lanes of a and b, which are counted on from a's."""
    return builder.shuffle_vector(a, b, ir.VectorType(I32, len(lanes))(lanes))


def _read_pieces(builder, tile, vector, data, rows, used, v):
    """Read one register of each row: each piece pushes the smaller ones before it up the lanes."""
    lanes, cells = tile.lanes, [ir.Constant(vector, None)] * tile.t
    for size, there, first in _pieces(builder, tile, used, v, smallest_first=True):
        part, before, pushed = ir.VectorType(vector.element, size), builder.block, []
        with builder.if_then(there):
            for row, cell in zip(rows, cells, strict=True):
                piece = _load(builder, part, data, builder.add(row, first), v * lanes)
                piece = _shuffle(builder, piece, ir.Constant(part, ir.Undefined), [min(i, size) for i in range(lanes)])
                places = [i if i < size else lanes + i - size for i in range(lanes)]
                pushed.append(_shuffle(builder, piece, cell, places))
            inside = builder.block
        cells = [_phi(builder, (a, inside), (b, before)) for a, b in zip(pushed, cells, strict=True)]
    return cells


def _write_pieces(builder, tile, cells, data, rows, used, v):
    """Write one register of each row: each piece goes from the lowest lanes, and what is above it moves down."""
    lanes, undefined = tile.lanes, ir.Constant(cells[0].type, ir.Undefined)
    for size, there, first in _pieces(builder, tile, used, v, smallest_first=False):
        before, moved = builder.block, []
        with builder.if_then(there):
            for row, cell in zip(rows, cells, strict=True):
                piece = _shuffle(builder, cell, undefined, list(range(size)))
                _store(builder, piece, data, builder.add(row, first), v * lanes)
                moved.append(_shuffle(builder, cell, undefined, [min(i + size, lanes) for i in range(lanes)]))
            inside = builder.block
        cells = [_phi(builder, (a, inside), (b, before)) for a, b in zip(moved, cells, strict=True)]
