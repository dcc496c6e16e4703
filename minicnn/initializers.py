"""How weights start. Source: Glorot & Bengio 2010, and Keras 3's defaults."""

import contextlib
import math

import numpy as np

_blank = False


@contextlib.contextmanager
def blank():
    """Draw nothing inside: arrays are made of zeros, since a file's weights will take their place."""
    global _blank
    before, _blank = _blank, True
    try:
        yield
    finally:
        _blank = before


def glorot_uniform(rng, shape, dtype):
    """Draw weights that keep the variance of activations and of gradients level from layer to layer.

    limit = sqrt(6 / (fan_in + fan_out));  w ~ U(-limit, limit)

    Parameters
    ----------
    rng : np.random.Generator
    shape : (..., inputs, outputs)     the axes before the last two (a window) multiply both fans
    dtype : "float32" or "float64"     drawn in float64, then rounded: both dtypes start alike
    """
    if _blank:
        return np.zeros(shape, dtype)  # costs no memory before it is written to
    window = math.prod(shape[:-2])
    limit = math.sqrt(6 / (window * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(dtype)


def zeros(shape, dtype):
    """Start biases at 0."""
    return np.zeros(shape, dtype)


def ones(shape, dtype):
    """Start scales at 1."""
    return np.zeros(shape, dtype) if _blank else np.ones(shape, dtype)
