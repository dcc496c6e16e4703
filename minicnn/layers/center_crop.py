"""Cropping to the middle: every image is cut to a size around its centre.

    y = x[top : top + height, left : left + width],  top = (H - height) // 2,  left = (W - width) // 2

An image that is too small is resized, bilinear, after its middle of the output's ratio was cut out. Kernels and the way
back are those of resizing.py. Source: Keras 3 `CenterCrop`.
"""

from typing import Any, ClassVar

from ..types import Pads, Pair
from .resizing import Resizing


class CenterCrop(Resizing):
    """Cut the middle out of images.

    Parameters
    ----------
    height, width : int
        Of the output, pixels.
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
    >>> from minicnn import CenterCrop
    >>> CenterCrop(1, 2)(np.arange(8).reshape(1, 2, 4, 1)).ravel()
    array([1., 2.], dtype=float32)
    """

    only: ClassVar[dict[str, Any]] = {}

    def __init__(self, height: int, width: int, name: str | None = None, **more: Any):
        super().__init__(height, width, crop_to_aspect_ratio=True, name=name, **more)

    def cut(self, sizes: Pair) -> tuple[Pads, Pair]:
        """Return what is cut away of an image of these sizes, (height, width), and the size that is left, pixels."""
        spare = sizes[0] - self.height, sizes[1] - self.width
        if min(spare) < 0:
            return super().cut(sizes)
        down, across = ((each // 2, each - each // 2) for each in spare)
        return (down, across), (self.height, self.width)

    def _settings(self) -> dict[str, Any]:
        return {"height": self.height, "width": self.width}
