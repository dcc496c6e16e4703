"""The members of a group as HDF5's newer format keeps them: a link message each, in the header or in a fractal heap.

h5py writes a heap when a file is to be of the latest format, or as soon as one member's name is not ASCII. A B-tree of
the second kind indexes the names: its records tell where in the heap a link lies.

Source: HDF5 File Format Specification, version 3.0, sections IV.A.2.c (link info) and IV.A.2.g (link).
"""

from collections.abc import Iterator

from . import btree_v2
from .byte_reader import ByteReader, decode
from .fractal_heap import FractalHeap


def dense_members(data: ByteReader, info: int) -> Iterator[tuple[str, int | None]]:
    """Yield (name, object header's address) of the members in the heap that the link info message at `info` names."""
    at = info + 2 + (8 if data.integer(info + 1, 1) & 1 else 0)
    heap, tree = data.offset(at), data.offset(at + data.offset_size)
    if heap is None:
        return
    found = FractalHeap(data, heap)
    for record in btree_v2.records(data, tree):
        yield parse_link(data, found.find(record + 4))  # a hash of the name, then the heap's ID of the link


def parse_link(data: ByteReader, start: int) -> tuple[str, int | None]:
    """Read a link message at `start`: (name, object header's address)."""
    flags = data.integer(start + 1, 1)
    at = start + 2
    kind = data.integer(at, 1) if flags & 8 else 0
    at += bool(flags & 8) + (8 if flags & 4 else 0) + bool(flags & 16)
    width = 1 << (flags & 3)
    size = data.integer(at, width)
    if kind != 0:
        raise ValueError("it has a soft or external link; only members of the file itself are read")
    if size > 4096:
        raise ValueError("a name is too long")
    return decode(data.copy(at + width, size)), data.offset(at + width + size)
