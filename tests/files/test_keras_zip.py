"""`.keras`, both ways: what Keras writes is read array by array, what is written here Keras opens and trains on."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given

from minicnn import files
from minicnn.files import classifier
from tests.files.entries import compiled, sequential, serialized
from tests.files.keras_models import FEW, SEEDS, SHAPE, L, assert_same_arrays, batches, expected, keras, model_from


@FEW
@given(seed=SEEDS)
def test_every_array_of_keras_is_found_by_name(seed, tmp_path_factory):
    model = model_from(seed)
    path = tmp_path_factory.mktemp("k") / "x.keras"
    model.save(path)
    found = files.read(path)
    assert_same_arrays(found.weights, expected(model))
    assert found.config["class_name"] == type(model).__name__
    assert found.keras_version == keras.__version__
    assert found.compile_config is None and found.optimizer is None and found.classifier is None
    assert_same_arrays(files.read_weights(path, found.config), expected(model))


@FEW
@given(seed=SEEDS)
def test_keras_opens_what_is_written(seed, tmp_path_factory):
    model = model_from(seed)
    folder = tmp_path_factory.mktemp("k")
    model.save(folder / "theirs.keras")
    files.write(folder / "ours.keras", files.read(folder / "theirs.keras"))
    again = keras.models.load_model(folder / "ours.keras")
    assert_same_arrays(expected(again), expected(model))
    x = batches(1)[0][0]
    np.testing.assert_array_equal(again(x), model(x))


def test_a_file_from_keras_2_on_windows(tmp_path):
    """A layer's group is one name with backslashes there: "layers\\dense"."""
    keras.utils.set_random_seed(3)
    inner = keras.Sequential([keras.Input(SHAPE), L.Conv2D(2, 3), L.ReLU()], name="inner")
    model = keras.Sequential([keras.Input(SHAPE), inner, L.Flatten(), L.Dense(3)])
    model.save(tmp_path / "x.keras")
    with zipfile.ZipFile(tmp_path / "x.keras") as old, zipfile.ZipFile(tmp_path / "y.keras", "w") as new:
        arrays = io.BytesIO()
        with h5py.File(io.BytesIO(old.read("model.weights.h5"))) as given, h5py.File(arrays, "w") as made:
            places = []
            given.visit(places.append)
            for place in (place for place in places if isinstance(given[place], h5py.Dataset)):
                layer, rest = place.split("/vars/")
                made[layer.replace("/", "\\") + "/vars/" + rest] = given[place][()]
        for name in ("metadata.json", "config.json"):
            new.writestr(name, old.read(name))
        new.writestr("model.weights.h5", arrays.getvalue())
    assert_same_arrays(files.read(tmp_path / "y.keras").weights, expected(model))


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.01),
    "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.01),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_in_keras(name, tmp_path):
    """Compile settings and the optimizer's state survive: the next losses are the same, bit for bit."""
    keras.utils.set_random_seed(1)
    inner = keras.Sequential([keras.Input(SHAPE), L.Conv2D(2, 3, padding="same"), L.ReLU()], name="inner")
    model = keras.Sequential([keras.Input(SHAPE), inner, L.Flatten(), L.Dense(3)])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(OPTIMIZERS[name](), loss, metrics=["accuracy"])
    (first, *rest) = batches(4)
    model.train_on_batch(*first)
    model.save(tmp_path / "theirs.keras")
    held = files.read(tmp_path / "theirs.keras")
    names = [variable.path.split("/")[-1] for variable in model.optimizer.variables]
    assert names[:2] == ["iteration", "learning_rate"]
    for mine, theirs in zip(held.optimizer, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine, theirs.numpy())
    files.write(tmp_path / "ours.keras", held)
    again = keras.models.load_model(tmp_path / "ours.keras")
    assert again.optimizer.get_config() == model.optimizer.get_config()
    for batch in rest:
        assert again.train_on_batch(*batch) == model.train_on_batch(*batch)


