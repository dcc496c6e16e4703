"""The second kind of B-tree, as far as it indexes the names in a group of HDF5's newer format.

Source: HDF5 File Format Specification, version 3.0, section III.A.2.
"""

from collections.abc import Iterator
from typing import NamedTuple

from .byte_reader import ByteReader

NAMES = 5  # the type of a tree whose records are links by name


class _Pointer(NamedTuple):
    """The widths of a child's pointer, in bytes: its address, its number of records, and that of all below it."""

    address: int
    records: int
    total: int


def records(data: ByteReader, tree: int | None) -> Iterator[int]:
    """Yield where each record of the tree lies whose header is at `tree`."""
    tree = data.expect(tree, b"BTHD", "index of names")
    kind, node_size, size = data.integer(tree + 5, 1), data.integer(tree + 6, 4), data.integer(tree + 10, 2)
    depth = data.integer(tree + 12, 2)
    root, count = data.offset(tree + 16), data.integer(tree + 16 + data.offset_size, 2)
    if kind != NAMES or size < 5 or node_size < 32 or depth > 16:
        raise ValueError("an index of names is damaged")
    if root is None:
        return
    most, pointers = _capacities(data, node_size, size, depth)
    stack: list[tuple[int | None, int, int]] = [(root, count, depth)]
    while stack:
        address, count, level = stack.pop()
        node = data.expect(address, b"BTIN" if level else b"BTLF", "node of an index of names")
        if count > most[level]:
            raise ValueError("an index of names is damaged")
        data.step(1 + count)
        yield from range(node + 6, node + 6 + count * size, size)
        if level:
            width, counted, total = pointers[level - 1]
            first = node + 6 + count * size
            for child in range(count + 1):
                at = first + child * (width + counted + total)
                stack.append((data.offset(at), data.integer(at + width, counted), level - 1))


def _capacities(data: ByteReader, node_size: int, size: int, depth: int) -> tuple[list[int], list[_Pointer]]:
    """Return what a node may hold, level by level from the leaves, and a child's pointer at each inner level.

    Above the lowest inner level a pointer tells the number of all records below it too; the numbers are as wide as the
    largest possible one needs.
    """
    most, below = [(node_size - 10) // size], [(node_size - 10) // size]
    pointers: list[_Pointer] = []
    for level in range(1, depth + 1):
        counted = (most[0].bit_length() + 7) // 8
        total = (below[-1].bit_length() + 7) // 8 if level > 1 else 0
        width = data.offset_size + counted + total
        most.append((node_size - 10 - width) // (size + width))
        below.append((most[-1] + 1) * below[-1] + most[-1])
        pointers.append(_Pointer(data.offset_size, counted, total))
    return most, pointers
