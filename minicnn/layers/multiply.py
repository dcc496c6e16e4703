"""Multiply: several arrays, number by number; a size of 1 is stretched to fit the others.

    y = x_1 * x_2 * ...         dx_i = dy * (the product of the others), summed where x_i was stretched

Source: Keras 3 `Multiply`. On paper: reference/multiply.py.
"""

from .. import kernels
from .base import Layer
from .stretching import of_one_rank, stretched_shape


class Multiply(Layer):
    """Multiply a list of at least two arrays, whose sizes agree or are 1; axes may lack behind the batch's."""

    takes_list = True

    def compute_output_shape(self, input_shape):
        """[(None, H, W, C), (None, 1, 1, C), ...] -> (None, H, W, C)."""
        return stretched_shape(self, input_shape)

    def _forward(self, xs, training):
        return kernels.multiply_forward(of_one_rank(xs)), xs

    def _backward(self, dy, xs, need_dx):
        if not need_dx:
            return None
        return [dx.reshape(x.shape) for dx, x in zip(kernels.multiply_backward(dy, of_one_rank(xs)), xs, strict=True)]
