"""model.to_json() with weights beside it: found by name, said, absent, of another model; against Keras itself."""

import json
import zipfile
from contextlib import nullcontext

import numpy as np
import pytest

import minicnn
from minicnn import files
from tests.keras_oracle import keras

L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning")


def made():
    """A small net with a nested one, its weights drawn."""
    inner = keras.Sequential([keras.Input((6, 6, 3)), L.Conv2D(3, 3), L.BatchNormalization()], name="inner")
    model = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(3, 1), inner, L.Flatten(), L.Dense(4)], name="net")
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.2, 1, array.shape) for array in model.get_weights()])
    return model


X = np.random.default_rng(2).random((2, 6, 6, 1), dtype="float32")


@pytest.mark.parametrize("name", ["fer.weights.h5", "fer.h5", "fer_weights.h5", "whatever.h5"])
def test_weights_beside_the_architecture(name, tmp_path):
    """Case mnist_architecture."""
    theirs = made()
    (tmp_path / "fer.json").write_text(theirs.to_json())
    if name.endswith(".weights.h5"):
        theirs.save_weights(tmp_path / name)
    else:
        theirs.save(tmp_path / name)
    other = name == "whatever.h5"  # the only one there, which is told
    with pytest.warns(UserWarning, match=f"fer.json has its weights from {name}") if other else nullcontext():
        model = minicnn.load_model(tmp_path / "fer.json")
    np.testing.assert_allclose(model.predict(X), theirs(X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("inside", ["", "net/"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_weights_beside_the_architecture_in_a_zip(tmp_path, inside, method):
    """What lies beside the zip on the disk is another model's."""
    theirs = made()
    theirs.save_weights(tmp_path / "w.weights.h5")
    with zipfile.ZipFile(tmp_path / "net.zip", "w", method) as archive:
        archive.writestr(f"{inside}model.json", theirs.to_json())
        archive.write(tmp_path / "w.weights.h5", f"{inside}model.weights.h5")
    (tmp_path / "w.weights.h5").unlink()
    other = keras.models.clone_model(theirs)
    other.save(tmp_path / "model.h5")
    model = minicnn.load_model(tmp_path / "net.zip")
    np.testing.assert_allclose(model.predict(X), theirs(X), rtol=1e-5, atol=1e-5)
    with zipfile.ZipFile(tmp_path / "bare.zip", "w") as archive:
        archive.writestr(f"{inside}model.json", theirs.to_json())
    with pytest.raises(ValueError, match="no model.h5 or model.weights.h5 lies beside it"):
        minicnn.load_model(tmp_path / "bare.zip")


def test_weights_that_are_said_win(tmp_path):
    theirs = made()
    (tmp_path / "fer.json").write_text(theirs.to_json())
    theirs.save_weights(tmp_path / "fer.weights.h5")
    theirs.set_weights([2 * array for array in theirs.get_weights()])
    theirs.save(tmp_path / "other.keras")
    model = minicnn.load_model(tmp_path / "fer.json", tmp_path / "other.keras")
    np.testing.assert_allclose(model.predict(X), theirs(X), rtol=1e-5, atol=1e-4)


def test_an_unpacked_keras_file(tmp_path):
    theirs = made()
    theirs.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        archive.extractall(tmp_path)
    model = minicnn.load_model(tmp_path / "config.json")
    np.testing.assert_allclose(model.predict(X), theirs(X), rtol=1e-5, atol=1e-5)


def test_what_is_missing_or_does_not_belong(tmp_path):
    theirs, path = made(), tmp_path / "fer.json"
    path.write_text(theirs.to_json())
    with pytest.raises(ValueError) as error:
        minicnn.load_model(path)
    assert str(error.value) == (
        f"{path}: this holds a model's layers without its weights (model.to_json()), and no fer.h5 or fer.weights.h5 "
        f"lies beside it. Name their file: load_model('fer.json', weights=...)."
    )
    other = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(3, 2), L.Flatten(), L.Dense(4)])
    other.save(tmp_path / "fer.h5")
    with pytest.raises(ValueError, match="fer"):
        minicnn.load_model(path)
    (tmp_path / "fer.h5").write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match="fer.h5: this is no file of weights: neither HDF5"):
        minicnn.load_model(path)
    theirs.save(tmp_path / "whole.keras")
    with pytest.raises(ValueError, match=r"whole.keras: `weights` go with the JSON of model.to_json\(\) alone"):
        minicnn.load_model(tmp_path / "whole.keras", path)


@pytest.mark.parametrize("functional", [False, True])
def test_weights_of_layers_that_went_on_counting(functional, tmp_path):
    """A second model of one program has other names than the one whose JSON was written: Keras goes by the order."""

    def counted(first):
        layers = [L.Conv2D(2, 3, name=f"conv2d_{first}"), L.MaxPooling2D(name=f"pool_{first}"), L.Flatten(),
                  L.Dense(5, name=f"dense_{first}"), L.Dense(4, name=f"dense_{first + 1}")]  # fmt: skip
        model = keras.Sequential([keras.Input((6, 6, 1)), *layers])
        return keras.Model(model.inputs, model.outputs) if functional else model

    theirs = counted(2)
    theirs.save(tmp_path / "fer.h5")
    (tmp_path / "fer.json").write_text(counted(1).to_json())
    model = minicnn.load_model(tmp_path / "fer.json")
    np.testing.assert_allclose(model.predict(X), theirs(X), rtol=1e-5, atol=1e-5)
    fewer = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(2, 3, name="conv2d_7"), L.Flatten(), L.Dense(4)])
    fewer.save(tmp_path / "fer.h5")
    with pytest.raises(ValueError, match="it has arrays for layer 'conv2d_7', which the model doesn't have"):
        minicnn.load_model(tmp_path / "fer.json")


@pytest.mark.parametrize("document", [{"class_name": "Sequential", "config": 3}, {"class_name": "X", "config": {}}])
def test_a_damaged_architecture(document, tmp_path):
    (tmp_path / "fer.json").write_text(json.dumps(document))
    (tmp_path / "fer.h5").write_bytes(b"x")
    with pytest.raises(ValueError, match="fer.json: ") as error:
        files.read(tmp_path / "fer.json")
    assert "\n" not in str(error.value)
