"""Names for what passes between the rooms: arrays, shapes and paths. Free to all, as NumPy is.

What an array's axes mean stands in each docstring, `(N, H, W, C)`: NumPy's types tell dtypes, not shapes.
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[np.floating[Any]]  # float32 for work, float64 for proof
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]  # whatever the user has: pictures of uint8, labels
Arrays = dict[str, Array]  # by a parameter's name: {"kernel": ..., "bias": ...}

Shape = tuple[int | None, ...]  # None: known when a batch comes
Shapes = Shape | list[Shape]  # of a layer's one input, or of each of several
Pair = tuple[int, int]  # of rows, of columns
Pads = tuple[Pair, Pair]  # ((top, bottom), (left, right))
IntOrPair = int | Sequence[int]  # as users write it: 2 for (2, 2)

AnyPath = str | os.PathLike[str]  # of a file or folder, as users have it

__all__ = [
    "AnyArray",
    "AnyPath",
    "Array",
    "ArrayLike",
    "Arrays",
    "BoolArray",
    "DTypeLike",
    "IntArray",
    "IntOrPair",
    "NDArray",
    "Pads",
    "Pair",
    "Shape",
    "Shapes",
]
