"""An array in chunks, each packed by filters: gzip, shuffle, a checksum.

Source: HDF5 File Format Specification, version 3.0, sections III.A.1 (the B-tree of chunks) and IV.A.2.l (filters).
"""

import math
import zlib
from typing import Any

import numpy as np

from ...types import AnyArray
from . import btree_v1
from .byte_reader import ByteReader
from .messages import Filters

GZIP, SHUFFLE, FLETCHER32 = 1, 2, 3


def read_chunks(
    data: ByteReader,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    root: int | None,
    chunk: tuple[int, ...],
    filters: Filters,
) -> AnyArray:
    """Return an array that lies in chunks.

    Parameters
    ----------
    data : ByteReader
    dtype : np.dtype
        As stored.
    shape : tuple of int
        The array's.
    root : int or None
        Address of the B-tree of chunks; None where none was ever written.
    chunk : tuple of int
        A chunk's shape.
    filters : list
        As `parse_filters` returns it.
    """
    if len(chunk) != len(shape) or not chunk:
        raise ValueError(f"an array of shape {shape} has chunks of {len(chunk)} axes")
    if 0 in chunk:
        raise ValueError(f"an array of shape {shape} has chunks of shape {chunk}")
    nbytes = math.prod(chunk) * dtype.itemsize
    if nbytes > data.most():
        raise ValueError(f"an array of shape {shape} has chunks of {nbytes} bytes")
    result, filled = np.zeros(shape, dtype), 0
    entries = btree_v1.leaves(data, root, btree_v1.CHUNKS, 16 + 8 * len(chunk), "index of chunks")
    for key, child in entries if root is not None else ():
        data.step(7)
        size, mask = data.integer(key, 4), data.integer(key + 4, 4)
        corner = tuple(data.integer(key + 8 + 8 * axis, 8) for axis in range(len(chunk)))
        if any(c % k or c >= n for c, k, n in zip(corner, chunk, shape, strict=True)):
            raise ValueError(f"an array of shape {shape} has a chunk at {corner}")
        data.store(size)
        data.unpack(nbytes)
        raw = _unfilter(data.slice(child, size), filters, mask, dtype.itemsize, nbytes)
        block = np.frombuffer(raw, dtype).reshape(chunk)
        inside = tuple(slice(c, min(c + k, n)) for c, k, n in zip(corner, chunk, shape, strict=True))
        result[inside] = block[tuple(slice(s.stop - s.start) for s in inside)]
        filled += 1
    if filled != math.prod(math.ceil(n / k) for n, k in zip(shape, chunk, strict=True)):
        raise ValueError(f"an array of shape {shape} lacks some of its chunks")
    return result


def _unfilter(raw: bytes | memoryview, filters: Filters, mask: int, itemsize: int, nbytes: int) -> bytes | memoryview:
    """Undo the filters, last first; bit i of `mask` says that filter i was left out."""
    for index, (number, value) in reversed(list(enumerate(filters))):
        if mask >> index & 1:
            continue
        if number == GZIP:
            unpacker = zlib.decompressobj()
            try:
                raw = unpacker.decompress(raw, nbytes + 4)
            except zlib.error as fault:
                raise ValueError(f"a packed chunk is damaged ({fault})") from None
        elif number == SHUFFLE:
            width = value or itemsize
            whole = len(raw) // width
            planes = np.frombuffer(raw, np.uint8, count=whole * width).reshape(width, whole)
            raw = planes.T.tobytes() + bytes(raw[whole * width :])
        elif number == FLETCHER32:
            raw = raw[:-4]
        else:
            raise ValueError(f"it is packed with filter {number}, not with gzip (1), shuffle (2) or fletcher32 (3)")
    if len(raw) != nbytes:
        raise ValueError(f"a chunk has {len(raw)} bytes instead of {nbytes}")
    return raw
