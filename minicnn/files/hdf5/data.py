"""How HDF5 lays down an array: datatype, dataspace, layout and filters, up to a NumPy array.

Read are whole numbers, floats (bfloat16 too), truth values and strings, contiguous, compact or in chunks, packed with
gzip, shuffled, with a checksum. Anything that could reach outside the file (external storage, virtual datasets) or
that is no plain number (objects, references, opaque bytes) is refused.

Source: HDF5 File Format Specification, version 3.0, sections III.A.1, IV.A.2.b, d, i and l.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np

from .bytes import decode

CLASSES = {2: "times", 4: "bit fields", 5: "opaque bytes", 6: "compound values", 7: "references", 10: "arrays"}


@dataclass
class Kind:
    """A datatype: `dtype` for numbers; for strings None, and `variable` where they lie in the global heap."""

    dtype: np.dtype | None
    size: int
    bfloat16: bool = False
    string: bool = False
    variable: bool = False


def parse_datatype(data, start):
    """Read a datatype message at `start`."""
    kind, size = data.integer(start, 1) & 15, data.integer(start + 4, 4)
    bits = data.integer(start + 1, 3)
    order = ">" if bits & 1 else "<"
    if kind == 0 and size in (1, 2, 4, 8):
        return Kind(np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}"), size)
    if kind == 1:
        exponent, mantissa = data.integer(start + 13, 1), data.integer(start + 15, 1)
        if (size, exponent, mantissa) in ((2, 5, 10), (4, 8, 23), (8, 11, 52)):
            return Kind(np.dtype(f"{order}f{size}"), size)
        if (size, exponent, mantissa) == (2, 8, 7):
            return Kind(np.dtype(f"{order}u2"), size, bfloat16=True)
        raise ValueError(f"it has floats of {size} bytes with {exponent} bits of exponent, which are unknown")
    if kind == 3 and size > 0:
        return Kind(None, size, string=True)
    if kind == 8:  # an enumeration is stored as its base type; h5py keeps truth values so
        return parse_datatype(data, start + 8) if data.integer(start + 8, 1) & 15 == 0 else _refuse(8, size)
    if kind == 9 and bits & 15 == 1:
        return Kind(None, size, string=True, variable=True)
    return _refuse(kind, size)


def _refuse(kind, size):
    raise ValueError(f"it holds {CLASSES.get(kind, 'values')} of {size} bytes (class {kind}), not plain numbers")


def parse_dataspace(data, start):
    """Read a dataspace message: the shape, () for a single value, None for "nothing"."""
    version, rank = data.integer(start, 1), data.integer(start + 1, 1)
    if version not in (1, 2):
        raise ValueError(f"a dataspace has version {version}")
    if version == 2 and data.integer(start + 3, 1) == 2:
        return None
    if rank > 32:
        raise ValueError(f"an array has {rank} axes")
    first = start + (8 if version == 1 else 4)
    return tuple(data.length(first + axis * data.length_size) for axis in range(rank))


def parse_filters(data, start):
    """Read a filter pipeline message: [(filter number, its first client value)]."""
    version, count = data.integer(start, 1), data.integer(start + 1, 1)
    if version not in (1, 2):
        raise ValueError(f"a filter pipeline has version {version}")
    at, filters = start + (8 if version == 1 else 2), []
    for _ in range(count):
        number, named = data.integer(at, 2), version == 1 or data.integer(at, 2) >= 256
        name = data.integer(at + 2, 2) if named else 0
        values = data.integer(at + (6 if named else 4), 2)
        at += (8 if named else 6) + (name + 7) // 8 * 8 if version == 1 else (8 if named else 6) + name
        filters.append((number, data.integer(at, 4) if values else 0))
        at += 4 * (values + (values % 2 if version == 1 else 0))
    return filters


def read_array(data, kind, shape, layout, filters):
    """Return the array in the machine's byte order: the file's own bytes, read-only, where they are so already.

    Parameters
    ----------
    data : Bytes
    kind : Kind
    shape : tuple of int
    layout : int
        Where the data layout message starts.
    filters : list
        As `parse_filters` returns it.
    """
    data.step(60)
    count = math.prod(shape)
    nbytes = count * kind.size
    data.unpack(nbytes)
    version, storage = data.integer(layout, 1), data.integer(layout + 1, 1)
    if version not in (3, 4):
        raise ValueError(f"an array has a layout of version {version}")
    if storage == 3:
        raise ValueError("it has a virtual dataset, which reaches into other files")
    if storage == 2 and version == 4:
        raise ValueError("its chunks are in a form of HDF5 that is not read here")
    if storage == 0:
        size, raw = data.integer(layout + 2, 2), layout + 4
    elif storage == 1:
        raw, size = data.offset(layout + 2), data.length(layout + 2 + data.offset_size)
    else:
        return _native(kind, _read_chunks(data, kind, shape, layout, filters), shape)
    if filters:
        raise ValueError("it has filters on an array that is not in chunks")
    if nbytes == 0:
        return _native(kind, b"", shape)
    if raw is None or size != nbytes:
        raise ValueError(f"an array of shape {shape} takes {nbytes} bytes, and {0 if raw is None else size} are stored")
    data.store(size)
    return _native(kind, data.slice(raw, size), shape)


def _native(kind, raw, shape):
    if kind.bfloat16:
        bits = np.frombuffer(raw, kind.dtype).astype(np.uint32) << 16
        return bits.view(np.float32).reshape(shape)
    return np.frombuffer(raw, kind.dtype).astype(kind.dtype.newbyteorder("="), copy=False).reshape(shape)


def _read_chunks(data, kind, shape, layout, filters):
    rank = data.integer(layout + 2, 1) - 1
    root = data.offset(layout + 3)
    at = layout + 3 + data.offset_size
    if rank != len(shape) or rank == 0:
        raise ValueError(f"an array of shape {shape} has chunks of {rank} axes")
    chunk = tuple(data.integer(at + 4 * axis, 4) for axis in range(rank))
    if 0 in chunk:
        raise ValueError(f"an array of shape {shape} has chunks of shape {chunk}")
    nbytes = math.prod(chunk) * kind.size
    if nbytes > data.size * 20 + (1 << 24):
        raise ValueError(f"an array of shape {shape} has chunks of {nbytes} bytes")
    result = np.zeros(shape, kind.dtype)
    key = 8 + 8 * (rank + 1)
    stack, filled = [(root, None)] if root is not None else [], 0
    while stack:
        node, level = stack.pop()
        data.expect(node, b"TREE", "index of chunks")
        here = data.integer(node + 5, 1)
        if data.integer(node + 4, 1) != 1 or (level is not None and here != level - 1):
            raise ValueError("an index of chunks is out of order")
        first = node + 8 + 2 * data.offset_size
        for entry in range(data.integer(node + 6, 2)):
            data.step(8)
            at = first + entry * (key + data.offset_size)
            child = data.offset(at + key)
            if here > 0:
                stack.append((child, here))
                continue
            size, mask = data.integer(at, 4), data.integer(at + 4, 4)
            corner = [data.integer(at + 8 + 8 * axis, 8) for axis in range(rank)]
            if any(c % k or c >= n for c, k, n in zip(corner, chunk, shape, strict=True)):
                raise ValueError(f"an array of shape {shape} has a chunk at {tuple(corner)}")
            data.store(size)
            data.unpack(nbytes)
            raw = _unfilter(data.slice(child, size), filters, mask, kind.size, nbytes)
            block = np.frombuffer(raw, kind.dtype).reshape(chunk)
            place = tuple(slice(c, min(c + k, n)) for c, k, n in zip(corner, chunk, shape, strict=True))
            result[place] = block[tuple(slice(s.stop - s.start) for s in place)]
            filled += 1
    if filled != math.prod(-(-n // k) for n, k in zip(shape, chunk, strict=True)):
        raise ValueError(f"an array of shape {shape} lacks some of its chunks")
    return result


def _unfilter(raw, filters, mask, itemsize, nbytes):
    """Undo the filters, last first; bit i of `mask` says that filter i was left out."""
    for index, (number, value) in reversed(list(enumerate(filters))):
        if mask >> index & 1:
            continue
        if number == 1:
            unpacker = zlib.decompressobj()
            try:
                raw = unpacker.decompress(raw, nbytes + 4)
            except zlib.error as fault:
                raise ValueError(f"a packed chunk is damaged ({fault})") from None
        elif number == 2:
            width = value or itemsize
            whole = len(raw) // width
            planes = np.frombuffer(raw, np.uint8, count=whole * width).reshape(width, whole)
            raw = planes.T.tobytes() + bytes(raw[whole * width :])
        elif number == 3:
            raw = raw[:-4]
        else:
            raise ValueError(f"it is packed with filter {number}, not with gzip (1), shuffle (2) or fletcher32 (3)")
    if len(raw) != nbytes:
        raise ValueError(f"a chunk has {len(raw)} bytes instead of {nbytes}")
    return raw


def strings(data, kind, count, start):
    """Return `count` texts of an attribute whose data lie at `start`."""
    texts = []
    for index in range(count):
        at = start + index * kind.size
        if not kind.variable:
            texts.append(decode(data.copy(at, kind.size).rstrip(b"\0")))
            continue
        size, heap = data.integer(at, 4), data.offset(at + 4)
        number = data.integer(at + 4 + data.offset_size, 4)
        texts.append(decode(_heap_object(data, heap, number, size)) if size else "")
    return texts


def _heap_object(data, heap, number, size):
    """Return object `number` of the global heap collection at address `heap`."""
    data.expect(heap, b"GCOL", "global heap")
    end = heap + data.length(heap + 8)
    at = heap + 8 + data.length_size
    while at + 8 + data.length_size <= end:
        data.step()
        found, length = data.integer(at, 2), data.length(at + 8)
        if found == number:
            if size > length:
                raise ValueError("a text is longer than its place in the global heap")
            return data.copy(at + 8 + data.length_size, size)
        if found == 0:
            break
        at += 8 + data.length_size + (length + 7) // 8 * 8
    raise ValueError(f"the global heap lacks object {number}")
