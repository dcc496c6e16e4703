"""Rectified linear unit: negative numbers become 0, and numbers above `max_value`, where there is one, become that.

    y = max(x, 0), or min(max(x, 0), max_value)         dx = dy where 0 < y (< max_value), else 0

With a `threshold` t or a `negative_slope` s, which few nets have:

    y = min(x, max_value) where x > t, else s * (x - t)         dx = dy times 1 or s

Kernels: relu_forward and relu_backward; with a maximum clipped_relu_forward and clipped_relu_backward. Kept for the
way back: y; with a slope alone leaky_relu_forward and leaky_relu_backward; with more, x.
Source: Keras 3 `ReLU`. On paper: reference/relu.py; with a maximum: reference/activations.py.
"""

from typing import Any

import numpy as np

from .. import kernels
from ..types import Array
from .arguments import not_negative
from .base import Layer


class ReLU(Layer):
    """Set negative numbers to 0. The slope at exactly 0 is 0, as in Keras.

    Without threshold and slope it is 0 at the maximum, too; in Keras only where that is 6.

    Parameters
    ----------
    max_value : number, at least 0, optional
        What larger numbers become; 6 in MobileNet.
    negative_slope : float, 0 or more
        The part of what lies below the threshold that goes through.
    threshold : float, 0 or more
        What is not above it is cut off.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        An argument is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import ReLU
    >>> layer, x = ReLU(), np.array([[-3.0, 0.0, 2.0, 9.0]])
    >>> layer(x, training=True), ReLU(max_value=6)(x)
    (array([[0., 0., 2., 9.]], dtype=float32), array([[0., 0., 2., 6.]], dtype=float32))
    >>> layer.backward([[1.0, 1.0, 1.0, 1.0]])
    array([[0., 0., 1., 1.]], dtype=float32)
    >>> ReLU(negative_slope=0.5, threshold=1.0)(x)
    array([[-2. , -0.5,  2. ,  9. ]], dtype=float32)
    """

    max_value: float | None
    negative_slope: float
    threshold: float
    activation: str | None

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        self.max_value = None if max_value is None else not_negative("max_value", max_value)
        self.negative_slope = not_negative("negative_slope", negative_slope)
        self.threshold = not_negative("threshold", threshold)
        plain = (self.max_value, self.negative_slope, self.threshold) == (None, 0, 0)
        self.activation = "relu" if plain else None

    def _kernels(self) -> tuple[str, tuple[float, ...]]:
        """Return the name of the kernels that do it, and what they take; none where two slopes and a bound meet."""
        if self.threshold or self.negative_slope and self.max_value is not None:
            return "", ()
        if self.negative_slope:
            return "leaky_relu", (self.negative_slope,)
        return ("relu", ()) if self.max_value is None else ("clipped_relu", (self.max_value,))

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        if logits:
            return x, None
        name, how = self._kernels()
        if not name:
            kernels.tape.refuse()
            return self._two_slopes(x), x
        y = getattr(kernels, f"{name}_forward")(x, *how)
        return y, y

    def _two_slopes(self, x: Array) -> Array:
        threshold, slope = x.dtype.type(self.threshold), x.dtype.type(self.negative_slope)
        above = ~(x <= threshold)  # NaN goes through
        cut = x if self.max_value is None else np.minimum(x, x.dtype.type(self.max_value))
        return np.where(above, cut, slope * (x - threshold) if slope else slope)

    def _slopes(self, x: Array) -> Array:
        """Return the slope of `_two_slopes` at each x."""
        threshold, slope = x.dtype.type(self.threshold), x.dtype.type(self.negative_slope)
        top = x.dtype.type(np.inf if self.max_value is None else self.max_value)
        # Keras cuts at 6 by another function where there is no threshold, whose slope there is 0.
        below = x < top if self.max_value == 6 and not threshold else x <= top
        return np.where(x <= threshold, slope * (x < threshold), below).astype(x.dtype)

    def _backward(self, dy: Array, kept: Array | None, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        if kept is None:
            return dy
        name, how = self._kernels()
        if not name:
            return kernels.multiply_forward([dy, self._slopes(kept)])
        return getattr(kernels, f"{name}_backward")(dy, kept, *how)

    def _settings(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "negative_slope": self.negative_slope, "threshold": self.threshold}
