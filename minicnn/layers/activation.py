"""Activation: the layer that applies one function by name.

    y = f(x)            dx = f'(x) * dy (softmax: J^T dy)

The functions are in activations.py. Source: Keras 3 `Activation`.
"""

from .activations import activate, activation_backward, activation_name
from .base import Layer


class Activation(Layer):
    """Apply one activation function elementwise (softmax: along the last axis).

    Parameters
    ----------
    activation : str        "linear", "relu", "relu6", "leaky_relu", "elu", "sigmoid", "hard_sigmoid", "softmax",
        "tanh", "softplus", "silu" (or "swish") or "gelu" (the exact one), with Keras's default settings
    """

    def __init__(self, activation, name=None):
        super().__init__(name)
        self.activation = activation_name(activation)

    def _forward(self, x, training, logits=False):
        name = None if logits else self.activation
        y, kept = activate(name, x)
        return y, (name, kept)

    def _backward(self, dy, saved, need_dx):
        name, kept = saved
        return activation_backward(name, dy, kept) if need_dx else None

    def _settings(self):
        return {"activation": self.activation or "linear"}
