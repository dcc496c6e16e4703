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

For small inputs Python takes longer than the kernels. When inputs of the same shapes come a second time their run is
recorded (kernels/tape.py), and from then on it is played.
"""

import threading
from collections import Counter, OrderedDict
from typing import NamedTuple

from . import kernels
from .kernels.memory import Workspace
from .layers import (
    LAYERS,
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    ReLU,
    SeparableConv2D,
    Sigmoid,
    ZeroPadding2D,
)
from .layers.activation import activate, fused
from .layers.base import changes
from .layers.separable_conv2d import ONE_BY_ONE

SMALL = 1 << 21  # bytes of inputs; with larger ones Python's share of the time is small, and they would be copied
TAKES = 4  # runs that a plan keeps on tape
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
    steps : list of Step        layers : list of Layer, those of nested models too
    outputs : list of SymbolicTensor        workspace : Workspace, in which nothing lies that a caller holds
    """

    def __init__(self, model, logits):
        self._seen = changes[0]
        self.layers, self.outputs = _layers(model), model.outputs
        self._settings = _settings(self.layers)
        self.head = model.outputs[0] if logits else None  # where the logits leave out the activation
        self.steps = _steps(model, self.head)
        self.workspace, self._free = Workspace(), threading.Lock()
        self._takes, self._records = OrderedDict(), _can_record(model)

    def is_current(self):
        """Tell whether the layers' settings are those that the plan was made by."""
        seen = changes[0]
        if seen != self._seen:
            if _settings(self.layers) != self._settings:
                return False
            self._seen = seen
        return True

    def run(self, values):
        """Fill `values` (symbolic tensor -> array, the inputs to begin with) with the model's outputs."""
        inside = kernels.tape.current() is not None  # of a model whose run is being recorded
        if inside or not self._free.acquire(blocking=False):  # or another thread predicts, and each has its own memory
            self._run(values)
            return
        try:
            if not (self._records and self._play(values)):
                with kernels.workspace(self.workspace):
                    self._run(values)
                    # what somebody holds must not lie in memory that the next run writes to
                    values.update({tensor: values[tensor].copy() for tensor in self.outputs})
        finally:
            self._free.release()

    def _play(self, values):
        """Run from a tape, if inputs of these shapes came before; tell whether it did."""
        if not 0 < sum(array.nbytes for array in values.values()) <= SMALL:
            return False
        key = (kernels.get_num_threads(), *(array.shape for array in values.values()))
        if key not in self._takes:  # once is not worth a tape
            self._takes[key] = None
            if len(self._takes) > TAKES:
                self._takes.popitem(last=False)
            return False
        self._takes.move_to_end(key)
        take = self._takes[key]
        if take is None or not take.fits():
            take = self._takes[key] = Take(self, values)
            self._records = take.tape.good
        elif not take.play(values):
            return False
        values.update({tensor: array.copy() for tensor, array in take.outputs.items()})
        return True

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


class Take:
    """A run of a plan on tape, for inputs of given shapes. To make one is to run once.

    Parameters
    ----------
    plan : Plan         values : dict, symbolic tensor -> array, the inputs

    Attributes
    ----------
    tape : kernels.Tape         outputs : dict, symbolic tensor -> array, of the last play
    """

    def __init__(self, plan, values):
        self._arrays = [(layer, kind, key, array) for layer in plan.layers for kind in ("params", "state")
                        for key, array in getattr(layer, kind).items()]
        self._inputs = {tensor: array.copy() for tensor, array in values.items()}
        self.tape = kernels.Tape(plan.workspace)
        given = dict(self._inputs)
        with kernels.recording(self.tape):
            plan._run(given)
        self.outputs = {tensor: given[tensor] for tensor in plan.outputs}

    def fits(self):
        """Tell whether the layers' arrays are the ones that were recorded; what is in them may have changed."""
        return all(getattr(layer, kind).get(key) is array for layer, kind, key, array in self._arrays)

    def play(self, values):
        """Fill `outputs` for other inputs; False if these need another way, and nothing is to be used."""
        for tensor, array in self._inputs.items():
            array[...] = values[tensor]
        return kernels.play(self.tape)


def _layers(model):
    """List the layers of a model, those of nested models too."""
    found = {}
    for node in model.nodes:
        found.update(dict.fromkeys(_layers(node.layer) if _is_model(node.layer) else [node.layer]))
    return list(found)


def _is_model(layer):
    return hasattr(layer, "nodes")


def _settings(layers):
    """Give what a plan is made by, besides the graph, and what a tape holds of layers besides their arrays."""
    return [(layer.get_config(), getattr(layer, "algorithm", None)) for layer in layers]


def _can_record(model):
    """Tell whether all is computed in kernels: by the package's own layers, in one dtype, none of them on paper."""
    own = {*LAYERS.values(), Sigmoid}
    return all(type(node.layer) in own and node.layer.dtype == model.dtype
               and getattr(node.layer, "algorithm", None) != "reference"
               and (not _is_model(node.layer) or _can_record(node.layer)) for node in model.nodes)


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
    scale, shift = fold(layer.params.get("bias"), norm)
    pads = layer._pads(x.shape[1:3]) if frame is None else frame.padding  # only a "valid" layer takes a frame
    how = layer.strides, pads, layer.dilation_rate
    if type(layer) is DepthwiseConv2D:
        now, after = (activation, None) if activation in CLIPPED else (None, activation)
        y = kernels.depthwise_conv2d_forward(x, layer.params["kernel"], shift, *how, activation=now, scale=scale)
        return activate(after, y)[0]
    now, after = fused(activation)
    if type(layer) is SeparableConv2D:
        x = kernels.depthwise_conv2d_forward(x, layer.params["depthwise_kernel"], None, *how)
        y = kernels.conv2d_forward(x, layer.params["pointwise_kernel"], shift, *ONE_BY_ONE, activation=now, scale=scale,
                                   residual=residual)
    else:
        y = kernels.conv2d_forward(x, layer.params["kernel"], shift, *how, layer.groups, activation=now,
                                   algorithm=layer.algorithm, scale=scale, residual=residual)
    return activate(after, y)[0]


def fold(bias, norm):
    """Give scale and shift of a convolution with this bias and the normalization behind it; None for 1 and for 0."""
    if norm is None:
        return None, bias
    return kernels.batch_normalization_fold(*norm.state.values(), norm.params.get("gamma"), norm.params.get("beta"),
                                            norm.epsilon, bias)
