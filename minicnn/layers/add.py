"""Add: several arrays of one shape become their sum (a residual connection ends in one).

    y = x_1 + x_2 + ...         dx_i = dy, for every i

Source: Keras 3 `Add`. On paper: reference/add.py.
"""

from .. import kernels
from .base import Layer


class Add(Layer):
    """Sum a list of at least two arrays of the same shape."""

    takes_list = True

    def compute_output_shape(self, input_shape):
        """[shape, shape, ...] -> shape."""
        if not isinstance(input_shape, list) or len(input_shape) < 2 or len(set(map(tuple, input_shape))) > 1:
            raise ValueError(f"Layer '{self.name}' takes a list of at least two inputs of the same shape. "
                             f"Received: input_shape={input_shape}.")
        return input_shape[0]

    def _forward(self, xs, training):
        return kernels.add_forward(xs), len(xs)

    def _backward(self, dy, count, need_dx):
        return [dy] * count if need_dx else None
