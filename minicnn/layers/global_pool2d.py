"""Global pooling: every channel of an image becomes one number, its mean or its maximum.

    y[n,c] = mean (or max) over h, w of x[n,h,w,c]
    dx     = dy / (H * W) for the mean; for the maximum dy, shared evenly by the pixels that hold it

Source: Keras 3 `GlobalAveragePooling2D` and `GlobalMaxPooling2D`. On paper: reference/global_pool2d.py.
"""

from .. import kernels
from .arguments import image_shape
from .base import Layer


class GlobalPooling2D(Layer):
    """What both have in common.

    Parameters
    ----------
    keepdims : bool     give (N, 1, 1, C) instead of (N, C)
    """

    only = {"data_format": "channels_last"}

    def __init__(self, keepdims=False, name=None):
        super().__init__(name)
        self.keepdims = bool(keepdims)

    def compute_output_shape(self, input_shape):
        """(None, H, W, C) -> (None, C), or (None, 1, 1, C) with keepdims."""
        n, _, _, channels = image_shape(self, input_shape)
        return (n, 1, 1, channels) if self.keepdims else (n, channels)

    def _shaped(self, y):
        """Put the two axes back where keepdims wants them."""
        return y[:, None, None] if self.keepdims else y

    def window(self, input_shape=None):
        """Give the whole image as the window, where its size is known."""
        return tuple(size or 1 for size in (input_shape or self.input_shape)[1:3]), (1, 1)

    def _settings(self):
        return {"data_format": "channels_last", "keepdims": self.keepdims}


class GlobalAveragePooling2D(GlobalPooling2D):
    """Average each channel over the whole image."""

    def _forward(self, x, training):
        return self._shaped(kernels.global_avgpool2d_forward(x)), x.shape

    def _backward(self, dy, shape, need_dx):
        return kernels.global_avgpool2d_backward(dy.reshape(shape[0], shape[3]), shape) if need_dx else None


class GlobalMaxPooling2D(GlobalPooling2D):
    """Keep each channel's maximum over the whole image."""

    def _forward(self, x, training):
        y = kernels.global_maxpool2d_forward(x)
        return self._shaped(y), (x, y)

    def _backward(self, dy, saved, need_dx):
        x, y = saved
        return kernels.global_maxpool2d_backward(dy.reshape(y.shape), x, y) if need_dx else None
