"""Activation functions in float64, with the formula that a trace prints and the slope that a gradient goes through."""

import numpy as np

from ...layers import ACTIVATIONS

FORMULAS = {
    "relu": "max(z, 0)",
    "relu6": "min(max(z, 0), 6)",
    "leaky_relu": "z where z > 0, else 0.2 z",
    "elu": "z where z > 0, else exp(z) - 1",
    "sigmoid": "1 / (1 + exp(-z))",
    "hard_sigmoid": "min(max(z + 3, 0), 6) / 6",
    "softmax": "exp(z - max z) / sum exp(z - max z)",
    "tanh": "(exp(z) - exp(-z)) / (exp(z) + exp(-z))",
    "softplus": "log(1 + exp(z))",
    "silu": "z / (1 + exp(-z))",
    "gelu": "z * (1 + erf(z / sqrt(2))) / 2",
}


def activation_of(layer):
    """Name the function that a layer applies last; None for none."""
    name = type(layer).__name__
    if name == "ReLU" and getattr(layer, "max_value", None) == 6:
        return "relu6"
    return "relu" if name == "ReLU" else getattr(layer, "activation", None) if name != "Softmax" else "softmax"


def activate(name, z):
    """Apply an activation to an array, in float64; None changes nothing."""
    z = np.asarray(z, np.float64)
    return z if name is None else ACTIVATIONS[name].forward(np.ascontiguousarray(z))


def back(name, dy, z):
    """Turn the gradient at y = f(z) into the one at z, in float64."""
    z, dy = np.ascontiguousarray(z, np.float64), np.ascontiguousarray(dy, np.float64)
    if name is None:
        return dy
    kept = z if ACTIVATIONS[name].keeps == "x" else ACTIVATIONS[name].forward(z)
    return ACTIVATIONS[name].backward(dy, kept)


def gate(name, z):
    """Say in a word whether a gradient passes a ReLU here; nothing for other functions."""
    return (
        ""
        if name not in ("relu", "relu6")
        else "ReLU open"
        if z > 0 and not (name == "relu6" and z >= 6)
        else ("ReLU closed")
    )
