"""Where the numbers of an array lie: in its header (compact), in one piece (contiguous), or in chunks.

Anything that could reach outside the file (external storage, virtual datasets) is refused.

Source: HDF5 File Format Specification, version 3.0, section IV.A.2.i (data layout).
"""

import math

import numpy as np

from ...types import AnyArray
from .byte_reader import ByteReader
from .chunks import read_chunks
from .messages import Datatype, Filters

COMPACT, CONTIGUOUS, CHUNKED, VIRTUAL = 0, 1, 2, 3


def read_array(data: ByteReader, datatype: Datatype, shape: tuple[int, ...], layout: int, filters: Filters) -> AnyArray:
    """Return the array in the machine's byte order: the file's own bytes, read-only, where they are so already.

    Parameters
    ----------
    data : ByteReader
    datatype : Datatype
        Of numbers.
    shape : tuple of int
    layout : int
        Where the data layout message starts.
    filters : list
        As `parse_filters` returns it.
    """
    if datatype.dtype is None:
        raise ValueError("it holds texts where numbers are needed")
    data.step(60)
    nbytes = math.prod(shape) * datatype.size
    data.unpack(nbytes)
    version, storage = data.integer(layout, 1), data.integer(layout + 1, 1)
    if version not in (3, 4):
        raise ValueError(f"an array has a layout of version {version}")
    if storage == VIRTUAL:
        raise ValueError("it has a virtual dataset, which reaches into other files")
    if storage == CHUNKED and version == 4:
        raise ValueError("its chunks are in a form of HDF5 that is not read here")
    if storage not in (COMPACT, CONTIGUOUS):
        rank, root = data.integer(layout + 2, 1) - 1, data.offset(layout + 3)
        sizes = layout + 3 + data.offset_size
        chunk = tuple(data.integer(sizes + 4 * axis, 4) for axis in range(rank))
        return _native(datatype, read_chunks(data, datatype.dtype, shape, root, chunk, filters))
    if storage == COMPACT:
        size, raw = data.integer(layout + 2, 2), layout + 4
    else:
        raw, size = data.offset(layout + 2), data.length(layout + 2 + data.offset_size)
    if filters:
        raise ValueError("it has filters on an array that is not in chunks")
    if nbytes == 0:
        return _native(datatype, np.frombuffer(b"", datatype.dtype).reshape(shape))
    if raw is None or size != nbytes:
        raise ValueError(f"an array of shape {shape} takes {nbytes} bytes, and {0 if raw is None else size} are stored")
    data.store(size)
    return _native(datatype, np.frombuffer(data.slice(raw, size), datatype.dtype).reshape(shape))


def _native(datatype: Datatype, stored: AnyArray) -> AnyArray:
    """Return numbers as the machine has them; a bfloat16 is the upper half of a float32."""
    if datatype.bfloat16:
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(stored.dtype.newbyteorder("="), copy=False)
