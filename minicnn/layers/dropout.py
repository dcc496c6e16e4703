"""Dropout: in training a random share of the numbers becomes 0, so that no unit can rely on another.

    training:   y = x / (1 - rate) where the mask is True, else 0;     dx = dy / (1 - rate) there, else 0
    otherwise:  y = x

Dividing by 1 - rate keeps the expected value, so prediction needs no correction ("inverted" dropout).
Source: Srivastava et al. 2014; Keras 3 `Dropout`. On paper: reference/dropout.py.
"""

import numpy as np

from .. import kernels
from ..arguments import is_integer, is_number
from .base import Layer


class Dropout(Layer):
    """Drop each number with probability `rate` in training.

    Parameters
    ----------
    rate : float in [0, 1)
    seed : int, optional     of the masks; by default they follow from the model's seed
    noise_shape : tuple, optional    the mask's shape, 1 along the axes that share one draw: (None, 1, 1, 1) drops
        whole examples ("drop connect", where a residual connection goes round them); None as a size is the input's
    """

    def __init__(self, rate, seed=None, noise_shape=None, name=None):
        super().__init__(name)
        if not is_number(rate) or not 0 <= rate < 1:
            raise ValueError(f"`rate` must be a number in [0, 1). Received: rate={rate!r}.")
        sizes = () if noise_shape is None else noise_shape
        if not isinstance(sizes, (tuple, list)) or not all(size is None or is_integer(size) for size in sizes):
            raise ValueError(
                f"`noise_shape` must be a tuple of integers and None. Received: noise_shape={noise_shape!r}."
            )
        self.rate = float(rate)
        self.noise_shape = None if noise_shape is None else tuple(sizes)
        self.seed = seed

    def compute_output_shape(self, input_shape):
        """The same shape; noise_shape must stretch to it."""
        noise = self.noise_shape
        if noise is not None and (
            len(noise) != len(input_shape)
            or any(size not in (1, None, own) for size, own in zip(noise, input_shape, strict=True))
        ):
            raise ValueError(
                f"`noise_shape` of layer '{self.name}' must have a size for each axis of its input "
                f"{tuple(input_shape)}: None, 1 or the same. Received: noise_shape={noise}."
            )
        return input_shape

    def _build(self, input_shape, rng):
        # A generator of its own: how many masks are drawn here never changes what another layer draws.
        self.rng = rng.spawn(1)[0] if self.seed is None else np.random.default_rng(self.seed)

    def _forward(self, x, training):
        if not training or self.rate == 0:
            return x, None
        sizes = (
            x.shape
            if self.noise_shape is None
            else [own if size is None else size for size, own in zip(self.noise_shape, x.shape, strict=True)]
        )
        mask = np.broadcast_to(self.rng.random(sizes, dtype=np.float32) >= self.rate, x.shape)
        return kernels.dropout_forward(x, mask, self.rate), mask

    def _backward(self, dy, mask, need_dx):
        if not need_dx:
            return None
        return dy if mask is None else kernels.dropout_backward(dy, mask, self.rate)

    def _settings(self):
        noise_shape = None if self.noise_shape is None else list(self.noise_shape)
        return {"rate": self.rate, "seed": self.seed, "noise_shape": noise_shape}


class SpatialDropout2D(Dropout):
    """Drop whole channels of an image with probability `rate` in training."""

    only = {"data_format": "channels_last", "noise_shape": None}

    def __init__(self, rate, seed=None, name=None):
        super().__init__(rate, seed, (None, 1, 1, None), name)

    def get_config(self):
        """Give the settings as Keras writes them: this layer of its knows no `trainable`."""
        return {
            "name": self.name,
            "dtype": self.dtype or "float32",
            "rate": self.rate,
            "seed": self.seed,
            "data_format": "channels_last",
        }
