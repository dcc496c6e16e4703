"""Graphs: both dialects, Keras's numbers of calls, and every fault by name."""

import random

import pytest

from minicnn import files
from minicnn.files import legacy
from tests.files.keras_models import SHAPE, L, keras


def test_nested_calls_are_numbered_from_zero(tmp_path):
    """Keras counts a nested Functional's making as a call, in the list of outputs only."""
    i = keras.Input(SHAPE)
    inner = keras.Model(i, L.Conv2D(2, 1)(i), name="inner")
    x = keras.Input(SHAPE, name="x")
    first = inner(x, training=False)
    second = inner(L.ReLU(name="r")(first))
    model = keras.Model(x, [second, L.Add(name="a")([first, second]), first])
    assert model.get_config()["output_layers"][0] == ["inner", 2, 0]
    model.save(tmp_path / "a.keras")
    held = files.read(tmp_path / "a.keras")
    graph = files.parse_functional(held.config["config"])
    T = files.TensorRef
    assert graph.outputs == [T("inner", 1), T("a"), T("inner", 0)]
    assert graph.calls["a"] == [files.LayerCall([T("inner", 0), T("inner", 1)], {})]
    assert graph.calls["inner"][0].kwargs["training"] is False
    old = legacy.keras2_entry(held.config)["config"]
    assert old["output_layers"] == [["inner", 2, 0], ["a", 0, 0], ["inner", 1, 0]]
    again = files.parse_functional(old)
    assert again.outputs == graph.outputs
    assert {name: [call.inputs for call in calls] for name, calls in again.calls.items()} == {
        name: [call.inputs for call in calls] for name, calls in graph.calls.items()
    }


@pytest.mark.parametrize("making", [0, 1])
def test_keras_2_counts_a_nested_model_s_making_unless_somebody_reads_call_0(making):
    """Two calls of `inner`, the second on what the first gave: numbered 0 and 1, or 1 and 2."""
    calls = [[["x", 0, 0, {}]], [["r", 0, 0, {}]]]
    entries = [
        {"name": "x", "class_name": "InputLayer", "config": {"name": "x"}, "inbound_nodes": []},
        {
            "name": "inner",
            "class_name": "Sequential",
            "config": {"name": "inner", "layers": []},
            "inbound_nodes": calls,
        },
        {"name": "r", "class_name": "ReLU", "config": {"name": "r"}, "inbound_nodes": [[["inner", making, 0, {}]]]},
    ]
    graph = files.parse_functional(
        {"name": "m", "layers": entries, "input_layers": [["x", 0, 0]], "output_layers": [["inner", 1 + making, 0]]}
    )
    assert graph.outputs == [files.TensorRef("inner", 1)]
    assert graph.calls["r"] == [files.LayerCall([files.TensorRef("inner", 0)], {})]


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
    assert list(graph.layers) == list(graph.calls) == ["x", "y", "z"]
    assert graph.calls["z"] == [files.LayerCall([files.TensorRef("y"), files.TensorRef("x")], {})]
    assert graph.calls["x"] == [files.LayerCall([])]


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
    config = _chain(*edges, outputs=(names[-1],))
    random.Random(0).shuffle(config["layers"])
    assert files.parse_functional(config).call_order() == [(name, 0) for name in ["x", *names]]
