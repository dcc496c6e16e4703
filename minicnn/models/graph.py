"""The order of a graph: which calls of which layers lie between inputs and outputs.

`trace` walks back from the outputs, `give_names` makes names unique, `in_running_order` sorts the calls as Keras runs
them. A model has nodes of its own, whose names are its own, between tensors that it shares with whoever made them: so
two models may hold one call. A model may begin anywhere: an InputLayer of its own stands there for what came before.
`describe` writes the graph down as model files do, by names, which also tells the order of Keras's `model.layers`.
"""

import copy
from collections import Counter

from ..files.graph import Call, Graph, LayerCalls, Tensor, running_order
from ..layers import InputLayer, Node, SymbolicTensor


def trace(inputs, outputs):
    """List the nodes that lead from inputs to outputs, each behind those it needs: copies, the model's own.

    Parameters
    ----------
    inputs, outputs : lists of SymbolicTensor

    Raises
    ------
    ValueError: an output hangs on an input that was not given, or one input is given twice.
    """
    begins = {tensor: _beginning(tensor) for tensor in inputs}
    if len(begins) != len(inputs):
        raise ValueError(f"`inputs` must name each tensor once. Received: {inputs}.")
    nodes, done = [], set()
    stack = [(tensor, False) for tensor in reversed(outputs)]
    while stack:  # no recursion: a deep net must not end in a RecursionError
        tensor, inputs_done = stack.pop()
        node = begins.get(tensor, tensor.node)
        if inputs_done:
            nodes.append(node)
        elif node not in done:
            done.add(node)
            stack.append((tensor, True))
            stack.extend((source, False) for source in reversed(node.inputs))
    for node in nodes:
        if not node.inputs and node not in begins.values():
            raise ValueError(f"`inputs` must name every input that the outputs need. Missing: '{node.layer.name}'.")
    unread = [node for node in begins.values() if node not in done]
    return unread + [_own(node, begins) for node in nodes]


def _beginning(tensor):
    """Make the node of an InputLayer that gives this tensor: of the one that made it, or of a new one."""
    layer = tensor.node.layer
    if not isinstance(layer, InputLayer):
        made_by, layer = layer, InputLayer(tensor.shape[1:])
        layer.build(tensor.shape, dtype=made_by.dtype or "float32")
    node = Node(layer, [], False, tensor.shape)
    node.outputs = [tensor]
    return node


def _own(node, begins):
    """Copy a node; where one of its outputs is given from outside, what it makes itself is another tensor."""
    own = copy.copy(node)
    if node not in begins.values():
        own.outputs = [
            SymbolicTensor(tensor.shape, own, tensor.index) if tensor in begins else tensor for tensor in node.outputs
        ]
    return own


def give_names(nodes):
    """Make layer names unique, as Keras numbers them ("conv2d", "conv2d_1").

    Only automatic names are changed, and only once: a layer keeps the name that its first model gave it.
    """
    layers = list(dict.fromkeys(node.layer for node in nodes))
    taken = Counter(layer.name for layer in layers if not layer.auto_named)
    for name, count in taken.items():
        if count > 1:
            raise ValueError(f"Layer names must be unique in a model. Received: '{name}' {count} times.")
    for layer in layers:
        if layer.auto_named:
            base, number = layer.name, 0
            while layer.name in taken:
                number += 1
                layer.name = f"{base}_{number}"
            layer.auto_named = False
            taken[layer.name] = 1


def in_running_order(nodes, inputs, outputs):
    """Sort nodes as Keras runs them, inputs that nobody reads before all, and give each its key."""
    calls, by_call = Counter(), {}
    for node in nodes:
        by_call[node.layer.name, calls[node.layer]] = node
        calls[node.layer] += 1
    order = dict.fromkeys(running_order(describe("", nodes, inputs, outputs)[0]))
    result = [node for call, node in by_call.items() if call not in order] + [by_call[call] for call in order]
    calls = Counter()
    for node in result:
        count = calls[node.layer]
        node.key = f"{node.layer.name}:{count}" if count else node.layer.name
        calls[node.layer] += 1
    return result


def describe(name, nodes, inputs, outputs, entry=lambda layer: {"class_name": layer.class_name}):
    """Write the graph down by names.

    Parameters
    ----------
    entry : function of a layer      what stands for the layer in the file; its class alone by default

    Returns
    -------
    graph : files.graph.Graph        shapes : dict, Tensor -> (None, ...)
    """
    calls, place = {}, {}
    for node in nodes:
        own = calls.setdefault(node.layer, [])
        for tensor in node.outputs:
            place[tensor] = Tensor(node.layer.name, len(own), tensor.index)
        kwargs = {} if node.training is None else {"training": node.training}
        own.append(Call([place[tensor] for tensor in node.inputs], node.several, kwargs))
    layers = [LayerCalls(layer.name, entry(layer), own) for layer, own in calls.items()]
    graph = Graph(name, layers, [place[tensor] for tensor in inputs], [place[tensor] for tensor in outputs])
    return graph, {ref: tensor.shape for tensor, ref in place.items()}
