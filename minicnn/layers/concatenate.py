"""Concatenate: several arrays side by side along one axis (channels, as a rule).

    y = [x_1 | x_2 | ...]       dx_i = dy's part that came from x_i

Source: Keras 3 `Concatenate`. On paper: reference/concatenate.py.
"""

import numpy as np

from .. import kernels
from ..arguments import is_integer
from .base import Layer


class Concatenate(Layer):
    """Join a list of at least two arrays along `axis`; the other axes must agree.

    Parameters
    ----------
    axis : int      the last by default; not the batch's
    """

    takes_list = True

    def __init__(self, axis=-1, name=None):
        super().__init__(name)
        if not is_integer(axis) or axis == 0:
            raise ValueError(f"`axis` must be an integer other than 0, the batch. Received: axis={axis!r}.")
        self.axis = int(axis)

    def compute_output_shape(self, input_shape):
        """[(None, ..., a, ...), (None, ..., b, ...)] -> (None, ..., a + b, ...)."""
        rank = len(input_shape[0]) if isinstance(input_shape, list) and input_shape else 0
        axis = self.axis % rank if -rank < self.axis < rank else None
        others = {(len(shape), *shape[:axis], *shape[axis + 1 :]) for shape in input_shape} if axis else ()
        if len(others) != 1 or len(input_shape) < 2:
            raise ValueError(
                f"Layer '{self.name}' takes a list of at least two inputs that differ along axis "
                f"{self.axis} only. Received: input_shape={input_shape}."
            )
        sizes = [shape[axis] for shape in input_shape]
        joined = None if None in sizes else sum(sizes)
        return (*input_shape[0][:axis], joined, *input_shape[0][axis + 1 :])

    def _forward(self, xs, training):
        axis = self.axis % xs[0].ndim
        return kernels.concatenate_forward(xs, axis), [x.shape[axis] for x in xs]

    def _backward(self, dy, sizes, need_dx):
        if not need_dx:
            return None
        return [np.ascontiguousarray(part) for part in np.split(dy, np.cumsum(sizes)[:-1], self.axis)]

    def _settings(self):
        return {"axis": self.axis}
