"""Weights that start at random. Source: Glorot & Bengio 2010; Keras 3 `GlorotUniform`, the default of kernels."""

import math

import numpy as np

from ..types import AnyArray, DTypeLike
from .blank import Blank


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...], dtype: DTypeLike) -> AnyArray:
    """Draw weights that keep the variance of activations and of gradients level from layer to layer.

    limit = sqrt(6 / (fan_in + fan_out));  w ~ U(-limit, limit)

    Parameters
    ----------
    rng : np.random.Generator
        where the numbers come from; `Blank` gives zeros
    shape : (..., inputs, outputs)
        the kernel's; the axes before the last two (a window) multiply both fans
    dtype : "float32" or "float64"
        the kernel's; drawn in float64, then rounded: both dtypes start alike

    Returns
    -------
    kernel : shape, dtype

    Examples
    --------
    A window of 3 x 3 pixels, 4 channels, 2 filters: sqrt(6 / (9 * 4 + 9 * 2)) = 1/3.

    >>> import numpy as np
    >>> kernel = glorot_uniform(np.random.default_rng(0), (3, 3, 4, 2), "float32")
    >>> kernel.shape, bool(abs(kernel).max() <= 1 / 3)
    ((3, 3, 4, 2), True)
    """
    if isinstance(rng, Blank):
        return np.zeros(shape, dtype)
    window = math.prod(shape[:-2])
    limit = math.sqrt(6 / (window * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(dtype)
