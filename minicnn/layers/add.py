"""Add: several arrays become their sum; a size of 1 is stretched to fit the others (a residual connection ends in one).

    y = x_1 + x_2 + ...         dx_i = dy, summed where x_i was stretched

Source: Keras 3 `Add`. On paper: reference/add.py.
"""

from .. import kernels
from .base import Layer
from .stretching import of_one_rank, ranked, stretched_shape


class Add(Layer):
    """Sum a list of at least two arrays, whose sizes agree or are 1; axes may lack behind the batch's."""

    takes_list = True

    def compute_output_shape(self, input_shape):
        """[(None, H, W, C), (None, C), ...] -> (None, H, W, C)."""
        return stretched_shape(self, input_shape)

    def _forward(self, xs, training):
        return kernels.add_forward(of_one_rank(xs)), [x.shape for x in xs]

    def _backward(self, dy, shapes, need_dx):
        if not need_dx:
            return None
        return [dx.reshape(shape) for dx, shape in zip(kernels.add_backward(dy, ranked(shapes)), shapes, strict=True)]
