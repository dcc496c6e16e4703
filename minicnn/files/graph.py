"""The graph of layers as Keras writes it: Sequential and Functional configs, in and out.

A Functional config is a list of layers; each layer carries its calls (`inbound_nodes`), and each call names the
tensors that it reads as (layer, which call of that layer, which output of that call). Keras 3 writes a call as

    {"args": [{"class_name": "__keras_tensor__",
               "config": {"shape": [None, 8], "dtype": "float32", "keras_history": ["dense", 0, 0]}}],
     "kwargs": {}}

and a layer of several inputs has a list of tensors as its first argument. Keras 2 writes the same call as
`[["dense", 0, 0, {}]]`, keyword arguments in the fourth place of the first tensor. Both are read; Keras 3's is written.

Two peculiarities, both measured on files that Keras wrote:

- a nested Functional model counts a call more than it has, since it was "called" once when it was made: Keras 3 adds
  one to its index in `output_layers` only, Keras 2 in every place. Here calls are always numbered from 0.
- Keras sorts the layers itself when it rebuilds a model, and finds weights and the optimizer's slots by their place in
  that order, so what is written has to be in that order: `keras_order`.

Source: the files themselves; Keras's Functional.get_config and Function (Keras 3.15).
"""

from .topology import (
    NESTED,
    Call,
    Graph,
    LayerCalls,
    Tensor,
    call_order,
    check_graph,
    keras_order,
    references,
    running_order,
)

__all__ = [
    "NESTED",
    "Call",
    "Graph",
    "LayerCalls",
    "Tensor",
    "call_order",
    "check_graph",
    "functional_config",
    "keras_order",
    "parse_functional",
    "running_order",
    "sequential_config",
    "serialized",
]


def serialized(module, class_name, config, **more):
    """Return Keras 3's form of an object: `{"module", "class_name", "config", "registered_name", ...}`.

    `more` may hold `build_config={"input_shape": [...]}`, with which Keras builds a layer before it gets its weights.
    """
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None, **more}


def sequential_config(name, entries, input_shape, trainable=True):
    """Return a Sequential model's serialized form.

    Parameters
    ----------
    name : str
    entries : list of dict
        Serialized layers, the InputLayer first.
    input_shape : list
        Batch shape of the input, e.g. [None, 64, 64, 3].
    """
    shape = list(input_shape)
    config = {"name": name, "trainable": trainable, "dtype": "float32", "layers": entries, "build_input_shape": shape}
    return serialized("keras", "Sequential", config, build_config={"input_shape": shape})


def functional_config(name, layers, inputs, outputs, shapes, trainable=True, dtype="float32"):
    """Return a Functional model's serialized form, its layers in Keras's order.

    Parameters
    ----------
    name : str
    layers : list of LayerCalls
    inputs, outputs : list of Tensor
        Calls numbered from 0, nested models too.
    shapes : dict
        Tensor -> batch shape, for every tensor that some call reads.
    """
    graph = Graph(name, layers, list(inputs), list(outputs), trainable)
    check_graph(graph)
    by_name = {layer.name: layer for layer in layers}

    def tensor(ref):
        config = {"shape": list(shapes[ref]), "dtype": dtype, "keras_history": list(ref)}
        return {"class_name": "__keras_tensor__", "config": config}

    def call(node):
        tensors = [tensor(ref) for ref in node.inputs]
        return {"args": [tensors] if node.as_list else tensors, "kwargs": node.kwargs}

    def ends(refs):
        """Return one tensor by itself: Keras would take, or return, a list of one otherwise."""
        found = [[ref.layer, ref.node + _counts_its_making(by_name[ref.layer].entry), ref.index] for ref in refs]
        return found[0] if len(found) == 1 else found

    entries = [
        {**by_name[key].entry, "name": key, "inbound_nodes": [call(node) for node in by_name[key].calls if node.inputs]}
        for key in keras_order(graph)
    ]
    config = {
        "name": name,
        "trainable": trainable,
        "layers": entries,
        "input_layers": ends(graph.inputs),
        "output_layers": ends(graph.outputs),
    }
    form = serialized("keras.src.models.functional", "Functional", config, build_config={"input_shape": None})
    return {**form, "registered_name": "Functional"}


