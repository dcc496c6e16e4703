"""TensorFlow.js layers-models: read with quantised arrays, written in Keras 2's dialect, faults by name."""

import json

import numpy as np
import pytest
from hypothesis import given

import minicnn
from minicnn import files
from minicnn.files import classifier, tfjs_limits
from minicnn.layers import activations
from tests.files.entries import sequential, serialized
from tests.files.keras_models import FEW, SEEDS, assert_same_arrays, expected, model_from


@FEW
@given(seed=SEEDS)
def test_what_is_written_is_read_again(seed, tmp_path_factory):
    """Structure too: the graph of every nested model is the same after Keras 2's dialect."""
    folder, model = tmp_path_factory.mktemp("t"), model_from(seed)
    model.save(folder / "a.keras")
    held = files.read(folder / "a.keras")
    files.write(folder / "model.json", held)
    again = files.read(folder / "model.json")
    assert_same_arrays(again.weights, expected(model))
    assert _graphs(again.config) == _graphs(held.config)
    manifest = json.loads((folder / "model.json").read_text())["weightsManifest"]
    named = [spec["name"].split("/")[:-1] for spec in manifest[0]["weights"]]
    assert [[path.split("/")[-1]] for path, arrays in expected(model).items() for _ in arrays] == named
    assert not (folder / "model.classifier.json").exists()


def _graphs(entry):
    """Return what is called by what, at every level."""
    config = entry["config"]
    if "layers" not in config:
        return entry["class_name"], config["name"]
    inner = [_graphs(layer) for layer in config["layers"]]
    if entry["class_name"] == "Sequential":
        return config["name"], inner
    graph = files.parse_functional(config)
    calls = [(name, [call.inputs for call in calls]) for name, calls in graph.calls.items()]
    return config["name"], inner, calls, graph.inputs, graph.outputs


LAYERS = [
    {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "in"}},
    {"class_name": "Dense", "config": {"units": 3, "name": "d"}},
]


def _document(weights, paths=("a.bin",), layers=LAYERS):
    return {
        "format": "layers-model",
        "modelTopology": {
            "keras_version": "2.15.0",
            "model_config": {"class_name": "Sequential", "config": {"name": "s", "layers": layers}},
        },
        "weightsManifest": [{"paths": list(paths), "weights": weights}],
    }


def _write(folder, document, **shards):
    (folder / "model.json").write_text(json.dumps(document))
    for name, raw in shards.items():
        (folder / f"{name}.bin").write_bytes(raw)
    return folder / "model.json"


KERNEL = np.arange(12, dtype=np.float32).reshape(4, 3)
BIAS = np.array([1, 2, 3], np.float32)


def _spec(name, shape, dtype="float32", **more):
    return {"name": name, "shape": list(shape), "dtype": dtype, **more}


@pytest.mark.parametrize("stored", ["uint8", "uint16", "float16"])
def test_quantised_arrays(tmp_path, stored):
    """value = stored * scale + min, or simply a shorter float; the shards may cut an array in two."""
    q = KERNEL.astype(stored)
    how = {"dtype": stored} | ({} if stored == "float16" else {"scale": 0.5, "min": -2.0})
    raw = q.tobytes() + BIAS.tobytes()
    document = _document([_spec("d/kernel", (4, 3), quantization=how), _spec("d/bias", (3,))], ("a.bin", "b.bin"))
    model = files.read(_write(tmp_path, document, a=raw[:5], b=raw[5:]))
    kernel, bias = model.weights["d"]
    np.testing.assert_array_equal(kernel, KERNEL if stored == "float16" else KERNEL * 0.5 - 2)
    np.testing.assert_array_equal(bias, BIAS)
    assert kernel.dtype == np.float32
    assert model.config["config"]["layers"][0]["config"]["batch_shape"] == [None, 4]
    assert model.keras_version == "2.15.0"


def test_a_classifier_beside(tmp_path):
    path = _write(tmp_path, _document([]), a=b"")
    meaning = {"version": 1, "class_names": ["a"], "size": [1, 1], "resize": "bilinear", "scale": 1, "offset": 0,
               "output": "logits"}  # fmt: skip
    files.write_sidecar(path, meaning)
    assert (tmp_path / "model.classifier.json").exists()
    assert files.read(path).classifier == classifier.check(meaning)


BOTH = [_spec("d/kernel", (4, 3)), _spec("d/bias", (3,))]
SHARD = "a shard must be a file beside model.json. Received:"


