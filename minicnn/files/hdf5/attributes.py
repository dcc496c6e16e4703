"""An object's attributes that are texts: in a message each, strings of variable length in the global heap.

Source: HDF5 File Format Specification, version 3.0, sections IV.A.2.m (attribute), IV.A.2.v (attribute info) and III.E
(global heap).
"""

import math
from collections.abc import Sequence

from .byte_reader import ByteReader, decode
from .messages import Datatype, parse_dataspace, parse_datatype
from .object_header import ATTRIBUTE, ATTRIBUTE_INFO, Message


def read_texts(data: ByteReader, messages: Sequence[Message], name: str) -> list[str] | None:
    """Return attribute `name` of the object with these messages as a list of str, None where there is none."""
    for kind, start, size in messages:
        if kind == ATTRIBUTE:
            found, at_datatype, at_dataspace, value = _parse_attribute(data, start)
            if found != name:
                continue
            datatype, shape = parse_datatype(data, at_datatype), parse_dataspace(data, at_dataspace)
            count = math.prod(shape) if shape is not None else 0
            if count == 0:
                return []  # Keras writes an empty list of names as numbers
            if datatype.dtype is not None:
                raise ValueError(f"its attribute {name!r} is not text")
            if value + count * datatype.size > start + size:
                raise ValueError(f"its attribute {name!r} is longer than its place")
            return [_string(data, datatype, value + index * datatype.size) for index in range(count)]
    for kind, start, _ in messages:
        if kind == ATTRIBUTE_INFO and data.offset(start + 2 + 2 * (data.integer(start + 1, 1) & 1)) is not None:
            raise ValueError("its attributes are in a form of HDF5 that is not read here")
    return None


def _parse_attribute(data: ByteReader, start: int) -> tuple[str, int, int, int]:
    """Read an attribute message: its name, and where its datatype, its dataspace and its value lie."""
    version, sizes = data.integer(start, 1), [data.integer(start + at, 2) for at in (2, 4, 6)]
    if version not in (1, 2, 3) or (version > 1 and data.integer(start + 1, 1)):
        raise ValueError(f"an attribute has version {version} or a shared type")
    at = start + (9 if version == 3 else 8)
    name = decode(data.copy(at, sizes[0]).partition(b"\0")[0])
    datatype, dataspace, value = (size if version > 1 else (size + 7) // 8 * 8 for size in sizes)
    return name, at + datatype, at + datatype + dataspace, at + datatype + dataspace + value


def _string(data: ByteReader, datatype: Datatype, start: int) -> str:
    """Return the string whose element lies at `start`."""
    if not datatype.variable:
        return decode(data.copy(start, datatype.size).rstrip(b"\0"))
    size, heap = data.integer(start, 4), data.offset(start + 4)
    number = data.integer(start + 4 + data.offset_size, 4)
    return decode(_heap_object(data, heap, number, size)) if size else ""


def _heap_object(data: ByteReader, heap: int | None, number: int, size: int) -> bytes:
    """Return object `number` of the global heap collection at address `heap`."""
    heap = data.expect(heap, b"GCOL", "global heap")
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
