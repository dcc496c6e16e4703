"""Max pooling: of each window only its largest number goes on.

    y[n,i,j,c]  = max over a, b of x[n, i*sh + a - top, j*sw + b - left, c]      (outside x counts as -inf)
    dx          = dy at the first maximum of each window in row order, 0 elsewhere; overlapping windows add

Kernels: maxpool2d_forward, maxpool2d_backward. Kept for the way back: x, in which the maxima are found again.
Source: Keras 3 `MaxPooling2D`. On paper: reference/maxpool2d.py.
"""

from typing import Any, ClassVar

from .. import kernels
from ..types import Array, IntOrPair, Pair, Shape
from .arguments import image_shape, one_of, pair
from .windowed import Windowed


class MaxPooling2D(Windowed):
    """Keep the maximum of each window, channel by channel.

    Parameters
    ----------
    pool_size : int or (int, int)
        The window, pixels.
    strides : int, (int, int) or None
        The step of the window, pixels; None: the window's size.
    padding : "valid" or "same"
        Drop the rows and columns left over, or pad with -inf.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        An argument is none of these; at build, the window is larger than the image.

    Notes
    -----
    A NaN in a window is its maximum (Keras drops it).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import MaxPooling2D
    >>> image = np.array([[1, 2, 5, 6], [3, 4, 8, 7]]).reshape(1, 2, 4, 1)
    >>> layer = MaxPooling2D(2)
    >>> layer(image, training=True)[0, :, :, 0]
    array([[4., 8.]], dtype=float32)

    On the way back each window's maximum takes the whole gradient.

    >>> layer.backward(np.array([10.0, 20.0]).reshape(1, 1, 2, 1))[0, :, :, 0]
    array([[ 0.,  0.,  0.,  0.],
           [ 0., 10., 20.,  0.]], dtype=float32)
    """

    pool_size: Pair
    strides: Pair
    padding: str
    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last"}

    def __init__(
        self,
        pool_size: IntOrPair = (2, 2),
        strides: IntOrPair | None = None,
        padding: str = "valid",
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        self.pool_size = pair("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else pair("strides", strides)
        self.padding = one_of("padding", padding, ("valid", "same"))

    @property
    def taps(self) -> Pair:
        """The window's height and width."""
        return self.pool_size

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, OH, OW, C)."""
        n, *sizes, channels = image_shape(self, input_shape)
        return (n, *self.output_sizes(sizes), channels)

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        pads = self.pads(x.shape[1:3])
        return kernels.maxpool2d_forward(x, self.pool_size, self.strides, pads), (x, pads)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        x, pads = saved
        return kernels.maxpool2d_backward(dy, x, self.pool_size, self.strides, pads) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {
            "pool_size": list(self.pool_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "data_format": "channels_last",
        }
