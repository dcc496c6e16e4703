"""Where a graph begins and ends: the names of its inputs and outputs, and what each output ends with."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..layers import Node, SymbolicTensor


class Ends:
    """The part of a model that knows its inputs and outputs by name.

    Attributes
    ----------
    nodes : list of Node
    inputs, outputs : list of SymbolicTensor
    """

    name: str
    nodes: list[Node]
    inputs: list[SymbolicTensor]
    outputs: list[SymbolicTensor]

    @property
    def input_names(self) -> list[str]:
        """The inputs' names, those of their InputLayers; one without a name where nobody knows the shape yet."""
        begins = {tensor: node.layer.name for node in self.nodes for tensor in node.outputs}
        return [begins[tensor] for tensor in self.inputs] or ["input"]

    @property
    def output_names(self) -> list[str]:
        """The outputs' names, those of the layers that make them; one that comes again gets a number."""
        plain = [tensor.node.layer.name for tensor in self.outputs]
        before = [plain[:place].count(name) for place, name in enumerate(plain)]
        names = [f"{name}:{count}" if count else name for name, count in zip(plain, before, strict=True)]
        return names or ["output"]

    @property
    def activations(self) -> list[str | None]:
        """What each output ends with, where nothing else reads it."""
        makers = {tensor: node.layer for node in self.nodes for tensor in node.outputs if len(node.outputs) == 1}
        read = {tensor for node in self.nodes for tensor in node.inputs}
        once = [tensor not in read and self.outputs.count(tensor) == 1 for tensor in self.outputs]
        return [
            makers[tensor].activation if alone and tensor in makers else None
            for tensor, alone in zip(self.outputs, once, strict=True)
        ]

    def _heads(self, logits: bool | Sequence[bool]) -> frozenset[SymbolicTensor]:
        """Return the outputs of which the logits are wanted, and have been left an activation."""
        if logits is False:
            return frozenset()
        wanted = [logits] * len(self.outputs) if isinstance(logits, bool) else logits
        found = zip(self.outputs, wanted, self.activations, strict=True)
        return frozenset(tensor for tensor, asked, activation in found if asked and activation is not None)

    def _by_name(self, x: Mapping[str, Any]) -> Any:
        """Return a dict's arrays in the order of the inputs."""
        if set(x) != set(self.input_names):
            wanted, found = (", ".join(map(repr, sorted(names))) for names in (self.input_names, x))
            raise ValueError(f"`x` of model '{self.name}' must have the keys {wanted}. Received: {found}.")
        return [x[name] for name in self.input_names]
