"""Leaky ReLU: a ReLU that lets a part of what is negative through.

    y = x where x > 0, else slope * x               dx = dy where y > 0, else slope * dy

Kernels: leaky_relu_forward, leaky_relu_backward. Kept for the way back: y, positive where x is.
Source: Keras 3 `LeakyReLU`. On paper: reference/activations.py.
"""

from typing import Any

from .. import kernels
from ..types import Array
from .arguments import not_negative
from .base import Layer


class LeakyReLU(Layer):
    """Scale negative numbers by `negative_slope`.

    Parameters
    ----------
    negative_slope : float, 0 or more
        The part of what is negative that goes through; 0.3 by default (the activation "leaky_relu" has 0.2, as in
        Keras).
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `negative_slope` is negative or no finite number.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import LeakyReLU
    >>> layer = LeakyReLU(0.5)
    >>> layer(np.array([[-4.0, 3.0]]), training=True), layer.backward([[1.0, 1.0]])
    (array([[-2.,  3.]], dtype=float32), array([[0.5, 1. ]], dtype=float32))
    """

    negative_slope: float

    def __init__(self, negative_slope: float = 0.3, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        self.negative_slope = not_negative("negative_slope", negative_slope)

    def _forward(self, x: Array, training: bool) -> tuple[Array, Array]:
        y = kernels.leaky_relu_forward(x, self.negative_slope)
        return y, y

    def _backward(self, dy: Array, y: Array, need_dx: bool) -> Array | None:
        return kernels.leaky_relu_backward(dy, y, self.negative_slope) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"negative_slope": self.negative_slope}
