"""Where a graph begins and ends: inputs and outputs by name, listed or in a dict, and what each output ends with."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..layers import Node, SymbolicTensor


class Ends:
    """The part of a model that knows its inputs and outputs by name.

    Attributes
    ----------
    nodes : list of Node
    inputs, outputs : list of SymbolicTensor
    input_keys, output_keys : tuple of str, or None
        The keys of the dict that the model was made from, in its order; None where it was no dict. The tensors, and
        lists of arrays, stand in the order of the sorted keys, as in Keras.
    """

    name: str
    nodes: list[Node]
    inputs: list[SymbolicTensor]
    outputs: list[SymbolicTensor]
    input_keys: tuple[str, ...] | None = None
    output_keys: tuple[str, ...] | None = None

    @property
    def input_names(self) -> list[str]:
        """The inputs' names: their keys, or those of their InputLayers; one that nobody knows yet is "input"."""
        if self.input_keys is not None:
            return sorted(self.input_keys)
        begins = {tensor: node.layer.name for node in self.nodes for tensor in node.outputs}
        return [begins[tensor] for tensor in self.inputs] or ["input"]

    @property
    def output_names(self) -> list[str]:
        """The outputs' names: their keys, or those of the layers that make them; one that comes again has a number."""
        if self.output_keys is not None:
            return sorted(self.output_keys)
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

    def _named(self, outputs: Any) -> Any:
        """Return what `forward` gives, by the outputs' keys where the model was made with such."""
        if self.output_keys is None:
            return outputs
        return packed(outputs if isinstance(outputs, list) else [outputs], self.output_keys)


def flat(ends: Any) -> tuple[list[Any], tuple[str, ...] | None]:
    """Return one thing, or a list or dict of them, as a list, and the keys of the dict.

    Parameters
    ----------
    ends : anything
        A dict is listed in the order of its sorted keys, as in Keras.

    Raises
    ------
    TypeError
        A key is no text.

    Examples
    --------
    >>> flat({"b": 1, "a": 2}), flat(3)
    (([2, 1], ('b', 'a')), ([3], None))
    """
    if isinstance(ends, Mapping):
        if not all(isinstance(key, str) for key in ends):
            raise TypeError(f"The keys of inputs and outputs must be text. Received: {list(ends)}.")
        return [ends[key] for key in sorted(ends)], tuple(ends)
    return list(ends) if isinstance(ends, (list, tuple)) else [ends], None


def packed(values: list[Any], keys: tuple[str, ...] | None) -> Any:
    """Return what `flat` made a list of in its own form: a dict, one thing by itself, a list.

    Examples
    --------
    >>> packed([2, 1], ("b", "a")), packed([3], None), packed([3], ("c",))
    ({'b': 1, 'a': 2}, 3, {'c': 3})
    """
    if keys is None:
        return values[0] if len(values) == 1 else values
    named = dict(zip(sorted(keys), values, strict=True))
    return {key: named[key] for key in keys}
