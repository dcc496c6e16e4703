"""Multiply: several arrays, number by number; a size of 1 is stretched to fit the others.

    y = x_1 * x_2 * ...         dx_i = dy * (the product of the others), summed where x_i was stretched

Source: Keras 3 `Multiply`. On paper: reference/multiply.py.
"""

from .. import kernels
from .base import Layer


class Multiply(Layer):
    """Multiply a list of at least two arrays of one rank, whose sizes agree or are 1."""

    takes_list = True

    def compute_output_shape(self, input_shape):
        """[(None, H, W, C), (None, 1, 1, C), ...] -> (None, H, W, C)."""
        shapes = input_shape if isinstance(input_shape, list) else []
        sizes = [set(axis) - {1} for axis in zip(*shapes, strict=False)]
        if len(shapes) < 2 or len(set(map(len, shapes))) > 1 or any(len(axis - {None}) > 1 for axis in sizes):
            raise ValueError(f"Layer '{self.name}' takes a list of at least two inputs of one rank, whose sizes agree "
                             f"or are 1. Received: input_shape={input_shape}.")
        return tuple(max(axis, key=lambda size: size or 0) if axis else 1 for axis in sizes)

    def _forward(self, xs, training):
        return kernels.multiply_forward(xs), xs

    def _backward(self, dy, xs, need_dx):
        return kernels.multiply_backward(dy, xs) if need_dx else None
