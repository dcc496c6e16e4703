"""What lies inside one layer: numbers that it computes on its way, under names that page and terminal share.

"conv2d"                          a layer's output, as in the summary, in get_layer and in Keras
"conv2d (before relu)"            what its own activation gets: the sums, bias included
"separable_conv2d (depthwise)"    the maps between the two halves of a separable convolution
"""

import re

from ... import kernels
from ...layers import ACTIVATIONS
from .activations import activation_of
from .forward import PRODUCTS

DEPTHWISE = "depthwise"


def named(key, part):
    """Name a part of a place; None is its output."""
    return key if part is None else f"{key} ({part})"


def split(name):
    """Split a name into a place's key and the part, None for the output."""
    key, part = re.fullmatch(r"(.*?)(?: \((before \w+|depthwise)\))?", name, re.S).groups()
    return key, part


def before(layer):
    """Name what a layer's own activation gets; None where it has none, or is one."""
    name = activation_of(layer) if type(layer).__name__ in PRODUCTS else None
    return None if name is None else f"before {name}"


def parts(layer):
    """List what lies inside a layer, in running order."""
    halves = [DEPTHWISE] if type(layer).__name__ == "SeparableConv2D" else []
    return [*halves, *filter(None, [before(layer)])]


def value(layer, x, part):
    """Compute a part with the engine's own kernels, from what went into the layer."""
    if part != DEPTHWISE:
        return layer.forward(x, logits=True)
    kernel, pads = layer.params["depthwise_kernel"], layer.pads(x.shape[1:3])
    return kernels.depthwise_conv2d_forward(x, kernel, None, layer.strides, pads, layer.dilation_rate)


def through_activation(layer, dy, x, y):
    """Turn the gradient at a layer's output into the one before its activation, with the engine's own kernels."""
    function = ACTIVATIONS[activation_of(layer)]
    return function.backward(dy, y if function.keeps == "y" else value(layer, x, before(layer)))


def through_pointwise(layer, dz):
    """Turn the gradient before a separable convolution's activation into the one at its depthwise half."""
    return dz @ layer.params["pointwise_kernel"][0, 0].T