@pytest.mark.parametrize(
    "document, sentence",
    [
        (_document(BOTH), "its arrays need 60 bytes, and its shards have 8."),
        (_document([_spec("d/kernel", (10**6, 10**6))]), "its arrays need 4000000000000 bytes, and its shards have 8."),
        (_document([_spec("e/kernel", (2,))]), "its array 'e/kernel' belongs to no layer of its config."),
        (_document([_spec("d/kernel", (1,))] * 2), "its array 'd/kernel' is there twice."),
        (_document([_spec("d/kernel", (2,), "string")]), "its array 'd/kernel' has dtype 'string', which is none of"),
        (_document([_spec("d/kernel", (-2,))]), "its array 'd/kernel' must have a shape. Received: [-2]."),
        (_document([_spec("d/kernel", (0.5,))]), "its array 'd/kernel' must have a shape. Received: [0.5]."),
        (_document([{"shape": [2]}]), "an array of its weightsManifest has no name."),
        (_document([3]), "a group of its weightsManifest has no list of weights."),
        (
            _document([_spec("d/kernel", (2,), dtype="int8")]),
            "its array 'd/kernel' has dtype 'int8', which is none of",
        ),
        (
            _document([_spec("d/kernel", (2,), quantization={"dtype": "int4"})]),
            "its array 'd/kernel' is quantised to 'int4', not uint8, uint16 or float16.",
        ),
        (
            _document([_spec("d/kernel", (2,), quantization={"dtype": "uint8", "scale": "1"})]),
            "the quantization of its array 'd/kernel' must have a finite 'scale'.",
        ),
        (_document(BOTH, ("../a.bin",)), f"{SHARD} '../a.bin'."),
        (_document(BOTH, ("/etc/passwd",)), f"{SHARD} '/etc/passwd'."),
        (_document(BOTH, ("C:a.bin",)), f"{SHARD} 'C:a.bin'."),
        (_document(BOTH, ("..",)), f"{SHARD} '..'."),
        (_document(BOTH, (3,)), f"{SHARD} '3'."),
        (_document(BOTH, ("./../a.bin",)), f"{SHARD} '../a.bin'."),
        (_document(BOTH, ("./a.bin", "a.bin")), "its weightsManifest names a shard twice."),
        (
            {"modelTopology": {}, "format": "graph-model"},
            "it is a TF.js graph-model, which has operations of TensorFlow and no layers any longer; ask for",
        ),
        ({"modelTopology": {"node": []}}, "it is a TF.js graph-model, which has operations"),
        ({"tmVersion": "2.4.10", "labels": ["a"], "imageSize": 224}, "it is the metadata of a Teachable Machine model"),
        ({"keras_version": "3.0.0", "date_saved": "2024"}, "it is the metadata of an unpacked .keras file; its layers"),
        ({"other": 1}, "it is no TF.js layers-model: it has no modelTopology of layers."),
        ({**_document([]), "weightsManifest": 3}, "it has no weightsManifest, so its arrays can't be found."),
    ],
)
def test_faults_are_named(tmp_path, document, sentence):
    path = _write(tmp_path, document, a=bytes(8))
    with pytest.raises(ValueError) as fault:
        files.read(path)
    assert str(fault.value).startswith(f"{path}: {sentence}")


def test_a_missing_shard_is_named(tmp_path):
    path = _write(tmp_path, _document(BOTH, ("gone.bin",)))
    with pytest.raises(ValueError, match=r"gone\.bin: there is no such file\."):
        files.read(path)


# ---- as TF.js itself writes: its own topology, "./" before a shard, a layer's class in its name ----------------------


def _own(layers, weights, name="sequential_1"):
    """Return a document of TF.js's `model.save`, downloaded by a browser."""
    return {
        "modelTopology": {
            "class_name": "Sequential",
            "config": {"name": name, "layers": layers},
            "keras_version": "tfjs-layers 4.22.0",
            "backend": "tensor_flow.js",
        },
        "format": "layers-model",
        "generatedBy": "TensorFlow.js tfjs-layers v4.22.0",
        "convertedBy": None,
        "weightsManifest": [{"paths": ["./a.bin"], "weights": weights}],
    }


DENSE = {
    "class_name": "Dense",
    "config": {"units": 3, "name": "top/dense_Dense1", "trainable": True, "batch_input_shape": [None, 4]},
}
OWN = [_spec("top/dense_Dense1/kernel", (4, 3)), _spec("top/dense_Dense1/bias", (3,))]
RAW = KERNEL.tobytes() + BIAS.tobytes()


def test_the_optimizer_is_left_out(tmp_path):
    """Its state lies among the weights, where it was asked for."""
    state = [_spec("iter", (), "int32"), _spec("top/dense_Dense1/bias/m", (3,))]
    weights = [OWN[0], *({**spec, "group": "optimizer"} for spec in state), OWN[1]]
    raw = KERNEL.tobytes() + bytes(4 + 12) + BIAS.tobytes()
    model = files.read(_write(tmp_path, _own([DENSE], weights), a=raw))
    assert_same_arrays(model.weights, {"top_dense_Dense1": [KERNEL, BIAS]})


