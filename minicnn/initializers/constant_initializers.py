"""Weights that start at one value. Source: Keras 3 `Zeros` and `Ones`, the defaults of biases and of scales."""

import numpy as np

from ..types import AnyArray, DTypeLike
from .blank import Blank


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> AnyArray:
    """Start biases and moving means at 0.

    Parameters
    ----------
    shape : int or tuple of int
        the array's
    dtype : "float32" or "float64"
        the array's; a whole number's for a count

    Returns
    -------
    array : shape, dtype

    Examples
    --------
    >>> zeros(3, "float32").tolist()
    [0.0, 0.0, 0.0]
    """
    return np.zeros(shape, dtype)


def ones(rng: np.random.Generator, shape: int | tuple[int, ...], dtype: DTypeLike) -> AnyArray:
    """Start scales and moving variances at 1: at first a normalization only normalizes.

    Parameters
    ----------
    rng : np.random.Generator
        nothing is drawn from it; `Blank` wants zeros
    shape : int or tuple of int
        the array's
    dtype : "float32" or "float64"
        the array's

    Returns
    -------
    array : shape, dtype

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.initializers import Blank
    >>> ones(np.random.default_rng(0), 2, "float32").tolist(), ones(Blank(), 2, "float32").tolist()
    ([1.0, 1.0], [0.0, 0.0])
    """
    return np.zeros(shape, dtype) if isinstance(rng, Blank) else np.ones(shape, dtype)
