"""Upsampling: every image a whole number of times as high and as wide.

    y = x on a finer grid: nearest repeats every pixel, the others interpolate         dx = each pixel's part of dy

Kernels: resize2d_forward, resize2d_backward. The way back needs x's size alone.
Source: Keras 3 `UpSampling2D`. On paper: reference/resize2d.py.
"""

from typing import Any, ClassVar

import numpy as np

from .. import kernels, reference
from ..types import Array, IntArray, IntOrPair, Pair, Shape
from .arguments import image_shape, one_of, pair
from .base import Layer
from .reads import LONGEST, Reads
from .resizing import resampled, taps

MIDDLE = 8  # pixels from there to an edge: more than an interpolation reaches


class UpSampling2D(Layer):
    """Enlarge images by whole factors.

    Parameters
    ----------
    size : int or (int, int)
        How many times as high, as wide.
    interpolation : "nearest", "bilinear", "bicubic" or "area"
        How new pixels come from old ones.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        An argument is none of these; at build, the input is no batch of images.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import UpSampling2D
    >>> UpSampling2D((2, 3))(np.array([[[[1.0], [2.0]]]]))[0, :, :, 0]
    array([[1., 1., 1., 2., 2., 2.],
           [1., 1., 1., 2., 2., 2.]], dtype=float32)
    >>> UpSampling2D((1, 2), "bilinear")(np.array([[[[0.0], [4.0]]]])).ravel()
    array([0., 1., 3., 4.], dtype=float32)
    """

    size: Pair
    interpolation: str
    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last"}

    def __init__(self, size: IntOrPair = (2, 2), interpolation: str = "nearest", name: str | None = None, **more: Any):
        super().__init__(name, **more)
        self.size = pair("size", size)
        self.interpolation = one_of("interpolation", interpolation, reference.INTERPOLATIONS)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, size[0] * H, size[1] * W, C)."""
        n, *sizes, channels = image_shape(self, input_shape)
        return (
            n,
            *(None if size is None else size * factor for size, factor in zip(sizes, self.size, strict=True)),
            channels,
        )

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads | None:
        """Return the pixels that are interpolated."""
        old, factor = input_shape[axis], self.size[axis - 1]
        if old is not None and old * factor <= LONGEST:
            return resampled(places, old, old * factor, self.interpolation)
        if factor > LONGEST:
            return None
        size = 2 * MIDDLE + 1
        found = resampled(MIDDLE * factor + np.arange(factor), size, size * factor, self.interpolation)
        at, beyond = places % factor, places // factor - MIDDLE
        return Reads(found.first[at] + beyond, found.last[at] + beyond, found.step)

    def _taps(self, sizes: tuple[int, ...]) -> Any:
        return (taps(old, old * factor, self.interpolation) for old, factor in zip(sizes, self.size, strict=True))

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        return kernels.resize2d_forward(x, *self._taps(x.shape[1:3])), x.shape[1:3]

    def _backward(self, dy: Array, sizes: Any, need_dx: bool) -> Array | None:
        return kernels.resize2d_backward(dy, sizes, *self._taps(sizes)) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"size": list(self.size), "data_format": "channels_last", "interpolation": self.interpolation}
