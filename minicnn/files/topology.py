"""A graph of layers in plain terms: who calls what, whether that is sound, and in which order Keras holds it."""

from dataclasses import dataclass, field
from typing import NamedTuple

NESTED = ("Functional", "Model", "Sequential")  # class names whose config holds layers of its own


class Tensor(NamedTuple):
    """One symbolic tensor: output `index` of call number `node` (from 0) of the layer called `layer`."""

    layer: str
    node: int = 0
    index: int = 0


@dataclass
class Call:
    """One use of a layer: the tensors that it reads and the other arguments.

    Attributes
    ----------
    inputs : list of Tensor
    as_list : bool
        True where the layer takes its tensors as one list (Add, Concatenate), False where they are separate arguments.
    kwargs : dict
        What the layer was called with besides, e.g. {"training": False} of a frozen base.
    """

    inputs: list
    as_list: bool = False
    kwargs: dict = field(default_factory=dict)


@dataclass
class LayerCalls:
    """A layer's serialized form ({"module", "class_name", "config", ...}), its name, and its calls in order."""

    name: str
    entry: dict
    calls: list


@dataclass
class Graph:
    """A Functional model: layers in file order; the tensors that are its inputs and its outputs."""

    name: str
    layers: list
    inputs: list
    outputs: list
    trainable: bool = True


def check_graph(graph):
    """Raise a ValueError that names the fault: a name twice, a missing layer or call, or the layers of a cycle."""
    by_name = {}
    for layer in graph.layers:
        if layer.name in by_name:
            raise ValueError(f"Names of layers must be unique in a model. Received: {layer.name!r} twice.")
        by_name[layer.name] = layer
    for end, refs in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        if not refs:
            raise ValueError(f"A Functional model must have {end}. Received: none.")
    for reader, ref in references(graph):
        if ref.layer not in by_name:
            raise ValueError(f"{reader} reads layer {ref.layer!r}, which is not in the model.")
        if not 0 <= ref.node < len(by_name[ref.layer].calls):
            count = len(by_name[ref.layer].calls)
            raise ValueError(f"{reader} reads call {ref.node} of layer {ref.layer!r}, which has {count} calls.")
        if ref.index != 0 and by_name[ref.layer].entry.get("class_name") not in NESTED:
            raise ValueError(f"{reader} reads output {ref.index} of layer {ref.layer!r}, which has one output.")
    _depth_first(graph, _all_calls(graph))


def keras_order(graph):
    """Return the layers' names in the order in which Keras will hold them.

    By falling distance to the outputs; where that is equal, by when a depth-first walk from the outputs first meets
    the layer. A layer used more than once stands at its largest distance.
    """
    _, layer_depth, first_met = _depths(graph)
    for ref in graph.inputs:  # an input that no output needs
        layer_depth.setdefault(ref.layer, 0)
        first_met.setdefault(ref.layer, -1)
    return sorted(layer_depth, key=lambda name: (-layer_depth[name], first_met[name]))


def running_order(graph):
    """Return the calls that lead to the outputs, as (layer name, call number), in the order in which Keras runs them.

    By falling distance to the outputs. Who calls one BatchNormalization twice sees it in the moving mean.
    """
    node_depth = _depths(graph)[0]
    return sorted(node_depth, key=lambda call: -node_depth[call])  # where equal, as they were met: sorted is stable


def _depths(graph):
    """Give the calls' distances to the outputs, the layers', and when each layer was met."""
    finished, first_met = _depth_first(graph, [(ref.layer, ref.node) for ref in graph.outputs])
    calls = {layer.name: layer.calls for layer in graph.layers}
    node_depth, layer_depth = {}, {}
    for key in reversed(finished):
        depth = max(node_depth.get(key, 0), layer_depth.get(key[0], 0))
        node_depth[key] = layer_depth[key[0]] = depth
        for ref in calls[key[0]][key[1]].inputs:
            source = (ref.layer, ref.node)
            node_depth[source] = max(node_depth.get(source, 0), depth + 1)
    return node_depth, layer_depth, first_met


def call_order(graph):
    """Return every call as (layer name, call number), each behind those whose tensors it reads."""
    return _depth_first(graph, _all_calls(graph))[0]


def _all_calls(graph):
    return [(layer.name, node) for layer in graph.layers for node in range(len(layer.calls))]


def _depth_first(graph, starts):
    """Walk from the calls `starts` to the inputs: calls in the order they finish, layers by when they were met."""
    calls = {layer.name: layer.calls for layer in graph.layers}
    done, path, finished, first_met = set(), {}, [], {}
    stack = [(start, None) for start in reversed(starts)]
    while stack:  # not recursive: a file may hold a chain longer than Python's stack
        key, sources = stack.pop()
        if sources is None:
            if key in done:
                continue
            if key in path:
                names = [name for name, _ in path]
                circle = [*names[names.index(key[0]) :], key[0]]
                raise ValueError(f"The layers must not form a cycle. Received: {' <- '.join(circle[:12])}.")
            path[key] = True
            first_met.setdefault(key[0], len(first_met))
            sources = iter([(ref.layer, ref.node) for ref in calls[key[0]][key[1]].inputs])
        for source in sources:
            stack += [(key, sources), (source, None)]
            break
        else:
            del path[key]
            done.add(key)
            finished.append(key)
    return finished, first_met


def references(graph):
    """Yield (who reads, Tensor) for every place in the graph that names a tensor."""
    for layer in graph.layers:
        for call in layer.calls:
            for ref in call.inputs:
                yield f"Layer {layer.name!r}", ref
    for ref in graph.inputs:
        yield "The model's input list", ref
    for ref in graph.outputs:
        yield "The model's output list", ref
