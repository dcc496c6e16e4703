"""Softmax: numbers become probabilities that sum to 1.

    y_k = exp(x_k - max x) / sum_j exp(x_j - max x)         dx = y * (dy - sum_j dy_j y_j)

Kernels: softmax_forward, softmax_backward. Kept for the way back: y.
Source: Keras 3 `Softmax`. On paper: reference/softmax.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kernels
from ..arguments import is_integer
from ..types import Array, IntArray, Shape
from .base import Layer
from .reads import Reads, whole


class Softmax(Layer):
    """Turn the numbers along one axis into probabilities.

    Parameters
    ----------
    axis : int
        Which axis sums to 1, the last by default; not the batch's.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `axis` is no integer, or 0; at build, the input has no such axis.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Softmax
    >>> Softmax()(np.log([[1.0, 2.0, 5.0]])).round(3)  # shares of 8
    array([[0.125, 0.25 , 0.625]], dtype=float32)
    >>> Softmax()(np.array([[1e4, 1e4]]))  # the maximum is subtracted: nothing overflows
    array([[0.5, 0.5]], dtype=float32)
    """

    axis: int
    activation: str | None

    def __init__(self, axis: int = -1, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        if not is_integer(axis) or axis == 0:
            raise ValueError(f"`axis` must be one integer other than 0, the batch. Received: axis={axis!r}.")
        self.axis = int(axis)
        self.activation = "softmax"

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape; the axis must be one of it."""
        rank = len(input_shape)
        if not -rank < self.axis < rank:
            raise ValueError(
                f"`axis` of layer '{self.name}' must lie within its input's {rank} axes and not be the "
                f"batch. Received: axis={self.axis}."
            )
        return input_shape

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return that the outputs read the whole axis that sums to 1, of another their place."""
        return whole(input_shape[axis], places) if axis == self.axis % len(input_shape) else Reads(places, places)

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        y = x if logits else self.apply_activation(x)
        return y, None if logits else y

    def apply_activation(self, logits: Array) -> Array:
        """Return the y that belongs to what `forward(x, logits=True)` returned."""
        return self._along(kernels.softmax_forward, logits)

    def _backward(self, dy: Array, y: Array | None, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        return dy if y is None else self._along(kernels.softmax_backward, dy, y)

    def _along(self, operation: Callable[..., Array], *arrays: Array) -> Array:
        """Move our axis to the end, where the kernels work, and back."""
        if self.axis in (-1, arrays[0].ndim - 1):
            return operation(*arrays)
        moved = [np.moveaxis(array, self.axis, -1) for array in arrays]
        return np.ascontiguousarray(np.moveaxis(operation(*moved), -1, self.axis))

    def _settings(self) -> dict[str, Any]:
        return {"axis": self.axis}
