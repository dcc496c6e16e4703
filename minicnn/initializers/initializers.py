"""How weights start. Source: Glorot & Bengio 2010, and Keras 3's defaults."""

import math

import numpy as np


class Blank(np.random.Generator):
    """A generator from which no weight is drawn: arrays start as zeros, since a file's will take their place.

    Whoever reads a file hands it on where another would hand on a generator, so the wish reaches the layers of that
    file and nobody else. Zeros cost no memory before they are written to. Masks (Dropout) are drawn as from any other.
    """


def blank():
    """Make a generator from which no weight is drawn."""
    return Blank(np.random.PCG64())


def glorot_uniform(rng, shape, dtype):
    """Draw weights that keep the variance of activations and of gradients level from layer to layer.

    limit = sqrt(6 / (fan_in + fan_out));  w ~ U(-limit, limit)

    Parameters
    ----------
    rng : np.random.Generator
    shape : (..., inputs, outputs)     the axes before the last two (a window) multiply both fans
    dtype : "float32" or "float64"     drawn in float64, then rounded: both dtypes start alike
    """
    if isinstance(rng, Blank):
        return np.zeros(shape, dtype)
    window = math.prod(shape[:-2])
    limit = math.sqrt(6 / (window * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(dtype)


def zeros(shape, dtype):
    """Start biases at 0."""
    return np.zeros(shape, dtype)


def ones(rng, shape, dtype):
    """Start scales at 1."""
    return np.zeros(shape, dtype) if isinstance(rng, Blank) else np.ones(shape, dtype)
