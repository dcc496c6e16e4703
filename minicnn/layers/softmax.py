"""Softmax: numbers become probabilities that sum to 1.

    y_k = exp(x_k - max x) / sum_j exp(x_j - max x)         dx = y * (dy - sum_j dy_j y_j)

Source: Keras 3 `Softmax`. On paper: reference/softmax.py.
"""

import numpy as np

from .. import kernels
from ..arguments import is_integer
from .base import Layer


class Softmax(Layer):
    """Turn the numbers along one axis into probabilities.

    Parameters
    ----------
    axis : int      which axis sums to 1, the last by default; not the batch's
    """

    def __init__(self, axis=-1, name=None):
        super().__init__(name)
        if not is_integer(axis) or axis == 0:
            raise ValueError(f"`axis` must be one integer other than 0, the batch. Received: axis={axis!r}.")
        self.axis = int(axis)
        self.activation = "softmax"

    def compute_output_shape(self, input_shape):
        """The same shape; the axis must be one of it."""
        rank = len(input_shape)
        if not -rank < self.axis < rank:
            raise ValueError(
                f"`axis` of layer '{self.name}' must lie within its input's {rank} axes and not be the "
                f"batch. Received: axis={self.axis}."
            )
        return input_shape

    def _forward(self, x, training, logits=False):
        y = x if logits else self.apply_activation(x)
        return y, None if logits else y

    def apply_activation(self, logits):
        """Give the y that belongs to what `forward(x, logits=True)` gave."""
        return self._along(kernels.softmax_forward, logits)

    def _backward(self, dy, y, need_dx):
        if not need_dx:
            return None
        return dy if y is None else self._along(kernels.softmax_backward, dy, y)

    def _along(self, operation, *arrays):
        """The kernels work on the last axis: move ours there and back."""
        if self.axis in (-1, arrays[0].ndim - 1):
            return operation(*arrays)
        moved = [np.moveaxis(array, self.axis, -1) for array in arrays]
        return np.ascontiguousarray(np.moveaxis(operation(*moved), -1, self.axis))

    def _settings(self):
        return {"axis": self.axis}
