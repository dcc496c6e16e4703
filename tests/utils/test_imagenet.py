"""Pixels and names of nets that were trained on ImageNet: what Keras makes of them."""

import json

import numpy as np
import pytest

from minicnn import Input, Model
from minicnn.utils import decode_predictions, preprocess_input
from tests.keras_oracle import keras

imagenet = keras.applications.imagenet_utils
NAMES = {str(place): [f"n{place:08d}", f"thing_{place}"] for place in range(1000)}


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_pixels_are_keras_s(mode, dtype):
    x = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype(dtype)
    given = x.copy()
    np.testing.assert_allclose(preprocess_input(x, mode=mode), imagenet.preprocess_input(given, mode=mode), atol=2e-5)
    np.testing.assert_allclose(preprocess_input(x), imagenet.preprocess_input(x.copy()), atol=2e-5)


def test_names_are_keras_s(tmp_path, monkeypatch):
    monkeypatch.setattr(keras.src.applications.imagenet_utils, "CLASS_INDEX", NAMES)
    file = tmp_path / "models" / "imagenet_class_index.json"
    file.parent.mkdir()
    file.write_text(json.dumps(NAMES))
    preds = np.random.default_rng(1).uniform(size=(3, 1000)).astype("float32")
    for top in (1, 5, 12):
        want = imagenet.decode_predictions(preds, top=top)
        assert decode_predictions(preds, top, path=file) == want
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert decode_predictions(preds) == imagenet.decode_predictions(preds)


@pytest.mark.parametrize("mode", ["tf", "torch"])
def test_pixels_inside_a_model_are_keras_s(mode):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype("float32")
    x, twin = Input((4, 5, 3)), keras.Input((4, 5, 3))
    net = Model(x, preprocess_input(x, mode=mode))
    want = keras.Model(twin, imagenet.preprocess_input(twin, mode=mode)).predict(pixels, verbose=0)
    np.testing.assert_allclose(net.predict(pixels), want, atol=2e-5)


def another(folder):
    """Write JSON that is no index of classes."""
    (folder / "another.json").write_text(json.dumps([["n0", "thing"]] * 3))
    return folder / "another.json"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda path: preprocess_input([1.0], mode="xception"), "`mode` must be 'caffe', 'tf' or 'torch'. Received: "),
        (lambda path: preprocess_input([1.0], "channels_first"), "`data_format` must be 'channels_last'. Received: d"),
        (lambda path: preprocess_input(np.ones((2, 4, 4, 1))), "`x` must be RGB, (..., 3), for mode='caffe'. Recei"),
        (lambda path: preprocess_input(np.ones((4, 4)), mode="torch"), "for mode='torch'. Received: x.shape=(4, 4)."),
        (lambda path: decode_predictions(np.zeros((1, 10))), "`preds` must have shape (N, 1000). Received: preds.sha"),
        (lambda path: preprocess_input(Input((4, 4, 3))), "mode='caffe' turns the order of colours round, which no la"),
        (lambda path: decode_predictions(np.zeros((1, 1000)), path=another(path)), "`path` must be Keras's imagenet_c"),
        (lambda path: decode_predictions(np.zeros((1, 1000)), path=path / "no.json"), "`path` must be Keras's imagen"),
    ],
)
def test_refusals(call, sentence, tmp_path):
    with pytest.raises(ValueError) as error:
        call(tmp_path)
    assert sentence in str(error.value)
