"""Rectified linear unit: negative numbers become 0.

    y = max(x, 0)           dx = dy where y > 0, else 0

Source: Keras 3 `ReLU`. On paper: reference/relu.py.
"""

from .. import kernels
from .base import Layer


class ReLU(Layer):
    """Set negative numbers to 0. The slope at exactly 0 is 0, as in Keras."""

    activation = "relu"
    only = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}

    def _forward(self, x, training, logits=False):
        y = x if logits else kernels.relu_forward(x)
        return y, None if logits else y

    def _backward(self, dy, y, need_dx):
        if not need_dx:
            return None
        return dy if y is None else kernels.relu_backward(dy, y)
