"""The superblock, with which an HDF5 file begins: how wide addresses are, and where the root group is.

Source: HDF5 File Format Specification, version 3.0, section II.A.
"""

from .byte_reader import ByteReader

SIGNATURE: bytes = b"\x89HDF\r\n\x1a\n"


def root_address(data: ByteReader) -> int | None:
    """Read the superblock: set the widths of `data`, return the address of the root group's object header."""
    if data.size < 96 or bytes(data.slice(0, 8)) != SIGNATURE:
        raise ValueError("it does not begin as an HDF5 file does")
    version = data.integer(8, 1)
    if version not in (0, 1, 2, 3):
        raise ValueError(f"its superblock has version {version}")
    sizes = 13 if version < 2 else 9
    data.offset_size, data.length_size = data.integer(sizes, 1), data.integer(sizes + 1, 1)
    if data.offset_size not in (4, 8) or data.length_size not in (4, 8):
        raise ValueError(f"its addresses have {data.offset_size} bytes and its lengths {data.length_size}")
    start, width = {0: 24, 1: 28}.get(version, 12), data.offset_size
    end = data.offset(start + 2 * width)
    if data.offset(start) != 0:
        raise ValueError("it begins elsewhere than at its first byte")
    if end is None or end > data.size:
        raise ValueError(f"it is truncated: {data.size} of {end} bytes are there")
    return data.offset(start + (5 if version < 2 else 3) * width)