def test_a_model_called_with_a_slash(tmp_path):
    config = files.read(_write(tmp_path, _own([DENSE], OWN, "net/work"), a=RAW)).config["config"]
    assert [config["name"], config["layers"][1]["config"]["name"]] == ["net_work", "top_dense_Dense1"]


@pytest.mark.parametrize("deep", [1, 2])
def test_a_model_that_begins_with_a_model(tmp_path, deep):
    """Its input is the inner one's, which nothing says again."""
    layers = [DENSE]
    for number in range(deep):
        layers = [{"class_name": "Sequential", "config": {"name": f"inner{number}", "layers": layers}}]
    config = files.read(_write(tmp_path, _own(layers, OWN), a=RAW)).config
    for _ in range(deep + 1):
        first, config = config["config"]["layers"]
        assert first["class_name"] == "InputLayer" and first["config"]["batch_shape"] == [None, 4]


def _saved(folder, *layers):
    """Write a model of minicnn's; return its layers as TF.js will find them."""
    model = minicnn.Sequential([minicnn.Input((4, 4, 2)), *layers])
    model.save(folder / "model.json")
    return json.loads((folder / "model.json").read_text())["modelTopology"]["model_config"]["config"]["layers"]


def test_silu_is_called_swish(tmp_path):
    layers = _saved(tmp_path, minicnn.Conv2D(2, 1, activation="silu"), minicnn.Activation("silu"))
    assert [layer["config"].get("activation") for layer in layers] == [None, "swish", "swish"]
    model = minicnn.load_model(tmp_path / "model.json")
    assert [layer.activation for layer in model.layers] == ["silu", "silu"]


def test_every_activation_is_known_there_or_refused():
    """What tfjs-layers 4.22 computes as Keras 3 does, under Keras 3's names: a new one belongs here or there."""
    there = {"relu", "relu6", "elu", "gelu", "sigmoid", "silu", "softmax", "softplus", "tanh"}
    assert activations.ACTIVATIONS.keys() - tfjs_limits.ACTIVATIONS == there


@pytest.mark.parametrize(
    "layer, sentence",
    [
        (minicnn.Normalization(), "TF.js has no layer of class Normalization. Received: layer 'x'."),
        (minicnn.layers.LAYERS["RandomFlip"](), "TF.js has no layer of class RandomFlip. Received: layer 'x'."),
        (minicnn.Resizing(2, 2), "TF.js has no layer of class Resizing. Received: layer 'x'."),
        (
            minicnn.UpSampling2D(2, "bilinear"),
            "TF.js has UpSampling2D with interpolation=nearest only. Received: layer 'x', interpolation=bilinear.",
        ),
        (minicnn.Activation("hard_sigmoid"), "TF.js has no activation hard_sigmoid of Keras 3. Received: layer 'x'."),
        (minicnn.Conv2D(2, 1, groups=2), "TF.js has Conv2D with groups=1 only. Received: layer 'x', groups=2."),
        (
            minicnn.DepthwiseConv2D(2, dilation_rate=2),
            "TF.js has DepthwiseConv2D with dilation_rate=[1, 1] only. Received: layer 'x', dilation_rate=[2, 2].",
        ),
        (
            minicnn.GlobalMaxPooling2D(keepdims=True),
            "TF.js has GlobalMaxPooling2D with keepdims=False only. Received: layer 'x', keepdims=True.",
        ),
        (
            minicnn.Reshape((-1,)),
            "TF.js needs every size of Reshape. Received: layer 'x', target_shape=[-1].",
        ),
    ],
)
def test_what_it_lacks_is_not_written(tmp_path, layer, sentence):
    layer.name = "x"
    with pytest.raises(ValueError) as fault:
        _saved(tmp_path, layer)
    assert str(fault.value) == sentence
    assert not list(tmp_path.iterdir())


def test_several_shards(tmp_path):
    """Written in parts of 4 MiB, as browsers like them."""
    config = {"batch_shape": [None, 2000], "name": "in"}
    layers = [
        serialized("keras.layers", "InputLayer", config),
        serialized("keras.layers", "Dense", {"units": 1100, "use_bias": False, "name": "d"}),
    ]
    kernel = np.random.default_rng(0).random((2000, 1100), np.float32)
    model = files.ModelFile(sequential("s", layers, [None, 2000]), {"d": [kernel]})
    files.write(tmp_path / "net.json", model)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["net-group1-shard1of3.bin", "net-group1-shard2of3.bin", "net-group1-shard3of3.bin", "net.json"]
    np.testing.assert_array_equal(files.read(tmp_path / "net.json").weights["d"][0], kernel)
