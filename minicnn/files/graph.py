"""The graph that a Functional config describes, in plain terms: layers by name, their calls, the tensors between them.

It lives from the config (functional.py) to the model that is made along it. A model that is there already has nodes
instead, and its order is that of models/graph.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .model_file import Config

NESTED = ("Functional", "Model", "Sequential")  # class names whose config holds layers of its own


class TensorRef(NamedTuple):
    """One symbolic tensor: an output of one call of a layer.

    Attributes
    ----------
    layer : str
        The layer's name.
    call : int
        Which call of that layer, from 0.
    output : int
        Which output of that call, from 0; only a nested model has more than one.

    Examples
    --------
    >>> TensorRef("dense")
    TensorRef(layer='dense', call=0, output=0)
    """

    layer: str
    call: int = 0
    output: int = 0


@dataclass
class LayerCall:
    """One use of a layer.

    Attributes
    ----------
    inputs : list of TensorRef
        What it reads; nothing, where an InputLayer begins the graph.
    kwargs : dict
        What the layer was called with besides, e.g. {"training": False} of a frozen base.

    Examples
    --------
    >>> LayerCall([TensorRef("x")]).kwargs
    {}
    """

    inputs: list[TensorRef]
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    """A Functional model's graph.

    Attributes
    ----------
    name : str
        The model's.
    layers : dict
        Layer name -> its serialized form ({"module", "class_name", "config", ...}), in the file's order.
    calls : dict
        Layer name -> list of LayerCall, in the order in which they were made.
    inputs, outputs : list of TensorRef
        The model's.

    Examples
    --------
    >>> x, y = TensorRef("x"), TensorRef("y")
    >>> graph = Graph("m", {"y": {}, "x": {}}, {"y": [LayerCall([x])], "x": [LayerCall([])]}, [x], [y])
    >>> graph.call_order()
    [('x', 0), ('y', 0)]
    """

    name: str
    layers: dict[str, Config]
    calls: dict[str, list[LayerCall]]
    inputs: list[TensorRef]
    outputs: list[TensorRef]

    def check(self) -> None:
        """Refuse a graph that is not sound.

        Raises
        ------
        ValueError
            It names the fault: a missing layer, call or output, or the layers of a cycle.
        """
        for end, refs in (("inputs", self.inputs), ("outputs", self.outputs)):
            if not refs:
                raise ValueError(f"A Functional model must have {end}. Received: none.")
        for reader, ref in self.references():
            if ref.layer not in self.layers:
                raise ValueError(f"{reader} reads layer {ref.layer!r}, which is not in the model.")
            count = len(self.calls[ref.layer])
            if not 0 <= ref.call < count:
                raise ValueError(f"{reader} reads call {ref.call} of layer {ref.layer!r}, which has {count} calls.")
            if ref.output != 0 and self.layers[ref.layer].get("class_name") not in NESTED:
                raise ValueError(f"{reader} reads output {ref.output} of layer {ref.layer!r}, which has one output.")
        self.call_order()

    def references(self) -> Iterator[tuple[str, TensorRef]]:
        """Yield (who reads, TensorRef) for every place in the graph that names a tensor."""
        for name, calls in self.calls.items():
            for call in calls:
                for ref in call.inputs:
                    yield f"Layer {name!r}", ref
        for ref in self.inputs:
            yield "The model's input list", ref
        for ref in self.outputs:
            yield "The model's output list", ref

    def call_order(self) -> list[tuple[str, int]]:
        """List every call as (layer name, call number), each after those whose outputs it reads.

        Raises
        ------
        ValueError
            The layers form a cycle.
        """
        done: set[tuple[str, int]] = set()
        path: dict[tuple[str, int], None] = {}  # from the call where the walk began to the one where it is
        finished: list[tuple[str, int]] = []
        starts = [(name, number) for name, calls in self.calls.items() for number in range(len(calls))]
        stack: list[tuple[tuple[str, int], Iterator[TensorRef] | None]] = [(start, None) for start in reversed(starts)]
        while stack:  # not recursive: a file may hold a chain longer than Python's stack
            key, sources = stack.pop()
            if sources is None:
                if key in done:
                    continue
                if key in path:
                    names = [name for name, _ in path]
                    circle = [*names[names.index(key[0]) :], key[0]]
                    raise ValueError(f"The layers must not form a cycle. Received: {' <- '.join(circle[:12])}.")
                path[key] = None
                sources = iter(self.calls[key[0]][key[1]].inputs)
            source = next(sources, None)
            if source is not None:
                stack += [(key, sources), ((source.layer, source.call), None)]
            else:
                del path[key]
                done.add(key)
                finished.append(key)
        return finished
