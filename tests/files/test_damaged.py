"""Damaged architectures and damaged files of Keras 1: a model, or one sentence that names a file of the folder."""

import json
import random

import numpy as np
import pytest

import minicnn
from benchmarks import fuzz
from minicnn.models import card_of
from minicnn.models.configs import entry
from tests import teachable
from tests.files.test_keras1 import convolution, drawn, named, old, write

COUNT = 500


def architecture(folder):
    """Write a net's layers, and its weights beside it."""
    x = minicnn.Input((6, 6, 2))
    y = minicnn.Conv2DTranspose(2, 3, 2, "same")(minicnn.PReLU((1, 2))(x))
    y = minicnn.Subtract()([minicnn.UpSampling2D(2)(x), minicnn.Resizing(12, 12)(y)])
    y = minicnn.Flatten()(minicnn.Permute((3, 1, 2))(minicnn.GroupNormalization(2)(minicnn.LayerNormalization()(y))))
    model = minicnn.Model(x, minicnn.Dense(2)(y), name="net")
    model.save_weights(folder / "net.weights.h5")
    (folder / "net.json").write_text(json.dumps(entry(model)))
    return folder / "net.json"


def of_keras_1(folder):
    """Write a classifier as Keras 1 did."""
    config = [
        convolution("c", 2, 3, 2, batch_input_shape=[None, 6, 6, 2]),
        old("BatchNormalization", "b", mode=0, axis=-1),
        old("ZeroPadding2D", "z", padding=[1, 1], dim_ordering="tf"),
        old("Dropout", "d", p=0.5),
        old("Flatten", "f"),
        old("Dense", "o", output_dim=2, activation="softmax", bias=True),
    ]
    own = {"c": named("c", drawn(3, 3, 2, 2), drawn(2)), "o": named("o", drawn(32, 2), drawn(2))}
    own["b"] = named("b", *[drawn(2)] * 4, ends=("gamma", "beta", "running_mean", "running_std"))
    write(folder / "old.h5", "Sequential", config, {layer["config"]["name"]: [] for layer in config} | own)
    return folder / "old.h5"


def teachable_machine(folder):
    """Write Teachable Machine's zip for browsers: layers, weights, names."""
    inside = teachable.browser_export(folder / "inside")
    path = teachable.zipped(inside, folder / "tm-my-image-model.zip")
    for file in inside.iterdir():
        file.unlink()
    inside.rmdir()
    return path


@pytest.mark.parametrize("make", [architecture, of_keras_1, teachable_machine])
@pytest.mark.filterwarnings("ignore:Layer '.*' is a softmax over one number:UserWarning")
def test_one_sentence(make, tmp_path):
    path = make(tmp_path)
    sound = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    model = minicnn.load_model(path)
    assert model.predict(np.zeros((1, *model.input_shape[1:]))).shape == (1, 2)
    for number in range(COUNT):
        for name, raw in fuzz.damaged(path.name, sound, random.Random(f"{path.name} {number}")).items():
            (tmp_path / name).write_bytes(raw)
        model = None
        try:
            model = minicnn.load_model(path)
        except ValueError as error:
            sentence = str(error)
            assert sentence.startswith(str(tmp_path)) and "\n" not in sentence and len(sentence) < 1000, sentence
        if model is not None and path.suffix == ".zip":  # metadata.json's names and size
            try:
                card_of(model, path)
            except ValueError as error:
                assert "\n" not in str(error) and len(str(error)) < 1000
