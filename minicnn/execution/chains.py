"""Prediction: layers that follow each other run as one.

Outside training nobody asks for the values in between:

    ZeroPadding2D -> convolution -> BatchNormalization -> activation        y = f(scale * conv(x) + shift)
    BatchNormalization -> activation                                        y = f(scale * x + shift)
    1x1 convolution -> BatchNormalization -> Add -> activation              y = f(scale * conv(x) + shift + residual)

where `conv` is a Conv2D, DepthwiseConv2D or SeparableConv2D (which is a 1x1 convolution at its end), any other part may
be missing, and

    scale = gamma / sqrt(variance + epsilon),       shift = beta + scale * (bias - mean)

A chain passes over memory once where its layers would pass two or three times. scale and shift are made anew from the
layers' arrays in each run (a few numbers a filter), so arrays may change whenever they like: a chain holds no copy of
any. steps.py finds the chains of a graph, plan.py runs them.
"""

from functools import partial
from typing import NamedTuple

from .. import kernels
from ..layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Node,
    ReLU,
    SeparableConv2D,
    ZeroPadding2D,
    activate,
    fused,
)
from ..types import Array, Pads
from .graph import activation_of, alike, replaced


class Chain(NamedTuple):
    """Layers that run as one, in this order; what is missing is None."""

    frame: ZeroPadding2D | None = None
    layer: Conv2D | DepthwiseConv2D | SeparableConv2D | None = None
    norm: BatchNormalization | None = None
    add: Add | None = None
    activation: str | None = None


# ---- what joins -----------------------------------------------------------------------------------------------------


def extended(chain: Chain, node: Node) -> Chain | None:
    """Return the chain with one more layer at its end, or None where that layer cannot join."""
    layer = node.layer
    if chain.activation is not None or replaced(layer):
        return None
    if type(layer) is Activation or type(layer) is ReLU:
        return _with_activation(chain, layer)
    if chain.add is not None:
        return None
    if type(layer) is Add:
        return chain._replace(add=layer) if alike(node) and _ends_in_1x1(chain.layer) else None
    if len(node.inputs) != 1:
        return None
    if type(layer) is ZeroPadding2D:
        return chain._replace(frame=layer) if chain == Chain() else None
    if type(layer) is BatchNormalization:
        joins = layer.last and chain.norm is None and (chain.frame is None or chain.layer is not None)
        return chain._replace(norm=layer) if joins else None
    if type(layer) is Conv2D or type(layer) is DepthwiseConv2D or type(layer) is SeparableConv2D:
        return _with_convolution(chain, layer)
    return None


def _with_activation(chain: Chain, layer: Activation | ReLU) -> Chain | None:
    name = activation_of(layer)
    if name is None or chain.layer is None and chain.norm is None:
        return None
    return chain._replace(activation=name)


def _with_convolution(chain: Chain, layer: Conv2D | DepthwiseConv2D | SeparableConv2D) -> Chain | None:
    """Join a convolution, with the activation that it ends in: it begins a chain, or follows a frame of zeros."""
    on_paper = getattr(layer, "algorithm", None) == "reference"
    if chain.layer is not None or chain.norm is not None or on_paper or chain.frame and layer.padding == "same":
        return None
    return chain._replace(layer=layer, activation=layer.activation)


def _ends_in_1x1(layer: Conv2D | DepthwiseConv2D | SeparableConv2D | None) -> bool:
    """Tell whether a layer ends in a product of two matrices, which can begin with the residual."""
    return (
        type(layer) is SeparableConv2D
        or type(layer) is Conv2D
        and (layer.kernel_size, layer.groups, layer.algorithm) == ((1, 1), 1, "auto")
    )


# ---- how it runs ----------------------------------------------------------------------------------------------------


def run_chain(chain: Chain, x: Array, residual: Array | None = None) -> Array:
    """Run layers as one: see the file's docstring.

    Parameters
    ----------
    chain : Chain
    x : array
        The input of the chain's first layer.
    residual : array, optional
        What is added.

    Returns
    -------
    y : array
        The output of its last layer.
    """
    if chain.layer is None:
        return _normalize(chain, x)
    if isinstance(chain.layer, (Conv2D, SeparableConv2D)):
        return _convolve(chain, chain.layer, x, residual)
    return _convolve_depthwise(chain, chain.layer, x)


def _normalize(chain: Chain, x: Array) -> Array:
    """BatchNormalization -> activation."""
    norm = chain.norm
    assert norm is not None  # a chain has a convolution or a normalization
    now, after = fused(chain.activation, "batch_normalization")
    y = kernels.batch_normalization_forward(
        x,
        norm.state["moving_mean"],
        norm.state["moving_variance"],
        norm.params.get("gamma"),
        norm.params.get("beta"),
        norm.epsilon,
        activation=now,
    )
    return activate(after, y)[0]


def _convolve_depthwise(chain: Chain, layer: DepthwiseConv2D, x: Array) -> Array:
    """ZeroPadding2D -> DepthwiseConv2D -> BatchNormalization -> activation."""
    scale, shift = _fold(layer.params.get("bias"), chain.norm)
    now, after = fused(chain.activation, "depthwise_conv2d")
    how = layer.strides, _pads(chain, layer, x), layer.dilation_rate
    y = kernels.depthwise_conv2d_forward(x, layer.params["kernel"], shift, *how, activation=now, scale=scale)
    return activate(after, y)[0]


def _convolve(chain: Chain, layer: Conv2D | SeparableConv2D, x: Array, residual: Array | None) -> Array:
    """ZeroPadding2D -> Conv2D or SeparableConv2D -> BatchNormalization -> Add -> activation."""
    scale, shift = _fold(layer.params.get("bias"), chain.norm)
    now, after = fused(chain.activation, "conv2d")
    end = partial(kernels.conv2d_forward, activation=now, scale=scale, residual=residual)
    how = layer.strides, _pads(chain, layer, x), layer.dilation_rate
    if isinstance(layer, SeparableConv2D):
        z = kernels.depthwise_conv2d_forward(x, layer.params["depthwise_kernel"], None, *how)
        y = end(z, layer.params["pointwise_kernel"], shift, *layer.ONE_BY_ONE)
    else:
        y = end(x, layer.params["kernel"], shift, *how, layer.groups, algorithm=layer.algorithm)
    return activate(after, y)[0]


def _pads(chain: Chain, layer: Conv2D | DepthwiseConv2D | SeparableConv2D, x: Array) -> Pads:
    """Return the zeros round x: the frame's, which only a "valid" layer takes, or the layer's own."""
    return layer.pads(x.shape[1:3]) if chain.frame is None else chain.frame.padding


def _fold(bias: Array | None, norm: BatchNormalization | None) -> tuple[Array | None, Array | None]:
    """Return scale and shift of a convolution with this bias and the normalization after it; None for 1 and for 0."""
    if norm is None:
        return None, bias
    return kernels.batch_normalization_fold(
        norm.state["moving_mean"],
        norm.state["moving_variance"],
        norm.params.get("gamma"),
        norm.params.get("beta"),
        norm.epsilon,
        bias,
    )
