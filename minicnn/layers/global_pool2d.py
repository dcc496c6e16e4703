"""Global pooling: every channel of an image becomes one number, its mean or its maximum.

    y[n,c] = mean (or max) over h, w of x[n,h,w,c]
    dx     = dy / (H * W) for the mean; for the maximum dy, shared evenly by the pixels that hold it

Kernels: global_avgpool2d_forward and _backward, global_maxpool2d_forward and _backward. The mean's way back needs x's
shape alone, the maximum's x and y.
Source: Keras 3 `GlobalAveragePooling2D` and `GlobalMaxPooling2D`. On paper: reference/global_pool2d.py.
"""

from typing import Any, ClassVar

from .. import kernels
from ..arguments import boolean
from ..types import Array, IntArray, Shape
from .arguments import image_shape
from .base import Layer
from .reads import Reads, whole


class GlobalPooling2D(Layer):
    """What both have in common.

    Parameters
    ----------
    keepdims : bool
        Return (N, 1, 1, C) instead of (N, C).
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        At build, the input is no batch of images.
    """

    keepdims: bool
    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last"}

    def __init__(self, keepdims: bool = False, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        self.keepdims = boolean("keepdims", keepdims)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, C), or (None, 1, 1, C) with keepdims."""
        n, _, _, channels = image_shape(self, input_shape)
        return (n, 1, 1, channels) if self.keepdims else (n, channels)

    def _shaped(self, y: Array) -> Array:
        """Put the two axes back where keepdims wants them."""
        return y[:, None, None] if self.keepdims else y

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return that the outputs read the whole image."""
        return whole(input_shape[axis], places)

    def _settings(self) -> dict[str, Any]:
        return {"data_format": "channels_last", "keepdims": self.keepdims}


class GlobalAveragePooling2D(GlobalPooling2D):
    """Average each channel over the whole image.

    Parameters
    ----------
    keepdims : bool
        Return (N, 1, 1, C) instead of (N, C).
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        At build, the input is no batch of images.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import GlobalAveragePooling2D
    >>> image = np.array([[1, 2], [3, 6]]).reshape(1, 2, 2, 1)
    >>> GlobalAveragePooling2D()(image)
    array([[3.]], dtype=float32)
    >>> GlobalAveragePooling2D(keepdims=True)(np.ones((4, 10, 10, 2048))).shape
    (4, 1, 1, 2048)
    """

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        return self._shaped(kernels.global_avgpool2d_forward(x)), x.shape

    def _backward(self, dy: Array, shape: Any, need_dx: bool) -> Array | None:
        return kernels.global_avgpool2d_backward(dy.reshape(shape[0], shape[3]), shape) if need_dx else None


class GlobalMaxPooling2D(GlobalPooling2D):
    """Keep each channel's maximum over the whole image.

    Parameters
    ----------
    keepdims : bool
        Return (N, 1, 1, C) instead of (N, C).
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        At build, the input is no batch of images.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import GlobalMaxPooling2D
    >>> image = np.array([[1, 6], [6, 3]]).reshape(1, 2, 2, 1)
    >>> layer = GlobalMaxPooling2D()
    >>> layer(image, training=True)
    array([[6.]], dtype=float32)
    >>> layer.backward([[1.0]])[0, :, :, 0]  # the two that hold the maximum share the gradient
    array([[0. , 0.5],
           [0.5, 0. ]], dtype=float32)
    """

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        y = kernels.global_maxpool2d_forward(x)
        return self._shaped(y), (x, y)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        x, y = saved
        return kernels.global_maxpool2d_backward(dy.reshape(y.shape), x, y) if need_dx else None
