"""Concatenate: several arrays side by side along one axis (channels, as a rule).

    y = [x_1 | x_2 | ...]       dx_i = dy's part that came from x_i

Kernels: concatenate_forward. The way back needs the sizes along the axis alone: it cuts dy at their ends.
Source: Keras 3 `Concatenate`. On paper: reference/concatenate.py.
"""

from typing import Any

import numpy as np

from .. import kernels
from ..arguments import is_integer
from ..types import Array, IntArray, Shape
from .base import Layer
from .reads import Reads


class Concatenate(Layer):
    """Join a list of at least two arrays along `axis`; the other axes must agree.

    Parameters
    ----------
    axis : int
        The last by default; not the batch's.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `axis` is no integer, or 0; at build: it is no list of two or more, or they differ along other axes too.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Concatenate
    >>> layer = Concatenate()
    >>> layer([np.zeros((1, 2, 2, 3)), np.ones((1, 2, 2, 1))], training=True)[0, 0]
    array([[0., 0., 0., 1.],
           [0., 0., 0., 1.]], dtype=float32)
    >>> [dx.shape for dx in layer.backward(np.ones((1, 2, 2, 4)))]
    [(1, 2, 2, 3), (1, 2, 2, 1)]
    """

    axis: int

    takes_list = True

    def __init__(self, axis: int = -1, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        if not is_integer(axis) or axis == 0:
            raise ValueError(f"`axis` must be an integer other than 0, the batch. Received: axis={axis!r}.")
        self.axis = int(axis)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """[(None, ..., a, ...), (None, ..., b, ...)] -> (None, ..., a + b, ...)."""
        rank = len(input_shape[0]) if isinstance(input_shape, list) and input_shape else 0
        axis = self.axis % rank if -rank < self.axis < rank else 0
        others = {(len(shape), *shape[:axis], *shape[axis + 1 :]) for shape in input_shape} if axis else ()
        if len(others) != 1 or len(input_shape) < 2:
            raise ValueError(
                f"Layer '{self.name}' takes a list of at least two inputs that differ along axis "
                f"{self.axis} only. Received: input_shape={input_shape}."
            )
        sizes = [shape[axis] for shape in input_shape]
        known = [size for size in sizes if size is not None]
        joined = sum(known) if len(known) == len(sizes) else None
        return (*input_shape[0][:axis], joined, *input_shape[0][axis + 1 :])

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads | None:
        """Return each output's own place, in the one input that it comes from."""
        if axis != self.axis % len(input_shape[0]):
            return Reads(places, places)
        sizes = [shape[axis] for shape in input_shape]
        if None in sizes:
            return None
        own = places - sum(sizes[:index])
        inside = (own >= 0) & (own < sizes[index])
        return Reads(np.where(inside, own, 0), np.where(inside, own, -1))

    def _forward(self, xs: list[Array], training: bool) -> tuple[Array, list[int]]:
        axis = self.axis % xs[0].ndim
        return kernels.concatenate_forward(xs, axis), [x.shape[axis] for x in xs]

    def _backward(self, dy: Array, sizes: list[int], need_dx: bool) -> list[Array] | None:
        if not need_dx:
            return None
        return [np.ascontiguousarray(part) for part in np.split(dy, np.cumsum(sizes)[:-1], self.axis)]

    def _settings(self) -> dict[str, Any]:
        return {"axis": self.axis}
