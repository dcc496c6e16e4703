"""What this room knows of a model: a graph of nodes, who reads whose output, and what may change in it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol, cast

from ..layers import Activation, Layer, Node, ReLU, SymbolicTensor
from ..types import Array

Values = dict[SymbolicTensor, Array]  # what a run has computed so far


class BuiltModel(Protocol):
    """A built model, as far as running it goes.

    Attributes
    ----------
    nodes : list of Node
        In running order; another list as soon as the graph is another.
    layers : list of Layer
    outputs : list of SymbolicTensor
    dtype : "float32" or "float64"
    """

    nodes: list[Node]
    layers: list[Layer]
    outputs: list[SymbolicTensor]
    dtype: str | None

    def walk(self) -> Iterator[tuple[str, Layer]]:
        """Yield (path, layer) of every layer, nested models and what lies in them too."""
        ...


class Readers:
    """Who reads whose output: nodes can run as one where nobody else wants what lies between them.

    Parameters
    ----------
    nodes : list of Node
        In running order.
    outputs : list of SymbolicTensor
        Those that somebody wants, besides the nodes.
    """

    def __init__(self, nodes: list[Node], outputs: list[SymbolicTensor]):
        self._counts = Counter(tensor for node in nodes for tensor in node.inputs)
        self._counts.update(outputs)
        self._reader = {tensor: node for node in nodes for tensor in node.inputs}

    def only(self, node: Node) -> Node | None:
        """Return the node that reads this one's output, if it alone does, and once."""
        if len(node.outputs) != 1 or self._counts[node.outputs[0]] != 1:
            return None
        return self._reader.get(node.outputs[0])


def replaced(layer: Layer) -> bool:
    """Tell whether a forward stands in the layer itself, where somebody put it in place of its class's."""
    own = vars(layer)
    return "_forward" in own or "forward" in own


def activation_of(layer: Layer) -> str | None:
    """Return the name of the function that a layer is, an Activation or a ReLU; None for all others."""
    if not isinstance(layer, (Activation, ReLU)) or type(layer) not in (Activation, ReLU) or replaced(layer):
        return None
    six = isinstance(layer, ReLU) and (layer.max_value, layer.negative_slope, layer.threshold) == (6, 0, 0)
    return "relu6" if six else layer.activation


def alike(node: Node) -> bool:
    """Tell whether two arrays of one shape go in: none is stretched."""
    return len(node.inputs) == 2 and len({tensor.shape for tensor in node.inputs}) == 1


def inputs_of(nodes: list[Node]) -> list[SymbolicTensor]:
    """List what goes into nodes in a row from outside, in the order in which they read it."""
    inside = {tensor for node in nodes for tensor in node.outputs}
    return [tensor for node in nodes for tensor in node.inputs if tensor not in inside]


def mutable_part(model: BuiltModel) -> list[Any]:
    """Return what may change in a model, arrays left aside: graphs, dtypes, replaced methods. Settings are fixed."""
    return [
        (model.nodes, model.dtype),
        *(
            (cast(BuiltModel, layer).nodes if layer.is_model else replaced(layer), layer.dtype)
            for _, layer in model.walk()
        ),
    ]
