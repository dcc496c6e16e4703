"""Zero padding and cropping: a frame of zeros around every image, or a frame taken away.

    ZeroPadding2D: y = x with zeros around, dx = dy without its frame;   Cropping2D: the other way round

Source: Keras 3 `ZeroPadding2D` and `Cropping2D`. On paper: reference/zero_padding2d.py, cropping2d.py.
"""

from .. import kernels
from ..arguments import is_integer
from .arguments import LARGEST, image_shape
from .base import Layer


def frame_of(name, value):
    """Return ((top, bottom), (left, right)): 1 means 1 on every side, (1, 2) means 1 above and below, 2 beside."""
    sides = value if isinstance(value, (tuple, list)) else (value, value)
    frame = tuple(tuple(side) if isinstance(side, (tuple, list)) else (side, side) for side in sides)
    pixels = [pixel for side in frame for pixel in side]
    whole = all(map(is_integer, pixels))
    if [len(side) for side in frame] != [2, 2] or not whole or not all(0 <= pixel <= LARGEST for pixel in pixels):
        raise ValueError(
            f"`{name}` must be one integer of at least 0, two, or ((top, bottom), (left, right)). "
            f"Received: {name}={value!r}."
        )
    return tuple(tuple(map(int, side)) for side in frame)


class ZeroPadding2D(Layer):
    """Put zeros around every image.

    Parameters
    ----------
    padding : int, (int, int) or ((top, bottom), (left, right)), pixels
    """

    only = {"data_format": "channels_last"}

    def __init__(self, padding=(1, 1), name=None):
        super().__init__(name)
        self.padding = frame_of("padding", padding)

    def compute_output_shape(self, input_shape):
        """(None, H, W, C) -> (None, top + H + bottom, left + W + right, C)."""
        n, *sizes, channels = image_shape(self, input_shape)
        return (
            n,
            *(None if size is None else size + sum(side) for size, side in zip(sizes, self.padding, strict=True)),
            channels,
        )

    def _forward(self, x, training):
        return kernels.zero_padding2d_forward(x, self.padding), None

    def _backward(self, dy, saved, need_dx):
        return kernels.zero_padding2d_backward(dy, self.padding) if need_dx else None

    def _settings(self):
        return {"padding": [list(side) for side in self.padding], "data_format": "channels_last"}


class Cropping2D(Layer):
    """Take a frame away from every image.

    Parameters
    ----------
    cropping : int, (int, int) or ((top, bottom), (left, right)), pixels
    """

    only = {"data_format": "channels_last"}

    def __init__(self, cropping=((0, 0), (0, 0)), name=None):
        super().__init__(name)
        self.cropping = frame_of("cropping", cropping)

    def compute_output_shape(self, input_shape):
        """(None, H, W, C) -> (None, H - top - bottom, W - left - right, C)."""
        n, *sizes, channels = image_shape(self, input_shape)
        if any(size is not None and size <= sum(side) for size, side in zip(sizes, self.cropping, strict=True)):
            raise ValueError(
                f"`cropping` of layer '{self.name}' must leave at least one pixel of its input "
                f"{tuple(input_shape)}. Received: cropping={self.cropping}."
            )
        return (
            n,
            *(None if size is None else size - sum(side) for size, side in zip(sizes, self.cropping, strict=True)),
            channels,
        )

    def _forward(self, x, training):
        return kernels.cropping2d_forward(x, self.cropping), None

    def _backward(self, dy, saved, need_dx):
        return kernels.cropping2d_backward(dy, self.cropping) if need_dx else None

    def _settings(self):
        return {"cropping": [list(side) for side in self.cropping], "data_format": "channels_last"}
