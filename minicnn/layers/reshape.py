"""Reshape: the same numbers in the same order, in rows of another shape.

    y = x in the target's shape         dx = dy in x's shape

Source: Keras 3 `Reshape`.
"""

import math

from ..arguments import is_integer
from .base import Layer


class Reshape(Layer):
    """Give every example another shape.

    Parameters
    ----------
    target_shape : tuple of int     of one example; one size may be -1, and follows from the others
    """

    def __init__(self, target_shape, name=None):
        super().__init__(name)
        sizes = target_shape if isinstance(target_shape, (tuple, list)) else (target_shape,)
        whole = all(map(is_integer, sizes))
        if not whole or any(size < 1 and size != -1 for size in sizes) or list(sizes).count(-1) > 1:
            raise ValueError(
                f"`target_shape` must be positive integers, one of them -1 at most. "
                f"Received: target_shape={target_shape!r}."
            )
        self.target_shape = tuple(map(int, sizes))

    def compute_output_shape(self, input_shape):
        """(None, ...) -> (None, *target_shape)."""
        sizes = input_shape[1:]
        if isinstance(input_shape, list) or None in sizes:
            # Without the input's size nothing can be checked until the first forward.
            return (input_shape[0], *(None if size == -1 else size for size in self.target_shape))
        count, known = math.prod(sizes), math.prod(size for size in self.target_shape if size != -1)
        if count % known or (-1 not in self.target_shape and count != known):
            raise ValueError(
                f"`target_shape` of layer '{self.name}' must hold the {count} numbers of its input "
                f"{tuple(input_shape)}. Received: target_shape={self.target_shape}."
            )
        return (input_shape[0], *(count // known if size == -1 else size for size in self.target_shape))

    def _forward(self, x, training):
        return x.reshape(len(x), *self.compute_output_shape(x.shape)[1:]), x.shape

    def _backward(self, dy, shape, need_dx):
        return dy.reshape(shape) if need_dx else None

    def _settings(self):
        return {"target_shape": list(self.target_shape)}
