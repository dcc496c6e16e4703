"""Activation: the layer that applies one function by name.

    y = f(x)            dx = f'(x) * dy (softmax: J^T dy)

Kernels: those of the function, in the table of activations.py. Kept for the way back: y where that is enough, else x.
Source: Keras 3 `Activation`.
"""

from typing import Any

from ..types import Array
from .activations import activate, activation_backward, activation_name
from .base import Layer


class Activation(Layer):
    """Apply one activation function elementwise (softmax: along the last axis).

    Parameters
    ----------
    activation : str
        "linear", "relu", "relu6", "leaky_relu", "elu", "sigmoid", "hard_sigmoid", "softmax", "tanh", "softplus",
        "silu" (or "swish"), "hard_silu" (or "hard_swish") or "gelu" (the exact one), with Keras's default settings; a
        function or a layer that bears one of these names.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `activation` is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Activation
    >>> x = np.array([[-2.0, 0.5, 8.0]])
    >>> Activation("relu")(x)
    array([[0. , 0.5, 8. ]], dtype=float32)
    >>> Activation("softmax")(x).round(3)  # the largest takes nearly all
    array([[0.   , 0.001, 0.999]], dtype=float32)
    """

    activation: str | None

    def __init__(self, activation: str | None, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        self.activation = activation_name(activation)

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        name = None if logits else self.activation
        y, kept = activate(name, x)
        return y, (name, kept)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        name, kept = saved
        return activation_backward(name, dy, kept) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"activation": self.activation or "linear"}
