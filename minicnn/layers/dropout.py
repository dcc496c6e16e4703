"""Dropout: in training a random share of the numbers becomes 0, so that no unit can rely on another.

    training:   y = x / (1 - rate) where the mask is True, else 0;     dx = dy / (1 - rate) there, else 0
    otherwise:  y = x

Dividing by 1 - rate keeps the expected value, so prediction needs no correction ("inverted" dropout).
Source: Srivastava et al. 2014; Keras 3 `Dropout`. On paper: reference/dropout.py.
"""

import numpy as np

from .. import kernels
from .base import Layer


class Dropout(Layer):
    """Drop each number with probability `rate` in training.

    Parameters
    ----------
    rate : float in [0, 1)
    seed : int, optional     of the masks; by default they follow from the model's seed
    """

    only = {"noise_shape": None}

    def __init__(self, rate, seed=None, name=None):
        super().__init__(name)
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number)) or not 0 <= rate < 1:
            raise ValueError(f"`rate` must be a number in [0, 1). Received: rate={rate!r}.")
        self.rate = float(rate)
        self.seed = seed

    def _build(self, input_shape, rng):
        # A generator of its own: how many masks are drawn here never changes what another layer draws.
        self.rng = rng.spawn(1)[0] if self.seed is None else np.random.default_rng(self.seed)

    def _forward(self, x, training):
        if not training or self.rate == 0:
            return x, None
        mask = self.rng.random(x.shape, dtype=np.float32) >= self.rate
        return kernels.dropout_forward(x, mask, self.rate), mask

    def _backward(self, dy, mask, need_dx):
        if not need_dx:
            return None
        return dy if mask is None else kernels.dropout_backward(dy, mask, self.rate)

    def _settings(self):
        return {"rate": self.rate, "seed": self.seed, "noise_shape": None}
