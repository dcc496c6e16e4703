"""Permute: the axes of every example in another order.

    y = x with its axes as `dims` says         dx = dy with its axes back in their order

Kernels: permute_forward, permute_backward. The way back needs no array.
Source: Keras 3 `Permute`. On paper: reference/permute.py.
"""

from collections.abc import Sequence
from typing import Any

from .. import kernels
from ..arguments import is_integer
from ..types import Array, Shape
from .base import Layer


class Permute(Layer):
    """Bring the axes after the batch's into another order.

    Parameters
    ----------
    dims : tuple of int
        Which axis, counted from 1, becomes the first, the second, ...
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `dims` does not hold each of 1, 2, ... once, or, at build, is not one for each axis of the input.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Permute
    >>> layer = Permute((2, 1))
    >>> layer(np.arange(6).reshape(1, 2, 3))[0]
    array([[0., 3.],
           [1., 4.],
           [2., 5.]], dtype=float32)
    """

    dims: tuple[int, ...]

    def __init__(self, dims: Sequence[int], name: str | None = None, **more: Any):
        super().__init__(name, **more)
        given: Any = dims
        axes = list(given) if isinstance(given, (tuple, list)) else []
        if not axes or not all(map(is_integer, axes)) or sorted(axes) != list(range(1, len(axes) + 1)):
            raise ValueError(f"`dims` must hold each of 1, 2, ... once. Received: dims={dims!r}.")
        self.dims = tuple(map(int, axes))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, ...) -> (None, input_shape[dims[0]], input_shape[dims[1]], ...)."""
        if len(input_shape) != len(self.dims) + 1:
            raise ValueError(
                f"`dims` of layer '{self.name}' must be one for each axis of its input {tuple(input_shape)} after the "
                f"batch's. Received: dims={self.dims}."
            )
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def source_axis(self, axis: int) -> int:
        """Return the axis of the input that becomes this one."""
        return self.dims[axis - 1]

    def _forward(self, x: Array, training: bool) -> tuple[Array, None]:
        return kernels.permute_forward(x, self.dims), None

    def _backward(self, dy: Array, saved: None, need_dx: bool) -> Array | None:
        return kernels.permute_backward(dy, self.dims) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"dims": list(self.dims)}
