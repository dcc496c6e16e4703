"""Leaky ReLU and ELU: a ReLU that lets a part of what is negative through.

    LeakyReLU   y = x where x > 0, else slope * x               dx = dy where y > 0, else slope * dy
    ELU         y = x where x > 0, else alpha * (exp(x) - 1)    dx = dy where y > 0, else dy * (y + alpha)

Source: Keras 3 `LeakyReLU` and `ELU`. On paper: reference/activations.py.
"""

import numpy as np

from .. import kernels
from ..arguments import is_number
from .base import Layer


def _checked(name, value):
    if not is_number(value) or not 0 <= value < np.inf:
        raise ValueError(f"`{name}` must be a number of at least 0. Received: {name}={value!r}.")
    return float(value)


class LeakyReLU(Layer):
    """Scale negative numbers by `negative_slope`, 0.3 by default (the activation "leaky_relu" has 0.2, as in Keras)."""

    def __init__(self, negative_slope=0.3, name=None):
        super().__init__(name)
        self.negative_slope = _checked("negative_slope", negative_slope)

    def _forward(self, x, training):
        y = kernels.leaky_relu_forward(x, self.negative_slope)
        return y, x

    def _backward(self, dy, x, need_dx):
        return kernels.leaky_relu_backward(dy, x, self.negative_slope) if need_dx else None

    def _settings(self):
        return {"negative_slope": self.negative_slope}


class ELU(Layer):
    """Let negative numbers run out towards -alpha."""

    def __init__(self, alpha=1.0, name=None):
        super().__init__(name)
        self.alpha = _checked("alpha", alpha)

    def _forward(self, x, training):
        y = kernels.elu_forward(x, self.alpha)
        return y, y

    def _backward(self, dy, y, need_dx):
        return kernels.elu_backward(dy, y, self.alpha) if need_dx else None

    def _settings(self):
        return {"alpha": self.alpha}
