"""Exports: each is loaded again and compared; ONNX where its packages are there, a sentence where they are not."""

import dataclasses
import importlib.util
import json
import shutil

import numpy as np
import pytest

from keras_ref import export, pictures, predict
from keras_ref.commands import main
from keras_ref.export import exporters
from keras_ref.model import card
from minicnn.data import load_image
from minicnn.files import read_sidecar


def test_command(command, trained, tmp_path):
    done = command("export", trained / "final.keras", "--to", "savedmodel", "--out", "saved")
    assert "Loaded again, its answers differ by at most" in done.out
    assert (tmp_path / "saved/saved_model.pb").is_file()
    described = card.from_value(read_sidecar(tmp_path / "saved"), "saved")
    assert described.class_names == ("blue", "green", "red")
    assert not [path for path in tmp_path.iterdir() if "partial" in path.name]


def test_tflite(trained, tmp_path):
    path, difference, size = export.export(trained / "final.keras", "tflite", tmp_path / "m.tflite")
    assert path.stat().st_size > 4000 and difference <= exporters.CLOSE * size


@pytest.mark.skipif(importlib.util.find_spec("tf2onnx") is None, reason="the export extra is not installed")
def test_onnx(trained, tmp_path):
    path, difference, size = export.export(trained / "final.keras", "onnx", tmp_path / "m.onnx")
    assert path.stat().st_size > 4000 and difference <= exporters.CLOSE * size


def test_missing_packages_are_named(trained, tmp_path, monkeypatch, refused):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    refused(
        ["export", trained / "final.keras", "--to", "onnx", "--out", tmp_path / "m.onnx"],
        "needs the package tf2onnx",
        "minicnn[export]",
    )


def test_a_difference_is_refused(trained, tmp_path, monkeypatch):
    run = exporters._RUN["savedmodel"]
    monkeypatch.setitem(exporters._RUN, "savedmodel", lambda path, x: run(path, x) + np.float32(1))
    with pytest.raises(ValueError, match="answers differently"):
        export.export(trained / "final.keras", "savedmodel", tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(trained, tmp_path, refused):
    (tmp_path / "m.tflite").touch()
    refused(["export", trained / "final.keras", "--to", "tflite", "--out", tmp_path / "m.tflite"], "already exists")
    assert main(["export", str(tmp_path / "no.keras"), "--to", "tflite"]) == 2


@pytest.fixture
def warm(trained, tmp_path):
    """Give a copy of the model whose card has a temperature and a threshold."""
    path = shutil.copy(trained / "final.keras", tmp_path / "warm.keras")
    _, described, _ = card.load(path)
    card.describe(path, dataclasses.replace(described, temperature=0.5, threshold=0.3))
    return path


@pytest.mark.parametrize("kind", ["savedmodel", "tflite", "onnx"])
def test_pixels_in_and_probabilities_out(warm, clothes, tmp_path, command, kind):
    if kind == "onnx" and importlib.util.find_spec("tf2onnx") is None:
        pytest.skip("the export extra is not installed")
    out = tmp_path / f"pixels{export.KINDS[kind][1]}"
    command("export", warm, "--to", kind, "--pixels", "--out", out)
    picture = clothes / "test/red/1.jpg"
    pixels = load_image(picture, (71, 71))[None]
    assert pixels.dtype == np.uint8
    answers = exporters._RUN[kind](out, pixels)
    (row,) = json.loads(command("predict", warm, picture, "--json").out)
    np.testing.assert_allclose(answers[0], list(row["probabilities"].values()), atol=1e-5)
    beside = read_sidecar(out)
    assert (beside["scale"], beside["offset"], beside["output"]) == (1, 0, "probabilities")
    assert (beside["temperature"], beside["threshold"], beside["resize"]) == (None, 0.3, "nearest")


@pytest.mark.parametrize("output", ["logits", "probabilities"])
@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize("temperature", [None, 2.0])
def test_the_net_of_pixels_answers_what_predict_says(output, units, temperature):
    import keras

    activation = None if output == "logits" else "sigmoid" if units == 1 else "softmax"
    net = keras.Sequential(
        [keras.Input((6, 5, 3)), keras.layers.Flatten(), keras.layers.Dense(units, activation=activation)]
    )
    described = card.Card(("a", "b"), pictures.Recipe(6, 5, scale=1 / 100, offset=-0.7), output, None, temperature)
    x = np.random.default_rng(2).integers(0, 256, (7, 6, 5, 3), np.uint8)
    answers = predict.finite(np.asarray(net(described.recipe.prepare()(x))), range(7), output)
    whole, left = export.with_pixels(net, described)
    np.testing.assert_allclose(
        np.asarray(whole(x)), predict.probabilities(answers, described)[:, -units:], rtol=1e-4, atol=1e-6
    )
    assert left.output == "probabilities" and left.temperature is None and left.recipe.scale == 1


def test_int8_with_its_accuracy_beside(warm, clothes, tmp_path, command):
    told = command("export", warm, "--to", "tflite", "--int8", clothes)
    path = tmp_path / "warm.int8.tflite"
    figures = json.loads((tmp_path / "warm.int8.accuracy.json").read_text())
    ask, right = export.tflite(path), 0
    for k, name in enumerate(("blue", "green", "red")):
        for file in (clothes / "test" / name).iterdir():
            answer = ask(load_image(file, (71, 71))[None])  # uint8 in
            assert answer.dtype == np.float32 and answer.sum() == pytest.approx(1, abs=0.02)
            right += int(answer[0].argmax()) == k
    assert (figures["split"], figures["pictures"], figures["int8"]) == ("test", 9, right)
    result = command("evaluate", warm, clothes, "--out", "figures").out
    assert f"{figures['float32']} of 9 test pictures right" in result
    assert figures["agree"] >= 8 and figures["bytes"] == path.stat().st_size
    assert f"on 9 test pictures {right} are right, in float32 {figures['float32']}" in told.out
    assert read_sidecar(path)["threshold"] == 0.3


class ConverterError(Exception):
    """As TensorFlow's and ONNX Runtime's, which are of no kind but this one."""


def _fail(*_, **more):
    raise ConverterError("<unknown>:0: error: op is neither a custom op\nand more")


def test_a_converter_that_fails_is_one_sentence(trained, clothes, tmp_path, monkeypatch, refused):
    import tensorflow as tf

    model = shutil.copy(trained / "final.keras", tmp_path / "m.keras")
    with monkeypatch.context() as patch:
        patch.setattr(tf.lite.TFLiteConverter, "from_saved_model", _fail)
        patch.setattr(exporters, "_RUN", dict.fromkeys(export.KINDS, _fail))
        told = refused(["export", model, "--to", "tflite", "--int8", clothes], "converter to int8 does not work")
        assert told.endswith("neither a custom op\n")
        refused(["export", model, "--to", "savedmodel"], "savedmodel exporter does not work with the packages")
    with monkeypatch.context() as patch:  # nor is a file left whose accuracy nobody knows
        patch.setattr(exporters, "tflite", lambda model: _fail)
        refused(["export", model, "--to", "tflite", "--int8", clothes], "converter to int8 does not work")
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]


def test_int8_is_refused_elsewhere(trained, clothes, refused):
    refused(["export", trained / "final.keras", "--to", "onnx", "--int8", clothes], "--int8 is of --to tflite")
