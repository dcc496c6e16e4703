"""Activation functions by name, and the layer that applies one.

    y = f(x)            dx = f'(x) * dy, written with y alone (softmax: J^T dy)

Source: Keras 3 `Activation`; the formulas stand in reference/relu.py, sigmoid.py and softmax.py.
"""

from .. import kernels
from .arguments import one_of
from .base import Layer

ACTIVATIONS = {
    "relu": (kernels.relu_forward, kernels.relu_backward),
    "sigmoid": (kernels.sigmoid_forward, kernels.sigmoid_backward),
    "softmax": (kernels.softmax_forward, kernels.softmax_backward),
}


def activation_name(activation):
    """Return a known activation's name; None for "linear", the identity."""
    if activation in (None, "linear"):
        return None
    return one_of("activation", activation, tuple(ACTIVATIONS))


def activate(name, x):
    """Apply an activation by name; None gives x itself."""
    return x if name is None else ACTIVATIONS[name][0](x)


def activation_backward(name, dy, y):
    """Turn the gradient at y = f(x) into the one at x."""
    return dy if name is None else ACTIVATIONS[name][1](dy, y)


class Activation(Layer):
    """Apply one activation function to every number (softmax: to the last axis).

    Parameters
    ----------
    activation : "relu", "sigmoid", "softmax" or "linear"
    """

    def __init__(self, activation, name=None):
        super().__init__(name)
        self.activation = activation_name(activation)

    def _forward(self, x, training, logits=False):
        name = None if logits else self.activation
        y = activate(name, x)
        return y, (name, y)

    def _backward(self, dy, saved, need_dx):
        name, y = saved
        return activation_backward(name, dy, y) if need_dx else None

    def _settings(self):
        return {"activation": self.activation or "linear"}
