"""What this room knows of a model: a graph of nodes, and which layer's methods are its class's own."""

from collections.abc import Iterator
from typing import Any, Protocol

from ..layers import Layer, Node, SymbolicTensor


class Graph(Protocol):
    """A built model, as far as running it goes.

    Attributes
    ----------
    nodes : list of Node
        In running order; another list as soon as the graph is another.
    layers : list of Layer
    outputs : list of SymbolicTensor
    dtype : str
    """

    nodes: list[Node]
    layers: list[Layer]
    outputs: list[SymbolicTensor]
    dtype: str | None

    def leaves(self) -> Iterator[tuple[str, Layer]]:
        """Yield (path, layer) of every layer that is no model, those of nested models too."""
        ...


def replaced(layer: Layer) -> bool:
    """Tell whether a forward stands in the layer itself, where somebody put it in place of its class's."""
    own = vars(layer)
    return "_forward" in own or "forward" in own


def mutable_part(model: Graph) -> list[Any]:
    """Return what may change in a model, arrays left aside: graphs, dtypes, replaced methods. Settings are fixed."""
    found: list[Any] = [(model.nodes, model.dtype)]
    for layer in model.layers:
        if layer.is_model:
            found += mutable_part(layer)  # type: ignore[arg-type]
        else:
            found.append((layer.dtype, replaced(layer)))
    return found
