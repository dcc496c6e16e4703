"""How HDF5's newer format keeps a group of many members: links in a fractal heap, found by a second kind of B-tree.

h5py writes groups so when a file is to be of the latest format, or as soon as one member's name is not ASCII.
The B-tree's records tell where in the heap a link lies. The heap's space is one long row of bytes, cut into blocks that
grow: the first two rows have `width` blocks of the starting size each, every further row has blocks twice as large; an
indirect block lists the blocks of its rows, large ones as indirect blocks again.

Source: HDF5 File Format Specification, version 3.0, sections III.A.2 and III.G.
"""


def links(data, heap, tree):
    """Yield (start, size) of every link message of a group.

    Parameters
    ----------
    data : Bytes
    heap, tree : int
        Addresses of the fractal heap and of the B-tree that indexes the names.
    """
    place = _Heap(data, heap)
    for record in _records(data, tree):
        yield place.find(record + 4)  # a record of this kind is a hash of the name, then the heap's ID of the link


class _Heap:
    """A fractal heap: finds the bytes of an object by its ID."""

    def __init__(self, data, address):
        self.data = data
        data.expect(address, b"FRHP", "fractal heap")
        width, length = data.offset_size, data.length_size
        if data.integer(address + 7, 2):
            raise ValueError("a fractal heap is packed, which Keras doesn't do")
        self.largest = data.integer(address + 10, 4)
        table = address + 14 + 10 * length + 2 * width
        self.width, self.start = data.integer(table, 2), data.length(table + 2)
        self.direct = data.length(table + 2 + length)
        bits = data.integer(table + 2 + 2 * length, 2)
        self.root, self.rows = data.offset(table + 6 + 2 * length), data.integer(table + 6 + 2 * length + width, 2)
        self.offset_bytes = (bits + 7) // 8
        self.length_bytes = (min(self.direct, self.largest).bit_length() + 7) // 8
        if not (0 < self.width <= 1 << 16 and 0 < self.start <= self.direct <= data.size + (1 << 32) and bits <= 64):
            raise ValueError("a fractal heap is damaged")

    def find(self, identity):
        """Return (start, size) of the object whose heap ID lies at `identity`."""
        data = self.data
        if data.integer(identity, 1) & 0xF0:
            raise ValueError("a fractal heap holds huge or tiny objects, which links are not")
        offset = data.integer(identity + 1, self.offset_bytes)
        size = data.integer(identity + 1 + self.offset_bytes, self.length_bytes)
        address, begin = self.root, 0
        rows = self.rows
        while rows:  # the block is an indirect one: step into the child that holds `offset`
            data.step()
            data.expect(address, b"FHIB", "block of a fractal heap")
            row, column, first, length = self._place(offset - begin)
            if row >= rows:
                raise ValueError("a link lies outside its heap")
            at = address + 5 + data.offset_size + self.offset_bytes + (row * self.width + column) * data.offset_size
            address, begin = data.offset(at), begin + first
            if length <= self.direct:
                break
            rows = (length // (self.start * self.width)).bit_length()
        data.expect(address, b"FHDB", "block of a fractal heap")
        start = address + offset - begin
        data.slice(start, size)
        return start, size

    def _place(self, offset):
        """Return (row, column, where the block begins, its length) for an offset into an indirect block."""
        row = (offset // (self.start * self.width)).bit_length()
        length = self.start << max(row - 1, 0)
        row_begin = self.width * length if row else 0
        column = (offset - row_begin) // length
        return row, column, row_begin + column * length, length


def _records(data, tree):
    """Yield where each record of a version 2 B-tree lies."""
    data.expect(tree, b"BTHD", "index of names")
    kind, node_size, size = data.integer(tree + 5, 1), data.integer(tree + 6, 4), data.integer(tree + 10, 2)
    depth = data.integer(tree + 12, 2)
    root, count = data.offset(tree + 16), data.integer(tree + 16 + data.offset_size, 2)
    if kind != 5 or size < 5 or node_size < 32 or depth > 16:
        raise ValueError("an index of names is damaged")
    if root is None:
        return
    most, pointers = _capacities(data, node_size, size, depth)
    stack = [(root, count, depth)]
    while stack:
        node, count, level = stack.pop()
        data.expect(node, b"BTIN" if level else b"BTLF", "node of an index of names")
        if count > most[level]:
            raise ValueError("an index of names is damaged")
        data.step(1 + count)
        yield from range(node + 6, node + 6 + count * size, size)
        if level:
            width, counted, total = pointers[level]
            first = node + 6 + count * size
            for child in range(count + 1):
                at = first + child * (width + counted + total)
                stack.append((data.offset(at), data.integer(at + width, counted), level - 1))


def _capacities(data, node_size, size, depth):
    """Return what a node may hold, level by level, and the widths of a child's pointer there.

    A pointer is an address, the child's number of records and, above the lowest inner level, of all records below it;
    the numbers are as wide as the largest possible one needs.
    """
    most, below = [(node_size - 10) // size], [(node_size - 10) // size]
    pointers = [None]
    for level in range(1, depth + 1):
        counted = (most[0].bit_length() + 7) // 8
        total = (below[-1].bit_length() + 7) // 8 if level > 1 else 0
        width = data.offset_size + counted + total
        most.append((node_size - 10 - width) // (size + width))
        below.append((most[-1] + 1) * below[-1] + most[-1])
        pointers.append((data.offset_size, counted, total))
    return most, pointers
