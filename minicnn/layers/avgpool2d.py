"""Average pooling: of each window the mean goes on.

    y[n,i,j,c]  = mean over a, b of x[n, i*sh + a - top, j*sw + b - left, c]    (what lies outside x is left out)
    dx          = dy in equal parts to the pixels of each window; overlapping windows add

Kernels: avgpool2d_forward, avgpool2d_backward. The way back needs x's shape alone.
Source: Keras 3 `AveragePooling2D`. On paper: reference/avgpool2d.py.
"""

from typing import Any

from .. import kernels
from ..types import Array
from .maxpool2d import MaxPooling2D


class AveragePooling2D(MaxPooling2D):
    """Average each window, channel by channel.

    Parameters
    ----------
    pool_size : int or (int, int)
        The window, pixels.
    strides : int, (int, int) or None
        The step of the window, pixels; None: the window's size.
    padding : "valid" or "same"
        Drop the rows and columns left over, or let windows hang over the edge.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        An argument is none of these; at build, the window is larger than the image.

    Notes
    -----
    With padding="same" a window that hangs over the edge is divided by the pixels that it has.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import AveragePooling2D
    >>> image = np.array([[1, 2, 5, 6], [3, 4, 8, 7]]).reshape(1, 2, 4, 1)
    >>> AveragePooling2D(2)(image)[0, :, :, 0]
    array([[2.5, 6.5]], dtype=float32)
    """

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        pads = self.pads(x.shape[1:3])
        return kernels.avgpool2d_forward(x, self.pool_size, self.strides, pads), (x.shape, pads)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        shape, pads = saved
        return kernels.avgpool2d_backward(dy, shape, self.pool_size, self.strides, pads) if need_dx else None
