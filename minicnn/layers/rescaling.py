"""Rescaling: bring pixels of 0..255 into the range that a net likes.

    y = x * scale + offset          dx = dy * scale

Source: Keras 3 `Rescaling`. On paper: reference/rescaling.py.
"""

import numpy as np

from .. import kernels
from .base import Layer


class Rescaling(Layer):
    """Multiply by `scale` and add `offset`: 1/255 and 0 give 0..1; 1/127.5 and -1 give -1..1.

    Parameters
    ----------
    scale, offset : float, finite
    """

    def __init__(self, scale, offset=0.0, name=None):
        super().__init__(name)
        for key, value in (("scale", scale), ("offset", offset)):
            if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
                raise ValueError(f"`{key}` must be one finite number. Received: {key}={value!r}.")
        self.scale, self.offset = float(scale), float(offset)

    def _forward(self, x, training):
        return kernels.rescaling_forward(x, self.scale, self.offset), None

    def _backward(self, dy, saved, need_dx):
        return kernels.rescaling_backward(dy, self.scale) if need_dx else None

    def _settings(self):
        return {"scale": self.scale, "offset": self.offset}
