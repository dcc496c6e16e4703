"""Resizing: every image becomes one of a given size.

    y = x on another grid, its middle where `crop_to_aspect_ratio`         dx = each pixel's part of dy

Kernels: cropping2d_forward, resize2d_forward and their backwards. The way back needs x's size alone. An image that has
the size already passes as it is.
Source: Keras 3 `Resizing`. On paper: reference/resize2d.py.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from .. import kernels, reference
from ..arguments import boolean
from ..types import AnyArray, Array, IntArray, Pads, Pair, Shape
from .arguments import image_shape, one_of, positive_int
from .base import Layer
from .reads import LONGEST, Reads


@lru_cache(256)
def taps(old: int, new: int, interpolation: str) -> reference.Taps:
    """Return what `reference.resize_taps` does, which follows from the sizes, once."""
    return reference.resize_taps(old, new, interpolation)


def resampled(places: IntArray, old: int, new: int, interpolation: str) -> Reads:
    """Return from which to which old pixel of one axis new ones read; what counts nothing is left out.

    Examples
    --------
    >>> import numpy as np
    >>> resampled(np.arange(3), 7, 3, "area")
    Reads(first=array([0, 2, 4]), last=array([2, 4, 6]), step=Fraction(7, 3), gap=1)
    """
    found = taps(old, new, interpolation)
    counts = found.weights != 0
    first, last = np.where(counts, found.places, old).min(1), np.where(counts, found.places, -1).max(1)
    return Reads(first[places], last[places], Fraction(old, new))


class Resizing(Layer):
    """Bring images to a size.

    Parameters
    ----------
    height, width : int
        Of the output, pixels.
    interpolation : "nearest", "bilinear", "bicubic" or "area"
        How new pixels come from old ones.
    crop_to_aspect_ratio : bool
        Whether the middle of an image is cut out first, with the output's ratio of height to width, so that nothing is
        squeezed.
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
    >>> from minicnn import Resizing
    >>> x = np.arange(8).reshape(1, 2, 4, 1)
    >>> Resizing(1, 2)(x).ravel()  # the middle between two rows and two columns
    array([2.5, 4.5], dtype=float32)
    >>> Resizing(1, 1, "nearest", crop_to_aspect_ratio=True)(x).ravel()
    array([6.], dtype=float32)
    """

    height: int
    width: int
    interpolation: str
    crop_to_aspect_ratio: bool
    only: ClassVar[dict[str, Any]] = {
        "pad_to_aspect_ratio": False,
        "fill_mode": "constant",
        "fill_value": 0.0,
        "antialias": False,
        "data_format": "channels_last",
    }

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        self.height, self.width = positive_int("height", height), positive_int("width", width)
        self.interpolation = one_of("interpolation", interpolation, reference.INTERPOLATIONS)
        self.crop_to_aspect_ratio = boolean("crop_to_aspect_ratio", crop_to_aspect_ratio)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, height, width, C)."""
        n, _, _, channels = image_shape(self, input_shape)
        return (n, self.height, self.width, channels)

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads | None:
        """Return the pixels that are interpolated, of what is not cut away."""
        new, sizes = (self.height, self.width)[axis - 1], input_shape[1:3]
        if None in (sizes if self.crop_to_aspect_ratio else sizes[axis - 1 : axis]) or new > LONGEST:
            return None
        crops, left = self.cut(sizes)
        found = resampled(places, left[axis - 1], new, self.interpolation)
        before, _ = crops[axis - 1]
        return Reads(found.first + before, found.last + before, found.step)

    def cut(self, sizes: Pair) -> tuple[Pads, Pair]:
        """Return what is cut away of an image of these sizes, (height, width), and the size that is left, pixels."""
        height, width = sizes
        if not self.crop_to_aspect_ratio:
            return ((0, 0), (0, 0)), (height, width)
        crops = reference.aspect_crops((height, width), (self.height, self.width))
        return crops, (height - sum(crops[0]), width - sum(crops[1]))

    def _taps(self, left: Pair) -> Any:
        return taps(left[0], self.height, self.interpolation), taps(left[1], self.width, self.interpolation)

    def picture(self, pixels: AnyArray) -> Array:
        """Return one image, (H, W, C), resized: of a large one only the pixels that are read become floats.

        Examples
        --------
        >>> import numpy as np
        >>> from minicnn import Resizing
        >>> Resizing(1, 2).picture(np.arange(8, dtype=np.uint8).reshape(2, 4, 1)).ravel()
        array([2.5, 4.5], dtype=float32)
        """
        self.output_shape_of((None, *pixels.shape))
        (top, _), (before, _) = crops = self.cut((pixels.shape[0], pixels.shape[1]))[0]
        left = pixels.shape[0] - sum(crops[0]), pixels.shape[1] - sum(crops[1])
        if left == (self.height, self.width):
            return pixels[top : top + left[0], before : before + left[1]].astype(self.dtype or "float32")
        rows, columns = self._taps(left)
        some, across = np.unique(rows.places), np.unique(columns.places)
        x = pixels[(some + top)[:, None], across + before].astype(self.dtype or "float32")
        rows, columns = (
            found._replace(places=np.searchsorted(read, found.places).astype(found.places.dtype))
            for found, read in ((rows, some), (columns, across))
        )
        return kernels.resize2d_forward(x[None], rows, columns)[0]

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        height, width = x.shape[1:3]
        crops, left = self.cut((height, width))
        if any(map(any, crops)):
            x = kernels.cropping2d_forward(x, crops)
        if left != (self.height, self.width):
            x = kernels.resize2d_forward(x, *self._taps(left))
        return x, (height, width)

    def _backward(self, dy: Array, sizes: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        crops, left = self.cut(sizes)
        if left != (self.height, self.width):
            dy = kernels.resize2d_backward(dy, left, *self._taps(left))
        return kernels.cropping2d_backward(dy, crops) if any(map(any, crops)) else dy

    def _settings(self) -> dict[str, Any]:
        return {
            "height": self.height,
            "width": self.width,
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
            **self.only,
        }
