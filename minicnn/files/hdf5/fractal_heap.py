"""A fractal heap: where a group of HDF5's newer format keeps many links.

The heap's space is one long row of bytes, cut into blocks that grow: the first two rows have `width` blocks of the
starting size each, every further row has blocks twice as large. A direct block holds bytes; an indirect block lists
the blocks of its rows, large ones as indirect blocks again.

Source: HDF5 File Format Specification, version 3.0, section III.G.
"""

from .byte_reader import ByteReader


class FractalHeap:
    """A fractal heap: finds an object by its ID.

    Parameters
    ----------
    data : ByteReader
    address : int
        Of the heap's header.
    """

    def __init__(self, data: ByteReader, address: int):
        self.data = data
        data.expect(address, b"FRHP", "fractal heap")
        width, length = data.offset_size, data.length_size
        if data.integer(address + 7, 2):
            raise ValueError("a fractal heap is packed, which Keras doesn't do")
        largest_object = data.integer(address + 10, 4)
        table = address + 14 + 10 * length + 2 * width  # the doubling table
        self.width: int = data.integer(table, 2)
        self.start: int = data.length(table + 2)
        self.direct: int = data.length(table + 2 + length)  # the largest direct block
        bits = data.integer(table + 2 + 2 * length, 2)
        self.root: int | None = data.offset(table + 6 + 2 * length)
        self.rows: int = data.integer(table + 6 + 2 * length + width, 2)  # of the root; 0: it is a direct block
        self.offset_bytes: int = (bits + 7) // 8
        self.length_bytes: int = (min(self.direct, largest_object).bit_length() + 7) // 8
        if not (0 < self.width <= 1 << 16 and 0 < self.start <= self.direct <= data.size + (1 << 32) and bits <= 64):
            raise ValueError("a fractal heap is damaged")

    def find(self, identity: int) -> int:
        """Return where the object starts whose heap ID lies at `identity`; all its bytes lie in the file."""
        data = self.data
        if data.integer(identity, 1) & 0xF0:
            raise ValueError("a fractal heap holds huge or tiny objects, which links are not")
        offset = data.integer(identity + 1, self.offset_bytes)
        size = data.integer(identity + 1 + self.offset_bytes, self.length_bytes)
        address, begin = self.root, 0
        rows = self.rows
        while rows:  # the block is an indirect one: step into the child that holds `offset`
            data.step()
            block = data.expect(address, b"FHIB", "block of a fractal heap")
            row, column, first, length = self._cell(offset - begin)
            if row >= rows:
                raise ValueError("a link lies outside its heap")
            at = block + 5 + data.offset_size + self.offset_bytes + (row * self.width + column) * data.offset_size
            address, begin = data.offset(at), begin + first
            if length <= self.direct:
                break
            rows = (length // (self.start * self.width)).bit_length()
        start = data.expect(address, b"FHDB", "block of a fractal heap") + offset - begin
        data.slice(start, size)
        return start

    def _cell(self, offset: int) -> tuple[int, int, int, int]:
        """Return (row, column, where the block begins, its length) for an offset into an indirect block."""
        row = (offset // (self.start * self.width)).bit_length()
        length = self.start << max(row - 1, 0)
        row_begin = self.width * length if row else 0
        column = (offset - row_begin) // length
        return row, column, row_begin + column * length, length
