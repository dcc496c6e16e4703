"""Exponential linear unit: what is negative runs out softly towards -alpha.

    y = x where x > 0, else alpha * (exp(x) - 1)    dx = dy where y > 0, else dy * (y + alpha)

Kernels: elu_forward, elu_backward. Kept for the way back: y.
Source: Clevert et al., arXiv:1511.07289; Keras 3 `ELU`. On paper: reference/activations.py.
"""

from typing import Any

from .. import kernels
from ..types import Array
from .arguments import not_negative
from .base import Layer


class ELU(Layer):
    """Let negative numbers run out towards -alpha.

    Parameters
    ----------
    alpha : float, 0 or more
        The output far below 0 is -alpha.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `alpha` is negative or no finite number.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import ELU
    >>> ELU(2.0)(np.array([[-100.0, -1.0, 3.0]])).round(3)
    array([[-2.   , -1.264,  3.   ]], dtype=float32)
    """

    alpha: float

    def __init__(self, alpha: float = 1.0, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        self.alpha = not_negative("alpha", alpha)

    def _forward(self, x: Array, training: bool) -> tuple[Array, Array]:
        y = kernels.elu_forward(x, self.alpha)
        return y, y

    def _backward(self, dy: Array, y: Array, need_dx: bool) -> Array | None:
        return kernels.elu_backward(dy, y, self.alpha) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"alpha": self.alpha}
