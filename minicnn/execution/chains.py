"""Inference: the graph in fewer, larger steps.

Outside training nobody asks for the values in between, so layers that follow each other run as one:

    ZeroPadding2D -> convolution -> BatchNormalization -> activation        y = f(scale * conv(x) + shift)
    BatchNormalization -> activation                                        y = f(scale * x + shift)
    1x1 convolution -> BatchNormalization -> Add -> activation              y = f(scale * conv(x) + shift + residual)

where `conv` is a Conv2D, DepthwiseConv2D or SeparableConv2D (which is a 1x1 convolution at its end), any other part may
be missing, and

    scale = gamma / sqrt(variance + epsilon),       shift = beta + scale * (bias - mean)

Each such step passes over memory once where the layers would pass two or three times. scale and shift are made anew
from the layers' arrays in each run (a few numbers a filter), so arrays may change whenever they like: a step holds no
copy of any. Who runs the steps, and how often, is told in plan.py.
"""

from collections import Counter
from typing import NamedTuple

from .. import kernels
from ..layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    ReLU,
    SeparableConv2D,
    ZeroPadding2D,
    activate,
    fused,
)
from .graph import replaced


class Chain(NamedTuple):
    """Layers that run as one step; what is missing is None."""

    frame: ZeroPadding2D | None = None
    layer: Conv2D | DepthwiseConv2D | SeparableConv2D | None = None
    norm: BatchNormalization | None = None
    add: Add | None = None
    activation: str | None = None


class Step(NamedTuple):
    """One step: nodes that run as one, and the chain that they are (None: one node by itself).

    inputs : list of SymbolicTensor; a chain's residual is the second        finished : those to drop after the step
    """

    nodes: list
    chain: Chain | None
    inputs: list
    finished: list


def steps(model, head):
    """Gather nodes into chains. A step runs when its last node would: then a residual is there too."""
    readers = Counter(tensor for node in model.nodes for tensor in node.inputs)
    readers.update(model.outputs)
    reader = {tensor: node for node in model.nodes for tensor in node.inputs}
    order = {node: index for index, node in enumerate(model.nodes)}
    found, taken = [], set()
    for node in model.nodes:
        if node in taken or not node.inputs:
            continue
        nodes, chain = [node], None if head in node.outputs else extended(Chain(), node)
        inputs = list(node.inputs)
        while chain is not None and readers[nodes[-1].outputs[0]] == 1 and nodes[-1].outputs[0] in reader:
            following = reader[nodes[-1].outputs[0]]
            longer = None if head in following.outputs or following in taken else extended(chain, following)
            if longer is None:
                break
            inputs += [tensor for tensor in following.inputs if tensor is not nodes[-1].outputs[0]]
            nodes, chain = [*nodes, following], longer
        if chain is not None and chain.layer is None and chain.norm is None:  # a frame or an activation by itself
            nodes, chain, inputs = nodes[:1], None, list(node.inputs)
        taken.update(nodes)
        found.append((nodes, chain, inputs))
    found.sort(key=lambda step: order[step[0][-1]])
    last = {tensor: index for index, (_, _, inputs) in enumerate(found) for tensor in inputs}
    return [
        Step(*step, [tensor for tensor, at in last.items() if at == index and tensor not in model.outputs])
        for index, step in enumerate(found)
    ]


def extended(chain, node):
    """Give the chain with one more layer at its end, or None where that layer cannot join."""
    layer, kind = node.layer, type(node.layer)
    if replaced(layer):
        return None
    if chain.activation is not None or chain.add and kind not in (Activation, ReLU):
        return None
    if kind is Add and _of_two_alike(node) and _ends_in_1x1(chain.layer):
        return chain._replace(add=layer)
    if len(node.inputs) != 1:
        return None
    if kind is ZeroPadding2D and chain == Chain():
        return chain._replace(frame=layer)
    if kind in (Conv2D, DepthwiseConv2D, SeparableConv2D) and chain.layer is None and chain.norm is None:
        alone = getattr(layer, "algorithm", None) == "reference" or (chain.frame and layer.padding == "same")
        return None if alone else chain._replace(layer=layer, activation=layer.activation)
    if kind is BatchNormalization and chain.norm is None and (chain.frame is None or chain.layer is not None):
        return chain._replace(norm=layer)
    if kind in (Activation, ReLU) and (chain.layer is not None or chain.norm is not None):
        name = "relu6" if kind is ReLU and layer.max_value == 6 else layer.activation
        return None if name is None else chain._replace(activation=name)
    return None


def _of_two_alike(node):
    """Tell whether two arrays of one shape go in: none is stretched."""
    return len(node.inputs) == 2 and len({tensor.shape for tensor in node.inputs}) == 1


def _ends_in_1x1(layer):
    """Tell whether a layer ends in a product of two matrices, which can begin with the residual."""
    return (
        type(layer) is SeparableConv2D
        or type(layer) is Conv2D
        and (layer.kernel_size, layer.groups, layer.algorithm) == ((1, 1), 1, "auto")
    )


def run_chain(chain, x, residual=None):
    """Run layers as one: see the module's docstring.

    Parameters
    ----------
    chain : Chain       x : array, the input of the chain's first layer     residual : array, what is added

    Returns
    -------
    y : array, the output of its last layer
    """
    frame, layer, norm, _, activation = chain
    if layer is None:
        now, after = fused(activation, "batch_normalization")
        y = kernels.batch_normalization_forward(
            x, *norm.state.values(), norm.params.get("gamma"), norm.params.get("beta"), norm.epsilon, activation=now
        )
        return activate(after, y)[0]
    scale, shift = fold(layer.params.get("bias"), norm)
    pads = layer.pads(x.shape[1:3]) if frame is None else frame.padding  # only a "valid" layer takes a frame
    how = layer.strides, pads, layer.dilation_rate
    if type(layer) is DepthwiseConv2D:
        now, after = fused(activation, "depthwise_conv2d")
        y = kernels.depthwise_conv2d_forward(x, layer.params["kernel"], shift, *how, activation=now, scale=scale)
        return activate(after, y)[0]
    now, after = fused(activation, "conv2d")
    if type(layer) is SeparableConv2D:
        x = kernels.depthwise_conv2d_forward(x, layer.params["depthwise_kernel"], None, *how)
        y = kernels.conv2d_forward(
            x,
            layer.params["pointwise_kernel"],
            shift,
            *layer.ONE_BY_ONE,
            activation=now,
            scale=scale,
            residual=residual,
        )
    else:
        y = kernels.conv2d_forward(
            x,
            layer.params["kernel"],
            shift,
            *how,
            layer.groups,
            activation=now,
            algorithm=layer.algorithm,
            scale=scale,
            residual=residual,
        )
    return activate(after, y)[0]


def fold(bias, norm):
    """Give scale and shift of a convolution with this bias and the normalization behind it; None for 1 and for 0."""
    if norm is None:
        return None, bias
    return kernels.batch_normalization_fold(
        *norm.state.values(), norm.params.get("gamma"), norm.params.get("beta"), norm.epsilon, bias
    )
