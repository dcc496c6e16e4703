"""HDF5: whole models and weights alone, of Keras 3 both ways and of Keras 2."""

import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given

from minicnn import files
from tests.files.entries import sequential, serialized
from tests.files.keras_models import FEW, SEEDS, SHAPE, L, assert_same_arrays, batches, expected, keras, model_from

pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning")


@FEW
@given(seed=SEEDS)
def test_whole_models_both_ways(seed, tmp_path_factory):
    folder, model = tmp_path_factory.mktemp("h"), model_from(seed)
    model.save(folder / "theirs.h5")
    held = files.read(folder / "theirs.h5")
    assert_same_arrays(held.weights, expected(model))
    assert held.compile_config is None and held.optimizer is None
    files.write(folder / "ours.h5", held)
    x = batches(1)[0][0]
    np.testing.assert_array_equal(keras.models.load_model(folder / "ours.h5")(x), model(x))
    assert_same_arrays(files.read(folder / "ours.h5").weights, expected(model))
    assert_same_arrays(files.read_weights(folder / "theirs.h5", held.config), expected(model))


@FEW
@given(seed=SEEDS)
def test_weights_alone_both_ways(seed, tmp_path_factory):
    folder, model = tmp_path_factory.mktemp("w"), model_from(seed)
    model.save(folder / "a.keras")
    model.save_weights(folder / "theirs.weights.h5")
    held = files.read(folder / "a.keras")
    assert_same_arrays(files.read_weights(folder / "theirs.weights.h5", held.config), expected(model))
    files.write_weights(folder / "ours.weights.h5", held)
    wanted = expected(model)
    model.set_weights([w * 0 for w in model.get_weights()])
    model.load_weights(folder / "ours.weights.h5")
    assert_same_arrays(expected(model), wanted)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", keras.optimizers.SGD(0.1, momentum=0.5)])
def test_compile_settings_and_state(optimizer, tmp_path):
    model = keras.Sequential([keras.Input(SHAPE), L.Conv2D(2, 3), L.Flatten(), L.Dense(3)])
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.train_on_batch(*batches(1)[0])
    model.save(tmp_path / "a.keras")  # first: saving HDF5 takes the optimizer out of Keras's compile settings
    model.save(tmp_path / "a.h5")
    mine, wanted = files.read(tmp_path / "a.h5"), files.read(tmp_path / "a.keras")
    assert mine.compile_config == wanted.compile_config
    files.write(tmp_path / "b.h5", mine)
    again = files.read(tmp_path / "b.h5")
    for held in (mine, again):
        assert held.compile_config["optimizer"] == wanted.compile_config["optimizer"]
        for given_array, array in zip(held.optimizer, wanted.optimizer, strict=True):
            np.testing.assert_array_equal(given_array, array)
    loaded = keras.models.load_model(tmp_path / "b.h5")
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert loaded.get_compile_config()["loss"]["config"]["from_logits"] is True
    assert files.read(tmp_path / "a.h5", optimizer=False).optimizer is None


def test_names_too_long_for_one_attribute(tmp_path):
    """HDF5 holds 64 KB an attribute; Keras, and we, then write several."""
    rows = [serialized("keras.layers", "InputLayer", {"batch_shape": [None, 1], "name": "in"})]
    rows += [serialized("keras.layers", "ReLU", {"name": f"{'r' * 150}{number}"}) for number in range(500)]
    held = files.ModelFile(sequential("long", rows, [None, 1]))
    files.write(tmp_path / "x.h5", held)
    with h5py.File(tmp_path / "x.h5") as file:
        attributes = file["model_weights"].attrs
        parts = [attributes[f"layer_names{part}"] for part in range(2)]
        assert [name.decode() for part in parts for name in part] == [row["config"]["name"] for row in rows]
    again = files.read(tmp_path / "x.h5").config["config"]["layers"]
    assert [layer["config"] for layer in again] == [row["config"] for row in rows]


ORDER = {  # Keras 2's order of the arrays in make_keras2_files
    "base/block1_conv1": [1, 2],
    "base/block1_conv1_bn": [3, 4, 5, 6],
    "base/block2_sepconv1": [7, 8],
    "head/dw": [9, 10],
    "twice": [11, 12],
    "out": [13, 14],
}


