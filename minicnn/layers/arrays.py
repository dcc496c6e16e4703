"""What every layer asks of an array: whether its shape fits, and its numbers in the layer's dtype."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..types import AnyArray, DTypeLike

DTYPES: tuple[str, ...] = ("float32", "float64")  # for work, for proof


def fits(shape: Sequence[int | None], wanted: Sequence[int | None]) -> bool:
    """Tell whether a shape is a wanted one, where None stands for any size.

    Examples
    --------
    >>> from minicnn.layers import fits
    >>> fits((2, 64, 64, 3), (None, None, None, 3)), fits((2, 64, 64, 1), (None, None, None, 3))
    (True, False)
    """
    return len(shape) == len(wanted) and all(
        None in (want, got) or want == got for want, got in zip(wanted, shape, strict=True)
    )


def product(sizes: Sequence[int | None]) -> int | None:
    """Multiply sizes; None where one of them is open.

    Examples
    --------
    >>> from minicnn.layers.arrays import product
    >>> product((64, 64, 3)), product((None, 64, 3))
    (12288, None)
    """
    known = [size for size in sizes if size is not None]
    return math.prod(known) if len(known) == len(sizes) else None


def cast(array: AnyArray, dtype: DTypeLike, what: str) -> Any:
    """Convert an array of numbers to another dtype.

    Parameters
    ----------
    array : array of real numbers
    dtype : "float32" or "float64"
    what : str
        Begins the sentence of an error: whose array it is.

    Raises
    ------
    TypeError
        It holds something else than real numbers.
    ValueError
        A finite number is too large for the dtype: it would become inf.
    """
    if array.dtype == dtype:
        return array
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{what} must be real numbers. Received: dtype={array.dtype}.")
    try:
        with np.errstate(over="raise"):
            return array.astype(dtype)
    except FloatingPointError:
        finite = array[np.isfinite(array)]
        raise ValueError(
            f"{what} must be at most {np.finfo(str(np.dtype(dtype))).max:.2g}, the largest {np.dtype(dtype)}. "
            f"Received: {finite[np.abs(finite).argmax()]:.3g}."
        ) from None
