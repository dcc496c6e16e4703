"""Cropping: rows and columns are cut off at the border of every image.

    y[n,h,w,c] = x[n, h + top, w + left, c]         dx = dy with zeros where pixels were cut off

Kernels: cropping2d_forward, cropping2d_backward. The way back needs no array.
Source: Keras 3 `Cropping2D`. On paper: reference/cropping2d.py.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from .. import kernels
from ..types import Array, IntArray, Pads, Shape
from .arguments import image_shape, sides
from .base import Layer
from .reads import Reads


class Cropping2D(Layer):
    """Cut rows and columns off every image.

    Parameters
    ----------
    cropping : int, (int, int) or ((top, bottom), (left, right))
        Pixels: one number for every side, one for the rows and one for the columns, or one a side.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `cropping` is none of these, or negative; at build, it would leave no pixel.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Cropping2D
    >>> image = np.arange(12).reshape(1, 3, 4, 1)
    >>> Cropping2D(((1, 0), (0, 2)))(image)[0, :, :, 0]
    array([[4., 5.],
           [8., 9.]], dtype=float32)
    """

    cropping: Pads
    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last"}

    def __init__(
        self, cropping: int | Sequence[int | Sequence[int]] = ((0, 0), (0, 0)), name: str | None = None, **more: Any
    ):
        super().__init__(name, **more)
        self.cropping = sides("cropping", cropping)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, H - top - bottom, W - left - right, C)."""
        n, *sizes, channels = image_shape(self, input_shape)
        if any(size is not None and size <= sum(side) for size, side in zip(sizes, self.cropping, strict=True)):
            raise ValueError(
                f"`cropping` of layer '{self.name}' must leave at least one pixel of its input "
                f"{tuple(input_shape)}. Received: cropping={self.cropping}."
            )
        return (
            n,
            *(None if size is None else size - sum(side) for size, side in zip(sizes, self.cropping, strict=True)),
            channels,
        )

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return each output's pixel before anything was cut off."""
        before, _ = self.cropping[axis - 1]
        return Reads(places + before, places + before)

    def _forward(self, x: Array, training: bool) -> tuple[Array, None]:
        return kernels.cropping2d_forward(x, self.cropping), None

    def _backward(self, dy: Array, saved: None, need_dx: bool) -> Array | None:
        return kernels.cropping2d_backward(dy, self.cropping) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"cropping": [list(side) for side in self.cropping], "data_format": "channels_last"}
