"""What lies inside one layer: numbers that it computes on its way, under names that page and terminal share.

"conv2d"                          a layer's output, as in the summary, in get_layer and in Keras
"conv2d (before relu)"            what its own activation gets: the sums, bias included
"separable_conv2d (depthwise)"    the maps between the two halves of a separable convolution
"""

import re
from typing import Any

import numpy as np

from ... import kernels
from ...layers import ACTIVATIONS, Layer
from ...types import Array
from .activations import activation_of
from .forward import PRODUCTS

DEPTHWISE = "depthwise"


def named(key: str, part: str | None) -> str:
    """Name a part of a place; None is its output.

    Examples
    --------
    >>> named("conv2d", None), named("conv2d", "before relu")
    ('conv2d', 'conv2d (before relu)')
    """
    return key if part is None else f"{key} ({part})"


def split(name: str) -> tuple[str, str | None]:
    """Split a name into a place's key and the part, None for the output.

    Examples
    --------
    >>> split("conv2d (before relu)"), split("conv2d")
    (('conv2d', 'before relu'), ('conv2d', None))
    """
    match = re.fullmatch(r"(.*) \((before \w+|depthwise)\)", name, re.S)
    return (match[1], match[2]) if match else (name, None)


def before(layer: Layer) -> str | None:
    """Name what a layer's own activation gets; None where it has none, or is one.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU
    >>> before(Conv2D(2, 3, activation="relu")), before(Conv2D(2, 3)), before(ReLU())
    ('before relu', None, None)
    """
    name = activation_of(layer) if type(layer).__name__ in PRODUCTS else None
    return None if name is None else f"before {name}"


def parts(layer: Layer) -> list[str]:
    """List what lies inside a layer, in running order.

    Examples
    --------
    >>> from minicnn import SeparableConv2D
    >>> parts(SeparableConv2D(2, 3, activation="relu"))
    ['depthwise', 'before relu']
    """
    halves = [DEPTHWISE] if type(layer).__name__ == "SeparableConv2D" else []
    return [*halves, *filter(None, [before(layer)])]


def value(layer: Layer, x: Array, part: str | None, channels: list[int] | None = None) -> Array:
    """Compute a part with the engine's own kernels, from what went into the layer.

    Parameters
    ----------
    layer : Layer
    x : array
        The layer's input.
    part : str or None
        One of `parts`.
    channels : list of int, optional
        The channels that are wanted, by default all: a few filters of a convolution are quickly computed.

    Returns
    -------
    z : array
    """
    kind = type(layer).__name__
    if channels is not None and part != DEPTHWISE and kind in ("Conv2D", "SeparableConv2D"):
        return _some(layer, x, channels)
    z = layer.forward(x, logits=True) if part != DEPTHWISE else _depthwise(layer, x)
    return z if channels is None else z[..., channels]


def _some(layer: Any, x: Array, channels: list[int]):
    """Compute the sums of some filters alone."""
    bias = layer.params["bias"][channels] if layer.use_bias else None
    if type(layer).__name__ == "SeparableConv2D":
        kernel = np.ascontiguousarray(layer.params["pointwise_kernel"][..., channels])
        return kernels.conv2d_forward(_depthwise(layer, x), kernel, bias, *layer.ONE_BY_ONE)
    if layer.groups > 1:
        return layer.forward(x, logits=True)[..., channels]
    kernel = np.ascontiguousarray(layer.params["kernel"][..., channels])
    return kernels.conv2d_forward(x, kernel, bias, layer.strides, layer.pads(x.shape[1:3]), layer.dilation_rate)


def _depthwise(layer: Any, x: Array):
    kernel, pads = layer.params["depthwise_kernel"], layer.pads(x.shape[1:3])
    return kernels.depthwise_conv2d_forward(x, kernel, None, layer.strides, pads, layer.dilation_rate)


def through_activation(layer: Layer, dy: Array, x: Array, y: Array) -> Array:
    """Turn the gradient at a layer's output into the one before its activation, with the engine's own kernels.

    Parameters
    ----------
    layer : Layer
        With an activation of its own.
    dy : array
        The gradient at its output.
    x : array
        Its input.
    y : array, shape of dy
        Its output.

    Returns
    -------
    dz : array, shape of y
    """
    function = ACTIVATIONS[str(activation_of(layer))]
    return function.backward(dy, y if function.keeps == "y" else value(layer, x, before(layer)))


def through_pointwise(layer: Layer, dz: Array, channels: list[int] | None = None) -> Array:
    """Turn the gradient before a separable convolution's activation into the one at its depthwise half.

    Parameters
    ----------
    layer : SeparableConv2D
    dz : (N, OH, OW, F)
    channels : list of int, optional
        The channels that are wanted, by default all.

    Returns
    -------
    gradient : (N, OH, OW, C * depth_multiplier)
    """
    kernel = layer.params["pointwise_kernel"][0, 0]
    return dz @ (kernel if channels is None else kernel[channels]).T
