"""Read a Functional config, as Keras 2 or Keras 3 writes it, into a Graph.

A Functional config is a list of layers; each layer carries its calls (`inbound_nodes`), and each call names the
tensors that it reads as (layer, which call of that layer, which output of that call). Keras 3 writes a call as

    {"args": [{"class_name": "__keras_tensor__",
               "config": {"shape": [None, 8], "dtype": "float32", "keras_history": ["dense", 0, 0]}}],
     "kwargs": {}}

and a layer of several inputs has a list of tensors as its first argument. Keras 2 writes the same call as
`[["dense", 0, 0, {}]]`, keyword arguments in the fourth place of the first tensor. Both are read.

A peculiarity, measured on files that Keras wrote: a nested Functional model counts a call more than it has, since it
was "called" once when it was made. Keras 3 adds one to its index in `output_layers` only, Keras 2 in every place. In a
Graph calls are always numbered from 0.

Source: the files themselves; Keras's Functional.get_config (Keras 3.15).
"""

from typing import Any

from .graph import NESTED, Graph, LayerCall, TensorRef
from .model_file import Config
from .opening import short


def parse_functional(config: Config) -> Graph:
    """Read the `config` of a serialized Functional model, in Keras 3's or Keras 2's dialect.

    Parameters
    ----------
    config : dict
        {"name", "layers", "input_layers", "output_layers"}.

    Returns
    -------
    graph : Graph
        Checked: no missing layer, no cycle, no name twice.

    Raises
    ------
    ValueError
        The sentence names the layer and what is wrong with it.

    Examples
    --------
    >>> x = {"name": "x", "class_name": "InputLayer", "config": {"name": "x"}, "inbound_nodes": []}
    >>> y = {"name": "y", "class_name": "ReLU", "config": {"name": "y"}, "inbound_nodes": [[["x", 0, 0, {}]]]}
    >>> ends = {"input_layers": [["x", 0, 0]], "output_layers": [["y", 0, 0]]}
    >>> parse_functional({"name": "m", "layers": [y, x], **ends}).call_order()
    [('x', 0), ('y', 0)]
    """
    layers: dict[str, Config] = {}
    calls: dict[str, list[LayerCall]] = {}
    is_old = False
    for entry in _field(config, "layers", list, "the Functional model"):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            raise ValueError(f"Every layer of a Functional model must have a name. Received: {short(entry)}.")
        if name in layers:
            raise ValueError(f"Names of layers must be unique in a model. Received: {name!r} twice.")
        nodes = _field(entry, "inbound_nodes", list, f"layer {name!r}")
        layers[name] = entry
        calls[name] = [_parse_call(node, name) for node in nodes] or [LayerCall([])]  # an InputLayer's, by nobody
        is_old |= any(isinstance(node, list) for node in nodes)
    inputs = _ends(_field(config, "input_layers", (list, dict), "the Functional model"))
    outputs = _ends(_field(config, "output_layers", (list, dict), "the Functional model"))
    graph = Graph(str(config.get("name", "model")), layers, calls, inputs, outputs)
    (_number_keras2_calls if is_old else _number_keras3_calls)(graph)
    graph.check()
    return graph


def _parse_call(node: Any, name: str) -> LayerCall:
    """Read one of the `inbound_nodes` of the layer `name`."""
    if isinstance(node, list):
        refs = [_tensor(item[:3] if isinstance(item, list) else item, name) for item in node]
        kwargs = node[0][3] if node and len(node[0]) > 3 else {}
        return LayerCall(refs, _dict(kwargs, name))
    args, kwargs = _dict(node, name).get("args", []), dict(_dict(_dict(node, name).get("kwargs", {}), name))
    if args == [] and "inputs" in kwargs:  # layer(inputs=x)
        args = [kwargs.pop("inputs")]
    if not isinstance(args, list):
        raise ValueError(f"The arguments of layer {name!r} must be a list. Received: {short(args)}.")
    if args and isinstance(args[0], dict) and "class_name" not in args[0]:  # a model called with tensors by name
        args = [_by_key(args[0]), *args[1:]]
    as_list = len(args) > 0 and isinstance(args[0], list)
    if as_list and len(args) > 1:
        raise ValueError(f"Layer {name!r} must be called with one list of tensors. Received: {short(args)}.")
    return LayerCall([_keras_tensor(item, name) for item in (args[0] if as_list else args)], kwargs)


def _keras_tensor(item: Any, name: str) -> TensorRef:
    if not isinstance(item, dict) or item.get("class_name") != "__keras_tensor__":
        raise ValueError(f"Layer {name!r} must be called with tensors of the graph. Received: {short(item)}.")
    return _tensor(_dict(item.get("config"), name).get("keras_history"), name)


def _tensor(item: Any, name: str) -> TensorRef:
    ok = isinstance(item, list) and len(item) == 3 and isinstance(item[0], str)
    if not ok or not all(type(part) is int for part in item[1:]):
        raise ValueError(f"A tensor of layer {name!r} must be [layer, call, output]. Received: {short(item)}.")
    return TensorRef(*item)


def _ends(value: Any) -> list[TensorRef]:
    """Read `input_layers` or `output_layers`: one tensor, a list of them, or a dict of them by name."""
    if isinstance(value, dict):
        value = _by_key(value)
    if value and isinstance(value[0], str):
        value = [value]
    return [_tensor(item[:3] if isinstance(item, list) else item, "model") for item in value]


def _by_key(tensors: dict[str, Any]) -> list[Any]:
    """Return the values of a dict as Keras lists them: by key."""
    return [tensors[key] for key in sorted(tensors)]


def _number_keras3_calls(graph: Graph) -> None:
    """Count a nested Functional model's calls from 0 in the list of outputs, where Keras 3 counts its making too."""
    counts_its_making = {name for name, entry in graph.layers.items() if entry.get("class_name") in NESTED[:2]}
    graph.outputs = _shifted(graph.outputs, counts_its_making)


def _number_keras2_calls(graph: Graph) -> None:
    """Count nested models' calls from 0 everywhere: Keras 2 counts a model's making too, if nobody reads call 0."""
    first: dict[str, int] = {}  # the lowest call of a layer that anybody reads
    for _, ref in graph.references():
        first[ref.layer] = min(first.get(ref.layer, ref.call), ref.call)
    nested = {name for name, entry in graph.layers.items() if entry.get("class_name") in NESTED}
    late = {name for name in nested if first.get(name, 0) > 0}
    for calls in graph.calls.values():
        for call in calls:
            call.inputs = _shifted(call.inputs, late)
    graph.outputs = _shifted(graph.outputs, late)


def _shifted(refs: list[TensorRef], late: set[str]) -> list[TensorRef]:
    """Return tensors with the calls of the layers `late` counted one lower."""
    return [ref._replace(call=ref.call - (ref.layer in late)) for ref in refs]


def _field(config: Any, key: str, kind: Any, owner: str) -> Any:
    value = config.get(key) if isinstance(config, dict) else None
    if not isinstance(value, kind):
        raise ValueError(f"The config of {owner} must have {key!r}. Received: {short(value)}.")
    return value


def _dict(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"A call of layer {name!r} must be an object. Received: {short(value)}.")
    return value
