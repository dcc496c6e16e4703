"""The first kind of B-tree: it indexes the members of a group, and the chunks of an array.

Source: HDF5 File Format Specification, version 3.0, section III.A.1.
"""

from collections.abc import Iterator

from .byte_reader import ByteReader

GROUP, CHUNKS = 0, 1  # types of nodes


def leaves(
    data: ByteReader, root: int | None, node_type: int, key_size: int, what: str
) -> Iterator[tuple[int, int | None]]:
    """Yield (where its key lies, its child's address) of every entry of the lowest level, in the keys' order.

    Parameters
    ----------
    data : ByteReader
    root : int or None
        The root node's address.
    node_type : GROUP or CHUNKS
    key_size : int
        Bytes of a key.
    what : str
        What a sentence calls the tree.
    """
    stack: list[tuple[int | None, int | None]] = [(root, None)]  # (node, its parent's level)
    while stack:
        address, above = stack.pop()
        node = data.expect(address, b"TREE", what)
        level = data.integer(node + 5, 1)
        if data.integer(node + 4, 1) != node_type or (above is not None and level != above - 1):
            raise ValueError(f"an {what} is out of order")
        first, count = node + 8 + 2 * data.offset_size, data.integer(node + 6, 2)
        data.step(1 + count)
        keys = range(first, first + count * (key_size + data.offset_size), key_size + data.offset_size)
        if level:
            stack += [(data.offset(key + key_size), level) for key in reversed(keys)]
        else:
            yield from ((key, data.offset(key + key_size)) for key in keys)
