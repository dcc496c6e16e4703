"""Rectified linear unit: negative numbers become 0, and numbers above `max_value`, where there is one, become that.

    y = max(x, 0), or min(max(x, 0), max_value)         dx = dy where 0 < y (< max_value), else 0

Kernels: relu_forward and relu_backward; with a maximum clipped_relu_forward and clipped_relu_backward. Kept for the
way back: y.
Source: Keras 3 `ReLU`. On paper: reference/relu.py; with a maximum: reference/activations.py.
"""

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..arguments import is_number
from ..types import Array
from .base import Layer


class ReLU(Layer):
    """Set negative numbers to 0. The slope at exactly 0, and at the maximum, is 0, as in Keras.

    Parameters
    ----------
    max_value : positive number, optional
        What larger numbers become; 6 in MobileNet.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `max_value` is no positive number.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import ReLU
    >>> layer, x = ReLU(), np.array([[-3.0, 0.0, 2.0, 9.0]])
    >>> layer(x, training=True), ReLU(max_value=6)(x)
    (array([[0., 0., 2., 9.]], dtype=float32), array([[0., 0., 2., 6.]], dtype=float32))
    >>> layer.backward([[1.0, 1.0, 1.0, 1.0]])
    array([[0., 0., 1., 1.]], dtype=float32)
    """

    max_value: float | None
    activation: str | None

    only: ClassVar[dict[str, Any]] = {"negative_slope": 0.0, "threshold": 0.0}

    def __init__(self, max_value: float | None = None, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        if max_value is not None and not (is_number(max_value) and 0 < max_value < np.inf):
            raise ValueError(f"`max_value` must be a positive number or None. Received: max_value={max_value!r}.")
        self.max_value = None if max_value is None else float(max_value)
        self.activation = "relu" if max_value is None else None

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        if logits:
            return x, None
        y = kernels.relu_forward(x) if self.max_value is None else kernels.clipped_relu_forward(x, self.max_value)
        return y, y

    def _backward(self, dy: Array, y: Array | None, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        if y is None:
            return dy
        if self.max_value is None:
            return kernels.relu_backward(dy, y)
        return kernels.clipped_relu_backward(dy, y, self.max_value)

    def _settings(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "negative_slope": 0.0, "threshold": 0.0}
