"""Stored tensors as arrays: inside an ONNX file, or in a file beside it, `net.onnx.data`.

Sizes are checked against the bytes that are there before anything is allocated. Which file has a tensor's bytes is a
name in the file, so it must be one below the model's own folder.
Source: onnx.proto, TensorProto; ONNX's docs/ExternalData.md.
"""

import math
from typing import Any

import numpy as np

from ...types import AnyArray
from ..hdf5 import EXPANSION, FLOOR
from ..model_file import AnyBytes
from ..opening import short
from ..place import Packed, Place
from .proto import Stored

TYPES: dict[int, tuple[str, int]] = {  # TensorProto's data types -> as stored, and the field of numbers one by one
    1: ("<f4", 4),
    2: ("u1", 5),
    3: ("i1", 5),
    6: ("<i4", 5),
    7: ("<i8", 7),
    9: ("?", 5),
    10: ("<f2", 5),
    11: ("<f8", 10),
}


MAX_FILES: int = 500  # beside a model; each is open while it is read


class Store:
    """The tensors of one file, read when they are asked for.

    Parameters
    ----------
    tensors : dict
        Name -> Stored.
    place : Place
        The model's folder.
    size : int
        Bytes of the file itself.

    Attributes
    ----------
    size : int
        Bytes of all files that were opened; in a zip, of the zip.
    """

    def __init__(self, tensors: dict[str, Stored], place: Place, size: int):
        self.size: int = len(place.view) if isinstance(place, Packed) else size
        self._unpacked = 0
        self._tensors, self._place = tensors, place
        self._views: dict[str, AnyBytes] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def array(self, name: str) -> AnyArray:
        """Return a stored tensor."""
        return self.read(self._tensors[name])

    def read(self, tensor: Stored) -> AnyArray:
        """Return a tensor as an array.

        Raises
        ------
        ValueError
            Its type is not read here, or its bytes are not those that its shape needs.
        """
        shape, name = tensor.shape, short(tensor.name)
        if tensor.type not in TYPES:
            raise ValueError(f"its tensor {name} is of type {tensor.type}, which is not read here.")
        if len(shape) > 32 or any(size < 0 for size in shape):
            raise ValueError(f"its tensor {name} must have a shape. Received: {short(shape)}.")
        stored, field = TYPES[tensor.type]
        dtype, numbers = np.dtype(stored), math.prod(shape)
        raw = tensor.raw if tensor.beside is None else self._beside(tensor, numbers * dtype.itemsize)
        if raw is None:
            return _one_by_one(tensor, field, dtype, numbers).reshape(shape)
        if len(raw) != numbers * dtype.itemsize:
            raise ValueError(f"its tensor {name} needs {numbers * dtype.itemsize} bytes and has {len(raw)}.")
        return np.frombuffer(raw, dtype).reshape(shape)

    def _beside(self, tensor: Stored, needed: int) -> AnyBytes:
        """Return the bytes of a tensor that lie in another file, all of them there."""
        told = tensor.beside or {}
        name = _plain_path(told.get("location", ""))
        view = self._opened(name)
        start, length = _whole(told.get("offset", "0")), _whole(told.get("length", str(needed)))
        if length != needed or start + length > len(view):
            raise ValueError(
                f"its tensor {short(tensor.name)} needs {needed} bytes and has {length} from {start} on of the "
                f"{len(view)} of {name!r}."
            )
        return view[start : start + length]

    def _opened(self, name: str) -> AnyBytes:
        if name not in self._views:
            if not self._place.has(name):
                raise ValueError(f"its weights are in {name!r}, which must lie beside it and does not.")
            if not self._place.is_inside(name):
                raise ValueError(f"its weights are in {name!r}, a link that leads out of the model's folder.")
            if len(self._views) >= MAX_FILES:
                raise ValueError(f"its weights are in more than {MAX_FILES} files.")
            if isinstance(self._place, Packed):
                self._unpacked += self._place.size(name)
                if self._unpacked > FLOOR + EXPANSION * self.size:
                    raise ValueError(f"its weights would take more than {EXPANSION} times the size of the zip.")
            with self._place.open(name) as view:
                self._views[name] = view  # a view outlives the file that it was mapped from
            self.size += 0 if isinstance(self._place, Packed) else len(view)
        return self._views[name]


def _plain_path(location: str) -> str:
    """Return the name of a file below the model's folder; any other is refused."""
    path = location.removeprefix("./")
    parts = path.split("/")
    odd = len(path) > 1000 or not path.isprintable() or "\\" in path or ":" in path
    if odd or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"external data must be a file beside the model. Received: {short(location)}.")
    return path


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValueError(
            f"where external data begins and how long it is must be whole numbers. Received: {short(text)}."
        )
    return int(text)


def _one_by_one(tensor: Stored, field: int, dtype: np.dtype[Any], count: int) -> AnyArray:
    """Return an array whose numbers are fields of their own; half precision has its bits as integers there."""
    numbers = tensor.numbers(field, count)
    if dtype == np.float16:
        return numbers.astype(np.uint16).view(np.float16)
    with np.errstate(all="ignore"):
        return numbers.astype(dtype)