def parse_functional(config):
    """Read the `config` of a serialized Functional model, in Keras 3's or Keras 2's dialect.

    Returns
    -------
    graph : Graph
        Checked: no missing layer, no cycle, no name twice.

    Raises
    ------
    ValueError
        The sentence names the layer and what is wrong with it.
    """
    layers, old = [], set()
    for entry in _field(config, "layers", list, "the Functional model"):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            raise ValueError(f"Every layer of a Functional model must have a name. Received: {_short(entry)}.")
        calls = []
        for node in _field(entry, "inbound_nodes", list, f"layer {name!r}"):
            call, is_old = _parse_call(node, name)
            calls.append(call)
            if is_old:
                old.add(name)
        if not calls:
            calls = [Call([])]  # an InputLayer is called once, by nobody
        layers.append(LayerCalls(name, entry, calls))
    inputs = _ends(_field(config, "input_layers", (list, dict), "the Functional model"))
    outputs = _ends(_field(config, "output_layers", (list, dict), "the Functional model"))
    graph = Graph(str(config.get("name", "model")), layers, inputs, outputs, config.get("trainable") is not False)
    _number_calls_from_zero(graph, keras2=bool(old))
    check_graph(graph)
    return graph


def _parse_call(node, name):
    """Return (Call, whether it was written in Keras 2's dialect)."""
    if isinstance(node, list):
        refs = [_tensor(item[:3] if isinstance(item, list) else item, name) for item in node]
        kwargs = node[0][3] if node and len(node[0]) > 3 else {}
        return Call(refs, len(refs) > 1, _dict(kwargs, name)), True
    args, kwargs = _dict(node, name).get("args", []), dict(_dict(_dict(node, name).get("kwargs", {}), name))
    if args == [] and "inputs" in kwargs:  # layer(inputs=x)
        args = [kwargs.pop("inputs")]
    if not isinstance(args, list):
        raise ValueError(f"The arguments of layer {name!r} must be a list. Received: {_short(args)}.")
    if args and isinstance(args[0], dict) and "class_name" not in args[0]:  # a model called with tensors by name
        args = [_by_key(args[0]), *args[1:]]
    as_list = len(args) > 0 and isinstance(args[0], list)
    tensors = args[0] if as_list else args
    if as_list and len(args) > 1:
        raise ValueError(f"Layer {name!r} must be called with one list of tensors. Received: {_short(args)}.")
    return Call([_keras_tensor(item, name) for item in tensors], as_list, kwargs), False


def _keras_tensor(item, name):
    if not isinstance(item, dict) or item.get("class_name") != "__keras_tensor__":
        raise ValueError(f"Layer {name!r} must be called with tensors of the graph. Received: {_short(item)}.")
    return _tensor(_dict(item.get("config"), name).get("keras_history"), name)


def _tensor(item, name):
    ok = isinstance(item, list) and len(item) == 3 and isinstance(item[0], str)
    if not ok or not all(type(part) is int for part in item[1:]):
        raise ValueError(f"A tensor of layer {name!r} must be [layer, call, output]. Received: {_short(item)}.")
    return Tensor(*item)


def _ends(value):
    """Read `input_layers` or `output_layers`: one tensor, a list of them, or a dict of them by name."""
    if isinstance(value, dict):
        value = _by_key(value)
    if value and isinstance(value[0], str):
        value = [value]
    return [_tensor(item[:3] if isinstance(item, list) else item, "model") for item in value]


def _by_key(tensors):
    """Return the values of a dict as Keras lists them: by key."""
    return [tensors[key] for key in sorted(tensors)]


def _counts_its_making(entry):
    return int(entry.get("class_name") in ("Functional", "Model"))


def _number_calls_from_zero(graph, keras2):
    by_name = {layer.name: layer for layer in graph.layers}

    def shift(ref, count):
        return ref._replace(node=ref.node - count)

    if keras2:
        nested = {layer.name for layer in graph.layers if layer.entry.get("class_name") in NESTED}
        lowest = {name: min((r.node for _, r in references(graph) if r.layer == name), default=0) for name in nested}
        for layer in graph.layers:
            for call in layer.calls:
                call.inputs = [shift(ref, int(lowest.get(ref.layer, 0) > 0)) for ref in call.inputs]
        graph.outputs = [shift(ref, int(lowest.get(ref.layer, 0) > 0)) for ref in graph.outputs]
        return
    graph.outputs = [
        shift(ref, _counts_its_making(by_name[ref.layer].entry)) if ref.layer in by_name else ref
        for ref in graph.outputs
    ]


def _field(config, key, kind, owner):
    value = config.get(key) if isinstance(config, dict) else None
    if not isinstance(value, kind):
        raise ValueError(f"The config of {owner} must have {key!r}. Received: {_short(value)}.")
    return value


def _dict(value, name):
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"A call of layer {name!r} must be an object. Received: {_short(value)}.")
    return value


def _short(value):
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
