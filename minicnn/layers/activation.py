"""Activation functions by name, and the layer that applies one.

    y = f(x)            dx = f'(x) * dy (softmax: J^T dy)

One table says of each name how it is computed and what its way back needs: y where that is enough, so that x need not
be kept, x where it is not. Source: Keras 3 `Activation`; on paper: reference/relu.py, sigmoid.py, softmax.py and
activations.py.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from .. import kernels
from .arguments import one_of
from .base import Layer


class Function(NamedTuple):
    """An activation: forward(x) -> y, backward(dy, kept) -> dx, and which of "x" and "y" is kept for it."""

    forward: Callable
    backward: Callable
    keeps: str


def _function(name, keeps="y", **settings):
    """Find an activation's two kernels and bind their parameter to Keras's default."""
    forward, backward = getattr(kernels, f"{name}_forward"), getattr(kernels, f"{name}_backward")
    return Function(partial(forward, **settings), partial(backward, **settings), keeps)


ACTIVATIONS = {
    "relu": _function("relu"),
    "relu6": _function("clipped_relu", limit=6.0),
    "leaky_relu": _function("leaky_relu", slope=0.2),
    "elu": _function("elu", alpha=1.0),
    "sigmoid": _function("sigmoid"),
    "hard_sigmoid": _function("hard_sigmoid"),
    "softmax": _function("softmax"),
    "tanh": _function("tanh"),
    "softplus": _function("softplus"),
    "silu": _function("silu", keeps="x"),
    "gelu": _function("gelu", keeps="x"),
}
ALIASES = {"linear": None, "swish": "silu"}
FUSED = ("relu", "relu6", "sigmoid", "softmax")  # what the convolution and dense kernels apply themselves


def activation_name(activation):
    """Return a known activation's name; None for "linear", the identity."""
    if activation is None or activation in tuple(ALIASES):
        return ALIASES.get(activation)
    return one_of("activation", activation, tuple(ACTIVATIONS))


def fused(name):
    """Split an activation into what a convolution or dense kernel applies itself, and what is applied after it."""
    return (name, None) if name in FUSED else (None, name)


def activate(name, x):
    """Apply an activation by name; None gives x itself.

    Returns
    -------
    y : shape of x          kept : what `activation_backward` needs, x or y
    """
    if name is None:
        return x, x
    y = ACTIVATIONS[name].forward(x)
    return y, y if ACTIVATIONS[name].keeps == "y" else x


def activation_backward(name, dy, kept):
    """Turn the gradient at y = f(x) into the one at x."""
    return dy if name is None else ACTIVATIONS[name].backward(dy, kept)


class Activation(Layer):
    """Apply one activation function to every number (softmax: to the last axis).

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
