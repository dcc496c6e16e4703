"""Reshape: the same numbers in the same order, in rows of another shape.

    y = x in the target's shape         dx = dy in x's shape

No kernel: the numbers stay where they are. The way back needs x's shape alone.
Source: Keras 3 `Reshape`.
"""

import math
from collections.abc import Sequence
from typing import Any

from ..arguments import is_integer
from ..types import Array, IntArray, Shape
from .arrays import product
from .base import Layer
from .reads import Reads


class Reshape(Layer):
    """Bring every example into another shape.

    Parameters
    ----------
    target_shape : tuple of int
        Of one example; one size may be -1, and follows from the others.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `target_shape` is none of these, or, at build, does not hold the numbers of the input.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Reshape
    >>> layer = Reshape((2, -1))
    >>> layer(np.arange(12).reshape(2, 6))[1]
    array([[ 6.,  7.,  8.],
           [ 9., 10., 11.]], dtype=float32)
    >>> layer.output_shape
    (None, 2, 3)
    """

    target_shape: tuple[int, ...]

    def __init__(self, target_shape: int | Sequence[int], name: str | None = None, **more: Any):
        super().__init__(name, **more)
        given: Any = target_shape
        sizes = given if isinstance(given, (tuple, list)) else (given,)
        whole = all(map(is_integer, sizes))
        if not whole or any(size < 1 and size != -1 for size in sizes) or list(sizes).count(-1) > 1:
            raise ValueError(
                f"`target_shape` must be positive integers, one of them -1 at most. "
                f"Received: target_shape={target_shape!r}."
            )
        self.target_shape = tuple(map(int, sizes))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, ...) -> (None, *target_shape)."""
        sizes = input_shape[1:]
        count = product(sizes)
        if count is None:
            # Without the input's size nothing can be checked until the first forward.
            return (input_shape[0], *(None if size == -1 else size for size in self.target_shape))
        known = math.prod(size for size in self.target_shape if size != -1)
        if count % known or (-1 not in self.target_shape and count != known):
            raise ValueError(
                f"`target_shape` of layer '{self.name}' must hold the {count} numbers of its input "
                f"{tuple(input_shape)}. Received: target_shape={self.target_shape}."
            )
        return (input_shape[0], *(count // known if size == -1 else size for size in self.target_shape))

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads | None:
        """Return each output's own place where rows and columns stay what they are, as in (28, 28) -> (28, 28, 1)."""
        sizes, new = input_shape[1:3], self.compute_output_shape(input_shape)[1:3]
        return Reads(places, places) if None not in sizes and new == sizes else None

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        return x.reshape(len(x), *self.compute_output_shape(x.shape)[1:]), x.shape

    def _backward(self, dy: Array, shape: Any, need_dx: bool) -> Array | None:
        return dy.reshape(shape) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"target_shape": list(self.target_shape)}
