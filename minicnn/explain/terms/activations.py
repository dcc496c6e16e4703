"""Activation functions in float64, with the formula that a trace prints and the slope that a gradient goes through."""

from typing import Any

import numpy as np

from ...layers import ACTIVATIONS, Layer
from ...types import Array, ArrayLike

FORMULAS: dict[str, str] = {
    "relu": "max(z, 0)",
    "relu6": "min(max(z, 0), 6)",
    "leaky_relu": "z where z > 0, else 0.2 z",
    "elu": "z where z > 0, else exp(z) - 1",
    "sigmoid": "1 / (1 + exp(-z))",
    "hard_sigmoid": "min(max(z + 3, 0), 6) / 6",
    "softmax": "exp(z - max z) / sum exp(z - max z)",
    "tanh": "(exp(z) - exp(-z)) / (exp(z) + exp(-z))",
    "softplus": "log(1 + exp(z))",
    "hard_silu": "z * min(max(z + 3, 0), 6) / 6",
    "silu": "z / (1 + exp(-z))",
    "gelu": "z * (1 + erf(z / sqrt(2))) / 2",
}


def activation_of(layer: Layer) -> str | None:
    """Name the function that a layer applies last; None for none, and for a ReLU of other settings than those two.

    Examples
    --------
    >>> from minicnn import Dense, ReLU
    >>> activation_of(ReLU(max_value=6)), activation_of(Dense(2, activation="tanh")), activation_of(Dense(2))
    ('relu6', 'tanh', None)
    """
    name = type(layer).__name__
    if name == "ReLU":
        settings: Any = layer
        given = settings.max_value, settings.negative_slope, settings.threshold
        return {(None, 0.0, 0.0): "relu", (6.0, 0.0, 0.0): "relu6"}.get(given)
    return "softmax" if name == "Softmax" else getattr(layer, "activation", None)


def activate(name: str | None, z: ArrayLike) -> Array:
    """Apply an activation in float64; None changes nothing.

    Parameters
    ----------
    name : str or None
        A key of `FORMULAS`.
    z : array of any shape
        Softmax goes along the last axis.

    Returns
    -------
    y : float64, shape of z

    Examples
    --------
    >>> activate("relu", [-1, 2]).tolist()
    [0.0, 2.0]
    """
    z = np.ascontiguousarray(z, np.float64)
    return z if name is None else ACTIVATIONS[name].forward(z)


def back(name: str | None, dy: ArrayLike, z: ArrayLike) -> Array:
    """Turn the gradient at y = f(z) into the one at z, in float64.

    Parameters
    ----------
    name : str or None
        A key of `FORMULAS`; None changes nothing.
    dy : array
        The gradient at y.
    z : array, shape of dy
        What the activation was applied to.

    Returns
    -------
    dz : float64, shape of z

    Examples
    --------
    >>> back("relu", [5, 5], [-1, 2]).tolist()
    [0.0, 5.0]
    """
    z, dy = np.ascontiguousarray(z, np.float64), np.ascontiguousarray(dy, np.float64)
    if name is None:
        return dy
    kept = z if ACTIVATIONS[name].keeps == "x" else ACTIVATIONS[name].forward(z)
    return ACTIVATIONS[name].backward(dy, kept)
