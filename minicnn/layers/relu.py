"""Rectified linear unit: negative numbers become 0, and numbers above `max_value`, where there is one, become that.

    y = max(x, 0), or min(max(x, 0), max_value)         dx = dy where 0 < y (< max_value), else 0

Source: Keras 3 `ReLU`. On paper: reference/relu.py; with a maximum: reference/activations.py.
"""

import numpy as np

from .. import kernels
from ..arguments import is_number
from .base import Layer


class ReLU(Layer):
    """Set negative numbers to 0. The slope at exactly 0, and at the maximum, is 0, as in Keras.

    Parameters
    ----------
    max_value : positive number, optional       6 in MobileNet
    """

    only = {"negative_slope": 0.0, "threshold": 0.0}

    def __init__(self, max_value=None, name=None):
        super().__init__(name)
        if max_value is not None and not (is_number(max_value) and 0 < max_value < np.inf):
            raise ValueError(f"`max_value` must be a positive number or None. Received: max_value={max_value!r}.")
        self.max_value = None if max_value is None else float(max_value)
        self.activation = "relu" if max_value is None else None

    def _forward(self, x, training, logits=False):
        if logits:
            return x, None
        y = kernels.relu_forward(x) if self.max_value is None else kernels.clipped_relu_forward(x, self.max_value)
        return y, y

    def _backward(self, dy, y, need_dx):
        if not need_dx:
            return None
        if y is None:
            return dy
        if self.max_value is None:
            return kernels.relu_backward(dy, y)
        return kernels.clipped_relu_backward(dy, y, self.max_value)

    def _settings(self):
        return {"max_value": self.max_value, "negative_slope": 0.0, "threshold": 0.0}
