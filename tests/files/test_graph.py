"""Graphs: both dialects, Keras's order of layers, and every fault by name."""

import json
import random
import zipfile

import numpy as np
import pytest
from hypothesis import given

from minicnn import files
from minicnn.files import dialect
from tests.files.keras_models import FEW, SEEDS, SHAPE, L, batches, keras, model_from


def _tensors(value, found):
    """Collect the shapes of all symbolic tensors in a config."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            config = value["config"]
            found[files.Tensor(*config["keras_history"])] = config["shape"]
        for item in value.values():
            _tensors(item, found)
    elif isinstance(value, list):
        for item in value:
            _tensors(item, found)
    return found


def rewritten(entry, shuffle, shapes):
    """Return a serialized model whose every Functional part went through `functional_config`, its layers shuffled."""
    config = entry["config"]
    if "layers" not in config:
        return entry
    parts = [rewritten(layer, shuffle, shapes) for layer in config["layers"]]
    if entry["class_name"] == "Sequential":
        return {**entry, "config": {**config, "layers": parts}}
    graph = files.parse_functional({**config, "layers": parts})
    shuffle(graph.layers)
    form = files.functional_config(
        graph.name, graph.layers, graph.inputs, graph.outputs, shapes, trainable=graph.trainable
    )
    return {**form, **{key: entry[key] for key in ("name", "inbound_nodes") if key in entry}}


def assert_keras_opens(model, folder, seed=0):
    """Check that what we make of a Keras model's graphs has Keras's order at every level, and that Keras runs it."""
    model.save(folder / "a.keras")
    held = files.read(folder / "a.keras")
    held.config = rewritten(held.config, random.Random(seed).shuffle, _tensors(held.config, {}))
    files.write(folder / "b.keras", held)
    again, x = keras.models.load_model(folder / "b.keras"), batches(1)[0][0]
    assert _orders(files.read(folder / "b.keras").config) == _orders(again.get_config()) == _orders(model.get_config())
    for mine, theirs in zip(keras.tree.flatten(again(x)), keras.tree.flatten(model(x)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def _orders(entry):
    """Return the names of layers, level by level, in the order of a config (or of a serialized model)."""
    config = entry.get("config", entry)
    if "layers" not in config:
        return config["name"]
    return config["name"], [_orders(layer) for layer in config["layers"]]


@FEW
@given(seed=SEEDS)
def test_layers_are_written_in_the_order_that_keras_makes(seed, tmp_path_factory):
    """Shuffled first, so that the order can't simply be the file's; then Keras must find weights by place."""
    assert_keras_opens(model_from(seed), tmp_path_factory.mktemp("g"), seed)


def test_a_layer_used_early_and_late(tmp_path):
    """It stands where its earliest use wants it, and draws what comes before it along, but not what lies beside it."""
    x = keras.Input(SHAPE)
    shared = L.Conv2D(2, 1, name="shared")
    side = L.Conv2D(2, 1, name="side")(L.ReLU(name="before_side")(x))
    early = shared(L.ReLU(name="before")(x))
    late = shared(L.Conv2D(2, 1, name="c")(L.Add(name="a")([early, side])))
    y = L.Add(name="b")([L.Conv2D(2, 1, name="d")(side), late, L.Conv2D(2, 1, name="e")(x)])
    assert_keras_opens(keras.Model([x], [y, side, shared(x)]), tmp_path)


def test_inputs_that_no_output_needs(tmp_path):
    x, unused = keras.Input(SHAPE, name="used"), keras.Input(SHAPE, name="unused")
    model = keras.Model([unused, x], L.Conv2D(2, 1, name="c")(x))
    model.save(tmp_path / "a.keras")
    graph = files.parse_functional(files.read(tmp_path / "a.keras").config["config"])
    assert files.keras_order(graph) == [layer.name for layer in model.layers] == ["used", "unused", "c"]


def test_nested_calls_are_numbered_from_zero(tmp_path):
    """Keras counts a nested Functional's making as a call, in the list of outputs only."""
    i = keras.Input(SHAPE)
    inner = keras.Model(i, L.Conv2D(2, 1)(i), name="inner")
    x = keras.Input(SHAPE, name="x")
    first = inner(x, training=False)
    second = inner(L.ReLU(name="r")(first))
    model = keras.Model(x, [second, L.Add(name="a")([first, second]), first])
    model.save(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        assert json.loads(archive.read("config.json"))["config"]["output_layers"][0] == ["inner", 2, 0]
    assert_keras_opens(model, tmp_path)
    held = files.read(tmp_path / "a.keras")
    graph = files.parse_functional(held.config["config"])
    T = files.Tensor
    assert graph.outputs == [T("inner", 1), T("a"), T("inner", 0)]
    calls = {layer.name: layer.calls for layer in graph.layers}
    assert calls["a"] == [files.Call([T("inner", 0), T("inner", 1)], True, {})]
    assert calls["inner"][0].kwargs["training"] is False
    old = dialect.keras2_entry(held.config)["config"]
    assert old["output_layers"] == [["inner", 2, 0], ["a", 0, 0], ["inner", 1, 0]]
    again = files.parse_functional(old)
    assert again.outputs == graph.outputs
    assert [c.inputs for layer in again.layers for c in layer.calls] == [
        c.inputs for layer in graph.layers for c in layer.calls
    ]


def _chain(*edges, inputs=("x",), outputs=("z",)):
    """Return a Functional config of single-call layers from "layer <- source source" lines."""
    layers = []
    for name, *sources in edges:
        entry = {"class_name": "Dense" if sources else "InputLayer", "config": {"name": name}, "name": name}
        layers.append({**entry, "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else []})
    ends = [[name, 0, 0] for name in outputs]
    return {"name": "m", "layers": layers, "input_layers": [[name, 0, 0] for name in inputs], "output_layers": ends}


SOUND = [("x",), ("y", "x"), ("z", "y", "x")]


def test_a_sound_graph_is_parsed():
    graph = files.parse_functional(_chain(*SOUND))
    assert [layer.name for layer in graph.layers] == ["x", "y", "z"]
    assert graph.layers[2].calls == [files.Call([files.Tensor("y"), files.Tensor("x")], True, {})]
    assert graph.layers[1].calls[0].as_list is False


@pytest.mark.parametrize(
    "config, sentence",
    [
        (_chain(("x",), ("y", "z"), ("z", "y")), "The layers must not form a cycle. Received: y <- z <- y."),
        (_chain(("x",), ("y", "y"), ("z", "x")), "The layers must not form a cycle. Received: y <- y."),
        (_chain(("x",), ("z", "w")), "Layer 'z' reads layer 'w', which is not in the model."),
        (
            _chain(("x",), ("z", "x"), outputs=("q",)),
            "The model's output list reads layer 'q', which is not in the model.",
        ),
        (
            _chain(("x",), ("z", "x"), inputs=("q",)),
            "The model's input list reads layer 'q', which is not in the model.",
        ),
        (_chain(("x",), ("z", "x"), ("z", "x")), "Names of layers must be unique in a model. Received: 'z' twice."),
        (_chain(("x",), ("z", "x"), outputs=()), "A Functional model must have outputs. Received: none."),
        ({"layers": 3}, "The config of the Functional model must have 'layers'. Received: 3."),
        ({"layers": [3]}, "Every layer of a Functional model must have a name. Received: 3."),
        ({"layers": [{"name": "a"}]}, "The config of layer 'a' must have 'inbound_nodes'. Received: None."),
    ],
)
def test_faults_are_named(config, sentence):
    with pytest.raises(ValueError) as fault:
        files.parse_functional(config)
    assert str(fault.value) == sentence


def _with_call(node):
    config = _chain(*SOUND)
    config["layers"][2]["inbound_nodes"] = [node]
    return config


@pytest.mark.parametrize(
    "node, sentence",
    [
        ([["y", 1, 0, {}]], "Layer 'z' reads call 1 of layer 'y', which has 1 calls."),
        ([["y", -1, 0, {}]], "Layer 'z' reads call -1 of layer 'y', which has 1 calls."),
        ([["y", 0, 5, {}]], "Layer 'z' reads output 5 of layer 'y', which has one output."),
        ([["y", 0]], "A tensor of layer 'z' must be [layer, call, output]. Received: ['y', 0]."),
        ([["y", 0.5, 0]], "A tensor of layer 'z' must be [layer, call, output]. Received: ['y', 0.5, 0]."),
        (["y"], "A tensor of layer 'z' must be [layer, call, output]. Received: 'y'."),
        ([["y", 0, 0, 7]], "A call of layer 'z' must be an object. Received: 7."),
        (7, "A call of layer 'z' must be an object. Received: 7."),
        ({"args": 7}, "The arguments of layer 'z' must be a list. Received: 7."),
        ({"args": [7]}, "Layer 'z' must be called with tensors of the graph. Received: 7."),
        ({"args": [[], 7]}, "Layer 'z' must be called with one list of tensors. Received: [[], 7]."),
        (
            {"args": [{"class_name": "__keras_tensor__", "config": {}}]},
            "A tensor of layer 'z' must be [layer, call, output]. Received: None.",
        ),
    ],
)
def test_faults_of_a_call_are_named(node, sentence):
    with pytest.raises(ValueError) as fault:
        files.parse_functional(_with_call(node))
    assert str(fault.value) == sentence


def test_a_chain_longer_than_the_stack_is_no_recursion():
    names = [f"l{index}" for index in range(5000)]
    edges = [("x",), *zip(names, ["x", *names[:-1]], strict=True)]
    graph = files.parse_functional(_chain(*edges, outputs=(names[-1],)))
    assert files.keras_order(graph) == ["x", *names]
    random.Random(0).shuffle(graph.layers)
    assert files.call_order(graph) == [(name, 0) for name in ["x", *names]]
