"""Rescaling: bring pixels of 0..255 into the range that a net likes.

    y = x * scale + offset          dx = dy * scale

Kernels: rescaling_forward, rescaling_backward; with a list, multiply_forward. The way back needs no array.
Source: Keras 3 `Rescaling`. On paper: reference/rescaling.py.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..arguments import LARGEST_FLOAT32, is_number
from ..types import Array, Shape
from .base import Layer


class Rescaling(Layer):
    """Multiply by `scale` and add `offset`: 1/255 and 0 give 0..1; 1/127.5 and -1 give -1..1.

    Parameters
    ----------
    scale : float, finite, or a list of them, one a channel
        What each number is multiplied by.
    offset : float, finite, or a list of them, one a channel
        What is added.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Attributes
    ----------
    several : bool
        Whether there is a number for each channel.

    Raises
    ------
    ValueError
        A number is not finite; at build, there are not as many as channels.

    Notes
    -----
    Both are rounded to float32, in a float64 model too, as in Keras.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Rescaling
    >>> pixels = np.array([[0, 255]], np.uint8)
    >>> Rescaling(1 / 255)(pixels), Rescaling(1 / 127.5, offset=-1)(pixels)
    (array([[0., 1.]], dtype=float32), array([[-1.,  1.]], dtype=float32))
    """

    scale: float | tuple[float, ...]
    offset: float | tuple[float, ...]
    several: bool

    def __init__(
        self,
        scale: float | Sequence[float],
        offset: float | Sequence[float] = 0.0,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        self.scale, self.offset = _checked("scale", scale), _checked("offset", offset)
        self.several = isinstance(self.scale, tuple) or isinstance(self.offset, tuple)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape; a list must have a number for each channel."""
        for key, value in (("scale", self.scale), ("offset", self.offset)):
            if isinstance(value, tuple) and len(value) != input_shape[-1]:
                raise ValueError(
                    f"`{key}` of layer '{self.name}' must be one number, or one for each channel of its "
                    f"input {tuple(input_shape)}. Received: {key}={value!r}."
                )
        return input_shape

    def constants(self, channel: int) -> tuple[float, float]:
        """Return scale and offset of one channel, rounded to float32."""
        scale, offset = (
            float(np.float32(item[channel] if isinstance(item, tuple) else item)) for item in (self.scale, self.offset)
        )
        return scale, offset

    def _rows(self, x: Array) -> Array:
        """Return scale and offset, each (1, ..., 1, C)."""
        rows = np.array([self.constants(channel) for channel in range(x.shape[-1])], x.dtype)
        return rows.T.reshape(2, *[1] * (x.ndim - 1), -1)

    def _forward(self, x: Array, training: bool) -> tuple[Array, None]:
        if not self.several:
            return kernels.rescaling_forward(x, *self.constants(0)), None
        kernels.tape.refuse()
        scale, offset = self._rows(x)
        return kernels.multiply_forward([x, scale]) + offset, None

    def _backward(self, dy: Array, saved: None, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        if not self.several:
            return kernels.rescaling_backward(dy, self.constants(0)[0])
        return kernels.multiply_forward([dy, self._rows(dy)[0]])

    def _settings(self) -> dict[str, Any]:
        scale, offset = (list(item) if isinstance(item, tuple) else item for item in (self.scale, self.offset))
        return {"scale": scale, "offset": offset}


def _checked(name: str, value: Any) -> float | tuple[float, ...]:
    """Return a finite number as float, several as a tuple that nobody changes; an array of no axes is a number."""
    value = value[()] if isinstance(value, np.ndarray) and not value.ndim else value
    several = isinstance(value, (list, tuple, np.ndarray))
    for item in value if several else [value]:
        if not is_number(item) or not abs(item) <= LARGEST_FLOAT32:
            bound = (
                f" of at most {LARGEST_FLOAT32:.2g}, float32's largest"
                if is_number(item) and abs(item) < math.inf
                else ""
            )
            raise ValueError(
                f"`{name}` must be one finite number{bound}, or one a channel. Received: {name}={value!r}."
            )
    return tuple(float(item) for item in value) if several else float(value)
