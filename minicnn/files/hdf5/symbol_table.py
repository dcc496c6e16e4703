"""The members of a group as HDF5's older format keeps them: a B-tree of symbol tables, names in a local heap.

Source: HDF5 File Format Specification, version 3.0, sections III.B (symbol table), III.C (its entries), III.D (local
heap) and IV.A.2.r (the message that points to both).
"""

from collections.abc import Iterator

from . import btree_v1
from .byte_reader import ByteReader

SOFT_LINK = 2  # what an entry's scratch-pad holds


def members(data: ByteReader, message: int) -> Iterator[tuple[str, int | None]]:
    """Yield (name, object header's address) of every member of a group, whose symbol table message is at `message`."""
    tree, heap = data.offset(message), data.offset(message + data.offset_size)
    heap = data.expect(heap, b"HEAP", "local heap")
    names_size, names = data.length(heap + 8), data.offset(heap + 8 + 2 * data.length_size)
    entry_size = 2 * data.offset_size + 24
    for _, child in btree_v1.leaves(data, tree, btree_v1.GROUP, data.length_size, "index of a group"):
        table = data.expect(child, b"SNOD", "symbol table")
        for entry in range(table + 8, table + 8 + data.integer(table + 6, 2) * entry_size, entry_size):
            name = data.offset(entry)
            if names is None or name is None or name >= names_size:
                raise ValueError("a name lies outside its heap")
            if data.integer(entry + 2 * data.offset_size, 4) == SOFT_LINK:
                raise ValueError("it has a soft link; only members of the file itself are read")
            yield data.text(names + name, names_size - name), data.offset(entry + data.offset_size)
