"""Flatten: an image becomes a row of numbers, so that a dense layer can read it.

    y[n, (i*W + j)*C + c] = x[n, i, j, c]           dx = dy in x's shape

Kernels: flatten_forward, flatten_backward. The way back needs x's shape alone.
Source: Keras 3 `Flatten`, channels last. On paper: reference/flatten.py.
"""

from typing import Any, ClassVar

from .. import kernels
from ..types import Array, Shape
from .arrays import product
from .base import Layer


class Flatten(Layer):
    """Write each example's numbers in one row: row by row, pixel by pixel, channel by channel.

    Parameters
    ----------
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Flatten
    >>> Flatten()(np.arange(8).reshape(1, 2, 2, 2))
    array([[0., 1., 2., 3., 4., 5., 6., 7.]], dtype=float32)
    """

    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last"}

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, ...) -> (None, product of the rest)."""
        return (input_shape[0], product(input_shape[1:]))

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        return kernels.flatten_forward(x), x.shape

    def _backward(self, dy: Array, shape: Any, need_dx: bool) -> Array | None:
        return kernels.flatten_backward(dy, shape) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"data_format": "channels_last"}
