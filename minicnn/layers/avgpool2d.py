"""Average pooling: of each window the mean goes on.

    y[n,i,j,c]  = mean over a, b of x[n, i*sh + a - top, j*sw + b - left, c]    (what lies outside x is left out)
    dx          = dy in equal parts to the pixels of each window; overlapping windows add

Source: Keras 3 `AveragePooling2D`. On paper: reference/avgpool2d.py.
"""

from .. import kernels
from .maxpool2d import MaxPooling2D


class AveragePooling2D(MaxPooling2D):
    """Average each window, channel by channel. Arguments as for `MaxPooling2D`.

    Notes
    -----
    With padding="same" a window that hangs over the edge is divided by the pixels that it has.
    """

    def _forward(self, x, training):
        pads = self.pads(x.shape[1:3])
        return kernels.avgpool2d_forward(x, self.pool_size, self.strides, pads), (x.shape, pads)

    def _backward(self, dy, saved, need_dx):
        shape, pads = saved
        return kernels.avgpool2d_backward(dy, shape, self.pool_size, self.strides, pads) if need_dx else None
