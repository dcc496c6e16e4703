"""Zero padding: zeros around every image.

    y[n, h + top, w + left, c] = x[n,h,w,c], 0 on the border        dx = dy without its border

Kernels: zero_padding2d_forward, zero_padding2d_backward. The way back needs no array.
Source: Keras 3 `ZeroPadding2D`. On paper: reference/zero_padding2d.py.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from .. import kernels
from ..types import Array, IntArray, Pads, Shape
from .arguments import image_shape, sides
from .base import Layer
from .reads import Reads


class ZeroPadding2D(Layer):
    """Put zeros around every image.

    Parameters
    ----------
    padding : int, (int, int) or ((top, bottom), (left, right))
        Pixels: one number for every side, one for the rows and one for the columns, or one a side.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `padding` is none of these, or negative; at build, the input is no batch of images.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import ZeroPadding2D
    >>> ZeroPadding2D(((1, 0), (0, 2)))(np.ones((1, 2, 2, 1)))[0, :, :, 0]
    array([[0., 0., 0., 0.],
           [1., 1., 0., 0.],
           [1., 1., 0., 0.]], dtype=float32)
    """

    padding: Pads
    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last"}

    def __init__(self, padding: int | Sequence[int | Sequence[int]] = (1, 1), name: str | None = None, **more: Any):
        super().__init__(name, **more)
        self.padding = sides("padding", padding)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, top + H + bottom, left + W + right, C)."""
        n, *sizes, channels = image_shape(self, input_shape)
        return (
            n,
            *(None if size is None else size + sum(side) for size, side in zip(sizes, self.padding, strict=True)),
            channels,
        )

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return each output's pixel without the border."""
        before, _ = self.padding[axis - 1]
        return Reads(places - before, places - before)

    def _forward(self, x: Array, training: bool) -> tuple[Array, None]:
        return kernels.zero_padding2d_forward(x, self.padding), None

    def _backward(self, dy: Array, saved: None, need_dx: bool) -> Array | None:
        return kernels.zero_padding2d_backward(dy, self.padding) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"padding": [list(side) for side in self.padding], "data_format": "channels_last"}
