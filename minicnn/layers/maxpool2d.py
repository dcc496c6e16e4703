"""Max pooling: of each window only its largest number goes on.

    y[n,i,j,c]  = max over a, b of x[n, i*sh + a - top, j*sw + b - left, c]      (outside x counts as -inf)
    dx          = dy at the first maximum of each window in row order, 0 elsewhere; overlapping windows add

Source: Keras 3 `MaxPooling2D`. On paper: reference/maxpool2d.py.
"""

from .. import kernels
from .arguments import image_shape, one_of, pair
from .windowed import Windowed


class MaxPooling2D(Windowed):
    """Keep the maximum of each window, channel by channel.

    Parameters
    ----------
    pool_size : int or (int, int)    window, pixels
    strides : int, (int, int) or None    step, pixels; None: the window's size
    padding : "valid" or "same"      drop the rows and columns left over, or pad with -inf

    Notes
    -----
    A NaN in a window is its maximum (Keras drops it).
    """

    only = {"data_format": "channels_last"}

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", name=None):
        super().__init__(name)
        self.pool_size = pair("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else pair("strides", strides)
        self.padding = one_of("padding", padding, ("valid", "same"))

    @property
    def taps(self):
        """The window's height and width."""
        return self.pool_size

    def compute_output_shape(self, input_shape):
        """(None, H, W, C) -> (None, OH, OW, C)."""
        n, *sizes, channels = image_shape(self, input_shape)
        return (n, *self.output_sizes(sizes), channels)

    def _forward(self, x, training):
        pads = self.pads(x.shape[1:3])
        return kernels.maxpool2d_forward(x, self.pool_size, self.strides, pads), (x, pads)

    def _backward(self, dy, saved, need_dx):
        x, pads = saved
        return kernels.maxpool2d_backward(dy, x, self.pool_size, self.strides, pads) if need_dx else None

    def _settings(self):
        return {
            "pool_size": list(self.pool_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "data_format": "channels_last",
        }