def test_compile_settings_made_by_hand_open_in_keras(tmp_path):
    entries = [
        serialized("keras.layers", "InputLayer", {"batch_shape": [None, 4], "name": "in"}),
        serialized(
            "keras.layers", "Dense", {"units": 2, "name": "d"}, build_config={"input_shape": [None, 4]}
        ),
    ]  # fmt: skip
    loss = serialized("keras.losses", "CategoricalCrossentropy", {"from_logits": True})
    settings = compiled("SGD", {"learning_rate": 0.5, "momentum": 0.25, "nesterov": True}, loss, ["accuracy"])
    kernel, bias = np.arange(8, dtype=np.float32).reshape(4, 2), np.array([1, 2], np.float32)
    state = [np.int64(7), np.float32(0.5), kernel + 1, bias + 1]
    held = files.ModelFile(sequential("s", entries, [None, 4]), {"d": [kernel, bias]}, settings, state)
    files.write(tmp_path / "x.keras", held)
    model = keras.models.load_model(tmp_path / "x.keras")
    assert model.name == "s" and model.get_compile_config()["loss"]["config"]["from_logits"] is True
    assert (model.optimizer.momentum, model.optimizer.nesterov) == (0.25, True)
    for theirs, mine in zip(model.optimizer.variables, state, strict=True):
        np.testing.assert_array_equal(theirs.numpy(), mine)
    np.testing.assert_array_equal(model(np.eye(4, dtype=np.float32)), kernel + bias)
    again = files.read(tmp_path / "x.keras")
    assert again.compile_config == settings
    assert_same_arrays(again.weights, held.weights)


def test_keras_opens_a_file_with_a_classifier(tmp_path):
    model = keras.Sequential([keras.Input((4,)), L.Dense(2)])
    model.save(tmp_path / "a.keras")
    held = files.read(tmp_path / "a.keras")
    held.classifier = {"version": 1, "class_names": ["Hose", "Mütze"], "size": [8, 9], "resize": "nearest",
                       "scale": 0.5, "offset": -1.0, "output": "logits"}  # fmt: skip
    files.write(tmp_path / "b.keras", held)
    keras.models.load_model(tmp_path / "b.keras")
    assert files.read(tmp_path / "b.keras").classifier == classifier.check(held.classifier)


def test_a_zip_that_was_packed_again_is_read(tmp_path):
    model = keras.Sequential([keras.Input((4,)), L.Dense(2)])
    model.save(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as old, zipfile.ZipFile(tmp_path / "b.keras", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name), zipfile.ZIP_DEFLATED)
    assert_same_arrays(files.read(tmp_path / "b.keras").weights, expected(model))


def test_an_array_without_a_layer_is_refused(tmp_path):
    entries = [serialized("keras.layers", "InputLayer", {"batch_shape": [None, 4], "name": "in"})]
    held = files.ModelFile(sequential("s", entries, [None, 4]), {"d": [np.zeros(2)]})
    for name in ("x.keras", "x.h5", "x.json"):
        with pytest.raises(ValueError, match=r"Every array must belong to a layer of the config. Received: \['d'\]."):
            files.write(tmp_path / name, held)
    assert list(tmp_path.iterdir()) == []


def test_what_keras_wrote_is_kept_but_for_plain_dtypes(tmp_path):
    """Initializers, regularizers and constraints stay in the config."""
    model = keras.Sequential([keras.Input((4,)), L.Dense(2, kernel_regularizer="l2", bias_constraint="non_neg")])
    model.save(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        theirs = json.loads(archive.read("config.json"))["config"]["layers"][1]["config"]
    mine = files.read(tmp_path / "a.keras").config["config"]["layers"][1]["config"]
    assert mine["dtype"] == "float32"
    for key in ("kernel_regularizer", "bias_constraint", "kernel_initializer", "units"):
        assert mine[key] == theirs[key]
