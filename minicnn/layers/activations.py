"""Activation functions by name: how each is computed, what its way back needs, and which kernel applies it itself.

    y = f(x)            dx = f'(x) * dy (softmax: J^T dy)

The way back needs y where that is enough, so that x need not be kept, and x where it is not. Source: Keras 3
`activations`; on paper: reference/activations.py, or the file of its name there.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, NamedTuple

from .. import kernels
from ..types import Array
from .arguments import one_of


class Function(NamedTuple):
    """An activation.

    Attributes
    ----------
    forward : function of x
        Returns y.
    backward : function of (dy, kept)
        Returns dx.
    keeps : "x" or "y"
        What is kept for it.
    """

    forward: Callable[..., Array]
    backward: Callable[..., Array]
    keeps: str


def _function(name: str, keeps: str = "y", **settings: float) -> Function:
    """Find an activation's two kernels and bind their parameter to Keras's default."""
    forward, backward = getattr(kernels, f"{name}_forward"), getattr(kernels, f"{name}_backward")
    return Function(partial(forward, **settings), partial(backward, **settings), keeps)


ACTIVATIONS: dict[str, Function] = {
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
    "hard_silu": _function("hard_silu", keeps="x"),
    "gelu": _function("gelu", keeps="x"),
}
ALIASES: dict[str, str | None] = {"linear": None, "swish": "silu", "hard_swish": "hard_silu"}
# Which forward kernel applies which activation itself, as its argument `activation=`.
APPLIED: dict[str, Collection[str | None]] = {
    "conv2d": kernels.FUSED_ACTIVATIONS,
    "dense": kernels.FUSED_ACTIVATIONS,
    "depthwise_conv2d": kernels.FUSED_RELUS,
    "batch_normalization": kernels.FUSED_RELUS,
}


def activation_name(activation: Any) -> str | None:
    """Return a known activation's name; None for "linear", the identity.

    A function is known by its own name, `keras.activations.relu` or `tf.nn.relu` as "relu", and a layer by its
    `activation`: ReLU() as "relu".

    Raises
    ------
    ValueError
        `activation` must be one of 'relu', 'relu6', ... Received: activation='reul'.
    """
    if activation is None:
        return None
    if not isinstance(activation, str):  # a function of Keras's, TensorFlow's, ... or a layer without settings
        own = getattr(activation, "activation", None)
        activation = own if isinstance(own, str) else getattr(activation, "__name__", activation)
    if activation in tuple(ALIASES):
        return ALIASES[activation]
    return one_of("activation", activation, tuple(ACTIVATIONS))


def fused(activation: str | None, kernel: str) -> tuple[str | None, str | None]:
    """Split an activation into what a forward kernel applies itself, and what is to be applied after it.

    Parameters
    ----------
    activation : str or None
        A name of `ACTIVATIONS`.
    kernel : str
        The operation: "conv2d", "dense", "depthwise_conv2d" or "batch_normalization".

    Returns
    -------
    now, after : str or None
        One of them, at least, is None.

    Examples
    --------
    >>> from minicnn.layers import fused
    >>> fused("sigmoid", "conv2d"), fused("sigmoid", "depthwise_conv2d")
    (('sigmoid', None), (None, 'sigmoid'))
    """
    return (activation, None) if activation in APPLIED[kernel] else (None, activation)


def activate(name: str | None, x: Array) -> tuple[Array, Array]:
    """Apply an activation by name; None gives x itself.

    Returns
    -------
    y : shape of x
    kept : x or y
        What `activation_backward` needs.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.layers import activate
    >>> y, kept = activate("relu", np.array([-1.0, 2.0]))
    >>> y.tolist(), kept is y
    ([0.0, 2.0], True)
    """
    if name is None:
        return x, x
    y = ACTIVATIONS[name].forward(x)
    return y, y if ACTIVATIONS[name].keeps == "y" else x


def activation_backward(name: str | None, dy: Array, kept: Array) -> Array:
    """Turn the gradient at y = f(x) into the one at x, with what `activate` kept."""
    return dy if name is None else ACTIVATIONS[name].backward(dy, kept)
