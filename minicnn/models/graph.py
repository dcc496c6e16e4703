"""The graph of a model: its nodes, in the order in which Keras runs them, and its layers, in the order of Keras's.

`trace` walks back from the outputs. A model has nodes of its own, whose names are its own, between tensors that it
shares with whoever made them: so two models may hold one call. A model may begin anywhere: an InputLayer of its own
stands there for what came before. `give_names` makes names unique, `sort` puts nodes and layers in Keras's order,
`calls` unfolds nested models.

Keras sorts by distance to the outputs, the farthest first. It finds weights and the optimizer's slots by a layer's
place in that order, so ours must be the same. Source: Keras's Function (Keras 3.15).
"""

import copy
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from ..layers import InputLayer, Layer, Node, SymbolicTensor
from ..types import Shape, Shapes
from .container import is_model

if TYPE_CHECKING:
    from .network import Network


def trace(inputs: list[SymbolicTensor], outputs: list[SymbolicTensor]) -> list[Node]:
    """List the nodes that lead from inputs to outputs, each after those that it reads: copies, the model's own.

    Inputs that no output needs come first.

    Raises
    ------
    ValueError
        An output hangs on an input that was not given, or one input is given twice.
    """
    begins = {tensor: _beginning(tensor) for tensor in inputs}
    if len(begins) != len(inputs):
        raise ValueError(f"`inputs` must name each tensor once. Received: {inputs}.")
    nodes: list[Node] = []
    done: set[Node] = set()
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


def _beginning(tensor: SymbolicTensor) -> Node:
    """Make the node of an InputLayer that gives this tensor: of the one that made it, or of a new one."""
    layer = tensor.node.layer
    if not isinstance(layer, InputLayer):
        made_by, layer = layer, InputLayer(tensor.shape[1:])
        layer.build(tensor.shape, dtype=made_by.dtype or "float32")
    node = Node(layer, [], False, tensor.shape)
    node.outputs = [tensor]
    return node


def _own(node: Node, begins: dict[SymbolicTensor, Node]) -> Node:
    """Copy a node; where one of its outputs is given from outside, what it makes itself is another tensor."""
    own = copy.copy(node)
    if node not in begins.values():
        own.outputs = [
            SymbolicTensor(tensor.shape, own, tensor.index) if tensor in begins else tensor for tensor in node.outputs
        ]
    return own


def give_names(nodes: list[Node]) -> None:
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


def sort(nodes: list[Node], outputs: list[SymbolicTensor]) -> tuple[list[Node], list[Layer]]:
    """Sort nodes as Keras runs them and layers as Keras's `model.layers` holds them; give each node its key.

    Parameters
    ----------
    nodes : list of Node
        As `trace` lists them.
    outputs : list of SymbolicTensor
        The model's.

    Returns
    -------
    nodes : list of Node
        By falling distance to the outputs, inputs that no output needs before all. (Who calls one BatchNormalization
        twice sees the order in its moving mean.)
    layers : list of Layer
        By falling distance, a layer called more than once at its largest; where that is equal, by when a walk from the
        outputs first meets the layer.
    """
    makers = {tensor: node for node in nodes for tensor in node.outputs}
    met = _met(makers, outputs)
    unread = [node for node in nodes if node not in met]
    near = dict.fromkeys(met, 0)
    far = {node.layer: 0 for node in met}
    reached: dict[Node, None] = {}
    for node in (node for node in reversed(nodes) if node in met):
        reached.setdefault(node)
        near[node] = far[node.layer] = max(near[node], far[node.layer])
        for source in (makers[tensor] for tensor in node.inputs):
            reached.setdefault(source)
            near[source] = max(near[source], near[node] + 1)
    first = {layer: index for index, layer in enumerate(dict.fromkeys(node.layer for node in met))}
    for node in unread:
        far.setdefault(node.layer, 0)
        first.setdefault(node.layer, -1)
    running = unread + sorted(reached, key=lambda node: -near[node])  # where equal, as they were reached
    counts: Counter[Layer] = Counter()
    for node in running:
        count = counts[node.layer]
        node.key = f"{node.layer.name}:{count}" if count else node.layer.name
        counts[node.layer] += 1
    return running, sorted(far, key=lambda layer: (-far[layer], first[layer]))


def _met(makers: dict[SymbolicTensor, Node], outputs: list[SymbolicTensor]) -> dict[Node, None]:
    """Walk from the outputs back, depth first: the nodes in the order in which they are met."""
    met: dict[Node, None] = {}
    stack = [makers[tensor] for tensor in reversed(outputs)]
    while stack:
        node = stack.pop()
        if node not in met:
            met[node] = None
            stack.extend(makers[tensor] for tensor in reversed(node.inputs))
    return met


class Call(NamedTuple):
    """One call of one layer, in a model whose nested models are unfolded.

    Attributes
    ----------
    key : str
        "conv2d", "conv2d:1" for a second call, "inner/conv2d" in a nested model: the name of its output in a record.
    layer : Layer
        No model: of those the layers inside are called.
    sources : tuple of str
        The keys of the calls whose outputs it reads. A nested model's InputLayer reads what the model is called with.
    input_shape : tuple, or list of them for several inputs, or None
        (None, ...) of what goes in; None where nothing does.
    shape : tuple
        (None, ...) of the output.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> [call.key for call in Sequential([Input((4,)), Dense(3), Dense(2)]).calls()]
    ['input_layer', 'dense', 'dense_1']
    """

    key: str
    layer: Layer
    sources: tuple[str, ...]
    input_shape: Shapes | None
    shape: Shape


def calls(model: "Network", input_shape: Shapes | None = None) -> list[Call]:
    """List every call of a layer in a model, nested models unfolded, in running order."""
    found: list[Call] = []
    _unfold(model, "", model.shapes(input_shape), [()] * len(model.inputs), found)
    return found


def _unfold(
    model: "Network",
    prefix: str,
    shapes: dict[SymbolicTensor, Shape],
    feeds: list[tuple[str, ...]],
    found: list[Call],
) -> list[str]:
    """Append the calls of a model that is fed by the calls `feeds`; return the keys of those that make its outputs."""
    made: dict[SymbolicTensor, str] = {}
    fed = dict(zip(model.inputs, feeds, strict=True))
    for node in model.nodes:
        key, given = prefix + node.key, node.shape_in(shapes) if node.inputs else None
        sources = tuple(made[tensor] for tensor in node.inputs)
        if given is not None and is_model(node.layer):
            own = node.layer.shapes(given)
            ends = _unfold(node.layer, f"{key}/", own, [(source,) for source in sources], found)
            made.update(zip(node.outputs, ends, strict=True))
        else:
            shape = shapes[node.outputs[0]]
            found.append(Call(key, node.layer, sources or fed[node.outputs[0]], given, shape))
            made[node.outputs[0]] = key
    return [made[tensor] for tensor in model.outputs]
