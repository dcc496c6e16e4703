"""A block of bytes that is read with suspicion: every access is inside it, and the work that it may cause is limited.

HDF5 is a web of addresses, and a damaged or hostile file may point anywhere, in circles too. So the readers of this
folder never follow an address by themselves: they ask here, and each step, each byte copied and each byte unpacked is
counted. What a file costs is bounded by its own length, whatever it says.
"""

STEPS: int = 3_000_000  # of about a microsecond each: what one file may cost; a network of 13,000 arrays takes half
EXPANSION: int = 20  # unpacked bytes per stored byte: weights hardly compress, and new optimizer slots are all zero
FLOOR: int = 1 << 24  # bytes that any file may unpack to, however small it is


class ByteReader:
    """Bounded reads from a file's bytes, little-endian as HDF5 is.

    Parameters
    ----------
    view : bytes or memoryview

    Attributes
    ----------
    size : int
        Bytes in all.
    offset_size, length_size : int
        Widths of addresses and of lengths, in bytes; the superblock sets them.
    """

    def __init__(self, view: bytes | memoryview):
        self.view = view
        self.size: int = len(view)
        self.offset_size: int = 8
        self.length_size: int = 8
        self._steps = self._stored = self._unpacked = 0

    def step(self, count: int = 1) -> None:
        """Count work, in microseconds or so; a file that causes more than any real model does is refused."""
        self._steps += count
        if self._steps > STEPS:
            raise ValueError("its structure is endless or far larger than any model's")

    def store(self, count: int) -> None:
        """Count bytes of arrays that lie in the file: they can't be more than the file has."""
        self._stored += count
        if self._stored > self.size:
            raise ValueError("its arrays overlap or are larger than the file")

    def unpack(self, count: int) -> None:
        """Count bytes of arrays as they will lie in memory."""
        self._unpacked += count
        if self._unpacked > self.most():
            raise ValueError(f"its arrays would take more than {EXPANSION} times the file's own size")

    def most(self) -> int:
        """Return how many bytes a file of this size may unpack to."""
        return FLOOR + EXPANSION * self.size

    def slice(self, start: int | None, count: int) -> bytes | memoryview:
        """Return `count` bytes at `start` as a view, without a copy."""
        if start is None:
            raise ValueError("it points to an undefined address")
        if start < 0 or count < 0 or start + count > self.size:
            raise ValueError(f"it points to bytes {start} to {start + count}, outside its {self.size} bytes")
        return self.view[start : start + count]

    def copy(self, start: int | None, count: int) -> bytes:
        """Return `count` bytes at `start` as bytes."""
        self.step(1 + count // 256)
        return bytes(self.slice(start, count))

    def integer(self, start: int, width: int) -> int:
        """Return the unsigned integer of `width` bytes at `start`."""
        return int.from_bytes(self.slice(start, width), "little")

    def offset(self, start: int) -> int | None:
        """Return the address at `start`, or None where it is undefined (all ones)."""
        value = self.integer(start, self.offset_size)
        return None if value == (1 << 8 * self.offset_size) - 1 else value

    def length(self, start: int) -> int:
        """Return the length at `start`."""
        return self.integer(start, self.length_size)

    def expect(self, start: int | None, signature: bytes, what: str) -> int:
        """Check the four letters that open most structures; return `start`, which is defined then."""
        if start is None or bytes(self.slice(start, len(signature))) != signature:
            raise ValueError(f"there is no {what} where one should be")
        return start

    def text(self, start: int, limit: int) -> str:
        """Return the name that starts at `start` and ends with a zero byte, within `limit` bytes."""
        limit = min(limit, 4096, self.size - start)
        raw = self.copy(start, limit).partition(b"\0")
        if not raw[1]:
            raise ValueError("a name has no end")
        return decode(raw[0])


def decode(raw: bytes | memoryview) -> str:
    """Return `raw` as text; HDF5 says ASCII or UTF-8, and the second holds the first."""
    try:
        return bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("a text is not UTF-8") from None
