"""The members of a zip that someone else made: read in memory, by their exact names, within limits; never unpacked."""

import zipfile
import zlib

from .hdf5 import EXPANSION, FLOOR
from .model_file import AnyBytes


def archive_of(view: memoryview) -> zipfile.ZipFile:
    """Open the zip in the bytes of a file."""
    window = _Window(view)
    try:
        archive = zipfile.ZipFile(window)
    except (zipfile.BadZipFile, NotImplementedError, OverflowError) as fault:
        raise ValueError(f"it is no complete zip, so no .keras file, or it is truncated ({fault}).") from None
    window.limit = len(view)
    return archive


def member(archive: zipfile.ZipFile, view: memoryview, name: str, limit: int | None) -> AnyBytes:
    """Return a member's bytes: a view where it is stored plainly, which costs no memory; checked against its CRC."""
    found = [info for info in archive.infolist() if info.filename == name]
    if len(found) != 1:
        raise ValueError(f"it has {len(found) or 'no'} members called {name!r}, so it is no .keras file.")
    info = found[0]
    if limit is not None and info.file_size > limit:
        raise ValueError(f"its {name} has {info.file_size} bytes; more than {limit} are not read.")
    if info.file_size > FLOOR + EXPANSION * info.compress_size:
        raise ValueError(f"its {name} claims {info.file_size} bytes, packed into {info.compress_size}; not unpacked.")
    if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:
        start = info.header_offset + 30
        head = bytes(view[info.header_offset : start])
        start += int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        raw = view[start : start + info.file_size]
        if head[:4] != b"PK\3\4" or len(raw) != info.file_size or zlib.crc32(raw) != info.CRC:
            raise ValueError(f"its {name} is damaged: the checksum differs.")
        return raw
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"its {name} is packed by method {info.compress_type}; only stored and deflated are read.")
    try:
        with archive.open(info) as stream:  # no more is unpacked than the claim, which may be too small
            return stream.read(info.file_size)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as fault:
        raise ValueError(f"its {name} can't be unpacked ({fault}).") from None


class _Window:
    """A memoryview as the file object that zipfile wants.

    While zipfile lists the members it may read `limit` bytes at once: the list of some 10,000 members, no million.
    """

    def __init__(self, view: memoryview):
        self.view, self.at, self.limit = view, 0, 1 << 20

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (0, self.at, len(self.view))[whence]
        if self.at < 0:
            raise OSError("negative position")
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, count: int | None = -1) -> bytes:
        end = len(self.view) if count is None or count < 0 else self.at + count
        if end - self.at > self.limit:
            raise ValueError("its list of members is longer than any model's.")
        found = bytes(self.view[self.at : end])
        self.at += len(found)
        return found

    def close(self) -> None:
        pass
