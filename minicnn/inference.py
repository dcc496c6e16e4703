"""Inference: the graph in fewer, larger steps.

Outside training nobody asks for the values in between, so layers that follow each other run as one:

    ZeroPadding2D -> convolution -> BatchNormalization -> activation        y = f(scale * conv(x) + shift)
    BatchNormalization -> activation                                        y = f(scale * x + shift)
    1x1 convolution -> BatchNormalization -> Add -> activation              y = f(scale * conv(x) + shift + residual)

where `conv` is a Conv2D, DepthwiseConv2D or SeparableConv2D (which is a 1x1 convolution at its end), any other part may
be missing, and

    scale = gamma / sqrt(variance + epsilon),       shift = beta + scale * (bias - mean)

Each such step passes over memory once where the layers would pass two or three times. scale and shift are made anew
from the layers' arrays in each run (a few numbers a filter), so arrays may change whenever they like: a plan holds no
copy of any. It holds which layers belong together, and which arrays of the graph are no longer needed after which step.
"""

import threading
from collections import Counter
from typing import NamedTuple

import numpy as np

from . import kernels
from .kernels.memory import Workspace
from .layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    ReLU,
    SeparableConv2D,
    ZeroPadding2D,
)
from .layers.activation import activate, fused
from .layers.separable_conv2d import ONE_BY_ONE

SETTINGS = ("activation", "algorithm", "max_value", "padding")
CLIPPED = (None, "relu", "relu6")  # what the depthwise and the normalization kernels apply themselves


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


class Plan:
    """How a model runs at inference. The memory of one run stays for the next, as long as the plan lives.

    Attributes
    ----------
    steps : list of Step         settings : what the steps were chosen by; another plan is needed when it changes
    """

    def __init__(self, model, logits):
        self.settings = settings(model)
        self.head = model.outputs[0] if logits else None  # where the logits leave out the activation
        self.steps = _steps(model, self.head)
        self._workspace, self._free = Workspace(), threading.Lock()

    def run(self, values):
        """Fill `values` (symbolic tensor -> array, the inputs to begin with) with the model's outputs."""
        if not self._free.acquire(blocking=False):  # another thread predicts: let each have memory of its own
            self._run(values)
            return
        try:
            with kernels.workspace(self._workspace):
                self._run(values)
        finally:
            self._free.release()

    def _run(self, values):
        for nodes, chain, inputs, finished in self.steps:
            last = nodes[-1]
            arrays = [values[tensor] for tensor in inputs]
            if chain is not None:
                dtype = nodes[0].layer.dtype  # a nested model may have another one
                y = run_chain(chain, *(array.astype(dtype, copy=False) for array in arrays))
            else:
                how = {"logits": True} if self.head is not None and self.head in last.outputs else {}
                y = last.layer.forward(arrays if last.several else arrays[0], keep=False, **how)
            values.update(zip(last.outputs, y if len(last.outputs) > 1 else [y], strict=True))
            del arrays, y
            for tensor in finished:
                del values[tensor]


def settings(model):
    """Give what the choice of steps depends on, besides the graph."""
    return [tuple(getattr(node.layer, name, None) for name in SETTINGS) for node in model.nodes]


def _steps(model, head):
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
    return [Step(*step, [tensor for tensor, at in last.items() if at == index and tensor not in model.outputs])
            for index, step in enumerate(found)]


def extended(chain, node):
    """Give the chain with one more layer at its end, or None where that layer cannot join."""
    layer, kind = node.layer, type(node.layer)
    if chain.activation is not None or chain.add and kind not in (Activation, ReLU):
        return None
    if kind is Add and len(node.inputs) == 2 and _ends_in_1x1(chain.layer):
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


def _ends_in_1x1(layer):
    """Tell whether a layer ends in a product of two matrices, which can begin with the residual."""
    return type(layer) is SeparableConv2D or type(layer) is Conv2D and (
        layer.kernel_size, layer.groups, layer.algorithm) == ((1, 1), 1, "auto")


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
        now, after = (activation, None) if activation in CLIPPED else (None, activation)
        y = kernels.batch_normalization_forward(x, *norm.state.values(), norm.params.get("gamma"),
                                                norm.params.get("beta"), norm.epsilon, activation=now)
        return activate(after, y)[0]
    scale, shift = fold(layer.params.get("bias"), norm, x.dtype)
    pads = layer._pads(x.shape[1:3]) if frame is None else frame.padding  # only a "valid" layer takes a frame
    how = layer.strides, pads, layer.dilation_rate
    if type(layer) is DepthwiseConv2D:
        now, after = (activation, None) if activation in CLIPPED else (None, activation)
        kernel = layer.params["kernel"]
        if scale is not None:
            kernel = kernel * scale.reshape(kernel.shape[2:])
        return activate(after, kernels.depthwise_conv2d_forward(x, kernel, shift, *how, activation=now))[0]
    now, after = fused(activation)
    if type(layer) is SeparableConv2D:
        x = kernels.depthwise_conv2d_forward(x, layer.params["depthwise_kernel"], None, *how)
        y = kernels.conv2d_forward(x, layer.params["pointwise_kernel"], shift, *ONE_BY_ONE, activation=now, scale=scale,
                                   residual=residual)
    else:
        y = kernels.conv2d_forward(x, layer.params["kernel"], shift, *how, layer.groups, activation=now,
                                   algorithm=layer.algorithm, scale=scale, residual=residual)
    return activate(after, y)[0]


def fold(bias, norm, dtype):
    """Give scale and shift of a convolution with this bias and the normalization behind it; None for 1 and for 0."""
    if norm is None:
        return None, bias
    mean, variance = (array.astype(np.float64) for array in norm.state.values())
    scale = norm.params.get("gamma", 1.0) / np.sqrt(variance + norm.epsilon)
    shift = norm.params.get("beta", 0.0) + scale * ((0.0 if bias is None else bias) - mean)
    return scale.astype(dtype), shift.astype(dtype)