@pytest.fixture(scope="module")
def keras2(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras2")
    with zipfile.ZipFile(Path(__file__).with_name("keras2_files.zip")) as archive:
        archive.extractall(folder)
    return folder


def assert_numbered(weights):
    assert {path: [int(array.flat[0]) for array in arrays] for path, arrays in weights.items()} == ORDER
    for arrays in weights.values():
        for array in arrays:
            np.testing.assert_array_equal(array.ravel() - array.flat[0], np.arange(array.size) / 64)


@pytest.mark.parametrize("name", ["keras2_old_adam.h5", "keras2_adam.h5", "keras2.keras"])
def test_models_of_keras_2(keras2, name):
    held = files.read(keras2 / name)
    assert_numbered(held.weights)
    T = files.TensorRef
    graph = files.parse_functional(held.config["config"])
    calls = {name: [call.inputs for call in calls] for name, calls in graph.calls.items()}
    assert calls == {
        "input_1": [[]],
        "base": [[T("input_1")]],
        "head": [[T("base")]],
        "twice": [[T("base")], [T("head")]],
        "sum": [[T("twice", 0), T("twice", 1)]],
        "pool": [[T("sum")]],
        "out": [[T("pool")]],
    }
    assert graph.outputs == [T("out")]
    assert graph.calls["base"][0].kwargs == {"training": False}
    assert graph.layers["base"]["config"]["layers"][2]["config"]["axis"] == 3  # Keras 2 wrote [3]
    head = graph.layers["head"]["config"]["layers"]
    assert [layer["class_name"] for layer in head] == ["InputLayer", "DepthwiseConv2D", "LeakyReLU"]
    assert head[0]["config"]["batch_shape"] == [None, 4, 4, 2]
    assert "batch_shape" not in head[1]["config"] and "groups" not in head[1]["config"]
    assert head[2]["config"]["negative_slope"] == pytest.approx(0.2)
    compiled = held.compile_config
    assert compiled["optimizer"]["class_name"] == "Adam"
    assert compiled["optimizer"]["config"]["learning_rate"] == 0.25
    assert compiled["loss"]["config"]["reduction"] == "sum_over_batch_size"
    assert compiled["metrics"] == ["accuracy"]
    for settings in (compiled["optimizer"]["config"], compiled["loss"]["config"]):
        assert not {"decay", "jit_compile", "is_legacy_optimizer", "fn"} & set(settings)


@pytest.mark.parametrize("name", ["keras2_old_adam.h5", "keras2_adam.h5", "keras2.keras"])
def test_the_state_of_keras_2s_adam(keras2, name):
    """Old Adam goes slot by slot, all momenta and then all velocities; here it is array by array, as in Keras 3."""
    held = files.read(keras2 / name)
    iteration, rate, *slots = held.optimizer
    assert (iteration, iteration.dtype, rate, rate.dtype) == (9, np.int64, 0.25, np.float32)
    first = [int(array.flat[0]) for array in slots]
    trained = 12  # 14 arrays, two of them moving statistics
    if "old" in name:
        assert first == [number for pair in zip(range(100, 112), range(112, 124), strict=True) for number in pair]
    else:
        assert first == list(range(100, 100 + 2 * trained))
    assert [array.shape for array in slots[::2]] == [array.shape for array in slots[1::2]]


@pytest.mark.parametrize("name", ["keras2.weights.h5", "keras2_layers.h5", "keras2_adam.h5", "keras2.keras"])
def test_weights_of_keras_2(keras2, name):
    assert_numbered(files.read_weights(keras2 / name, files.read(keras2 / "keras2_adam.h5").config))


def test_weights_of_another_model(keras2, tmp_path):
    config = files.read(keras2 / "keras2_adam.h5").config
    config["config"]["layers"] = [layer for layer in config["config"]["layers"] if layer["config"]["name"] != "out"]
    path = keras2 / "keras2_layers.h5"
    with pytest.raises(ValueError) as fault:
        files.read_weights(path, config)
    assert str(fault.value) == f"{path}: it has arrays for layer 'out', which the model doesn't have."
    path = tmp_path / "other.weights.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.zeros(3)
    with pytest.raises(ValueError) as fault:
        files.read_weights(path, config)
    assert str(fault.value) == f"{path}: it holds no weights that Keras saved: neither layers nor layer_names."


def _entry(**training):
    layers = [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 2], "name": "in"}}]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    return {"model_config": json.dumps(config), "training_config": json.dumps(training)}


@pytest.mark.parametrize("decay, kept", [(0.0, {}), (0.1, {"decay": 0.1})])
def test_old_names_of_settings(decay, kept, tmp_path):
    """A decay that does something is kept, so that whoever compiles can refuse it by name."""
    old = {"class_name": "Custom>SGD", "config": {"lr": 0.5, "decay": decay}}
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs.update(_entry(optimizer_config=old))
        file.create_group("model_weights")
    compiled = files.read(tmp_path / "x.h5").compile_config
    assert compiled["optimizer"]["class_name"] == "SGD"
    assert compiled["optimizer"]["config"] == {"learning_rate": 0.5, **kept}


def test_metrics_that_keras_2_wrapped(tmp_path):
    settings = [{"name": "acc", "fn": "categorical_accuracy"}, {"name": "mse", "fn": "mean_squared_error"}]
    wrapped = [[{"class_name": "MeanMetricWrapper", "config": config} for config in settings]]
    adam = {"class_name": "Adam", "config": {"learning_rate": 0.5}}
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs.update(_entry(optimizer_config=adam, metrics=wrapped, loss="mse"))
        file.create_group("model_weights")
    assert files.read(tmp_path / "x.h5").compile_config["metrics"] == ["accuracy", "mean_squared_error"]


def test_weights_by_names_with_a_slash(tmp_path):
    """Keras 2's DenseNet has "conv1/conv" where Keras 3's, and ours, have "conv1_conv"."""
    config = sequential("s", [serialized("keras.layers", "Dense", {"name": "a_b"})], [None, 2])
    arrays = [np.ones((2, 3), np.float32), np.zeros(3, np.float32)]
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["layer_names"] = [b"a/b"]
        group = file.create_group("a/b")
        group.attrs["weight_names"] = [b"a/b/kernel:0", b"a/b/bias:0"]
        for name, array in zip(group.attrs["weight_names"], arrays, strict=True):
            group[name] = array
    assert_same_arrays(files.read_weights(tmp_path / "x.h5", config), {"a_b": arrays})
