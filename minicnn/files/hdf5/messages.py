"""The messages that say what an array is: its datatype, its dataspace (shape), its filter pipeline.

Read are whole numbers, floats (bfloat16 too), truth values and strings; what is no plain number (objects, references,
opaque bytes) is refused.

Source: HDF5 File Format Specification, version 3.0, sections IV.A.2.b (dataspace), d (datatype) and l (filters).
"""

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from .byte_reader import ByteReader

CLASSES: dict[int, str] = {
    2: "times",
    4: "bit fields",
    5: "opaque bytes",
    6: "compound values",
    7: "references",
    10: "arrays",
}
Filters = list[tuple[int, int]]  # (filter number, its first client value)


@dataclass
class Datatype:
    """A datatype.

    Attributes
    ----------
    dtype : np.dtype or None
        Of numbers; None for strings.
    size : int
        Bytes of an element.
    bfloat16 : bool
        Whether `dtype` holds the bits of a bfloat16.
    variable : bool
        Whether strings lie in the global heap.
    """

    dtype: np.dtype[Any] | None
    size: int
    bfloat16: bool = False
    variable: bool = False


def parse_datatype(data: ByteReader, start: int) -> Datatype:
    """Read a datatype message at `start`."""
    kind, size = data.integer(start, 1) & 15, data.integer(start + 4, 4)
    bits = data.integer(start + 1, 3)
    order = ">" if bits & 1 else "<"
    if kind == 0 and size in (1, 2, 4, 8):
        return Datatype(np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}"), size)
    if kind == 1:
        exponent, mantissa = data.integer(start + 13, 1), data.integer(start + 15, 1)
        if (size, exponent, mantissa) in ((2, 5, 10), (4, 8, 23), (8, 11, 52)):
            return Datatype(np.dtype(f"{order}f{size}"), size)
        if (size, exponent, mantissa) == (2, 8, 7):
            return Datatype(np.dtype(f"{order}u2"), size, bfloat16=True)
        raise ValueError(f"it has floats of {size} bytes with {exponent} bits of exponent, which are unknown")
    if kind == 3 and size > 0:
        return Datatype(None, size)
    if kind == 8:  # an enumeration is stored as its base type; h5py keeps truth values so
        return parse_datatype(data, start + 8) if data.integer(start + 8, 1) & 15 == 0 else _refuse(8, size)
    if kind == 9 and bits & 15 == 1:
        return Datatype(None, size, variable=True)
    return _refuse(kind, size)


def _refuse(kind: int, size: int) -> NoReturn:
    raise ValueError(f"it holds {CLASSES.get(kind, 'values')} of {size} bytes (class {kind}), not plain numbers")


def parse_dataspace(data: ByteReader, start: int) -> tuple[int, ...] | None:
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


def parse_filters(data: ByteReader, start: int) -> Filters:
    """Read a filter pipeline message."""
    version, count = data.integer(start, 1), data.integer(start + 1, 1)
    if version not in (1, 2):
        raise ValueError(f"a filter pipeline has version {version}")
    at = start + (8 if version == 1 else 2)
    filters: Filters = []
    for _ in range(count):
        number, named = data.integer(at, 2), version == 1 or data.integer(at, 2) >= 256
        name = data.integer(at + 2, 2) if named else 0
        values = data.integer(at + (6 if named else 4), 2)
        at += (8 if named else 6) + (name + 7) // 8 * 8 if version == 1 else (8 if named else 6) + name
        filters.append((number, data.integer(at, 4) if values else 0))
        at += 4 * (values + (values % 2 if version == 1 else 0))
    return filters
