"""Exported as a user would: Keras opens .h5 and .keras, minicnn reads all three, and the answers are the same."""

import json

import numpy as np
import pytest

import minicnn
from minicnn.app.cli import main
from minicnn.files import make_card

SIZE = 8


@pytest.fixture
def saved(tmp_path):
    """Return a trained classifier's file, and what it answers to some pictures."""
    layers = [
        minicnn.Input((SIZE, SIZE, 3)), minicnn.Rescaling(1 / 255), minicnn.Conv2D(4, 3, activation="relu"),
        minicnn.BatchNormalization(), minicnn.MaxPooling2D(2), minicnn.Flatten(),
        minicnn.Dense(3, activation="softmax"),
    ]  # fmt: skip
    model = minicnn.Sequential(layers, seed=2)
    model.compile(minicnn.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    x = rng.integers(256, size=(6, SIZE, SIZE, 3)).astype(np.float32)
    model.fit(x, rng.integers(3, size=6), epochs=2, verbose=0)
    model.classifier = make_card(["cat", "dog", "elk"], (SIZE, SIZE), resize="bilinear")
    model.save(tmp_path / "a.keras")
    return tmp_path / "a.keras", x, model.predict(x)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("out", "left"),
    [
        ("b.keras", ["b.keras"]),
        ("b.h5", ["b.classifier.json", "b.h5"]),
        ("model.json", ["group1-shard1of1.bin", "model.classifier.json", "model.json"]),
    ],
)
def test_the_same_model_in_another_format(saved, tmp_path, capsys, out, left):
    path, x, want = saved
    target = tmp_path / "new" / out
    assert main(["export", str(path), str(target)]) == 0
    line = capsys.readouterr().out
    assert line.startswith(str(target)) and all(name in line for name in left)
    assert names(target.parent) == left
    again = minicnn.load_model(target)
    np.testing.assert_array_equal(again.predict(x), want)
    assert again.classifier == minicnn.load_model(path).classifier
    if out == "model.json":
        assert json.loads(target.read_text())["format"] == "layers-model"
    else:
        keras = pytest.importorskip("keras")
        np.testing.assert_allclose(keras.models.load_model(target).predict(x, verbose=0), want, rtol=1e-5, atol=1e-6)
        assert again.optimizer.get_config() == minicnn.load_model(path).optimizer.get_config()


def test_there_and_back(saved, tmp_path):
    path, x, want = saved
    for source, target in ((path, "b.h5"), (tmp_path / "b.h5", "c.json"), (tmp_path / "c.json", "d.keras")):
        assert main(["export", str(source), str(tmp_path / target)]) == 0
    last = minicnn.load_model(tmp_path / "d.keras")
    np.testing.assert_array_equal(last.predict(x), want)
    assert last.classifier == minicnn.load_model(path).classifier
    assert main(["export", str(path), str(tmp_path / "b.json")]) == 0  # its card is there, from b.h5, and the same


@pytest.mark.parametrize("taken", ["model.json", "group1-shard1of1.bin", "model.classifier.json"])
def test_nothing_is_overwritten(saved, tmp_path, capsys, taken):
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / taken).write_text("mine")
    assert main(["export", str(saved[0]), str(folder / "model.json")]) == 2
    said = capsys.readouterr().err
    assert f"`out` must be a new file, so that nothing is overwritten. Received: {folder / taken}" in said
    assert names(folder) == [taken] and (folder / taken).read_text() == "mine"


@pytest.mark.parametrize("out", ["b.onnx", "b", "b.weights.h5"])
def test_other_endings_get_a_sentence(saved, tmp_path, capsys, out):
    assert main(["export", str(saved[0]), str(tmp_path / out)]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"minicnn: `out` must end in .keras, .h5, or .json (for TensorFlow.js). Received: {tmp_path / out}.\n"
    )


def test_what_cannot_be_written_leaves_nothing(saved, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["export", str(saved[0]), str(tmp_path / "file" / "b.h5")]) == 2
    assert "b.h5 can't be written: " in capsys.readouterr().err
    assert main(["export", str(tmp_path / "no.keras"), str(tmp_path / "b.h5")]) == 2
    assert "no.keras: there is no such file" in capsys.readouterr().err
    minicnn.Sequential([minicnn.Input((4, 4, 2)), minicnn.Normalization(mean=0.0, variance=1.0)]).save(
        tmp_path / "n.keras"
    )
    assert main(["export", str(tmp_path / "n.keras"), str(tmp_path / "model.json")]) == 2
    assert "TF.js has no layer of class Normalization" in capsys.readouterr().err
    assert names(tmp_path) == ["a.keras", "file", "n.keras"]
