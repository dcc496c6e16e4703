"""The order of layers: whatever order a file has, a model's is Keras's, so that Keras finds the weights by place."""

import random

import numpy as np
from hypothesis import given

from minicnn import files, load_model
from tests.files.keras_models import FEW, SEEDS, SHAPE, L, batches, keras, model_from


def shuffled(entry, shuffle):
    """Return a serialized model with the layers of every Functional model in another order."""
    config = entry["config"]
    if "layers" not in config:
        return entry
    layers = [shuffled(layer, shuffle) for layer in config["layers"]]
    if entry["class_name"] == "Functional":
        shuffle(layers)
    return {**entry, "config": {**config, "layers": layers}}


def names(entry):
    """Return the names of layers, level by level, in the order of a config (or of a serialized model)."""
    config = entry.get("config", entry)
    if "layers" not in config:
        return config["name"]
    return config["name"], [names(layer) for layer in config["layers"]]


def assert_keras_order(model, folder, seed=0):
    """Check a Keras model on its way through a shuffled file and minicnn: Keras's order at every level, same answers.

    Shuffled first, so that the order can't simply be the file's.
    """
    model.save(folder / "a.keras")
    held = files.read(folder / "a.keras")
    held.config = shuffled(held.config, random.Random(seed).shuffle)
    files.write(folder / "b.keras", held)
    load_model(folder / "b.keras").save(folder / "c.keras")
    again, x = keras.models.load_model(folder / "c.keras"), batches(1)[0][0]
    assert names(files.read(folder / "c.keras").config) == names(again.get_config()) == names(model.get_config())
    for mine, theirs in zip(keras.tree.flatten(again(x)), keras.tree.flatten(model(x)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@FEW
@given(seed=SEEDS)
def test_drawn_models(seed, tmp_path_factory):
    assert_keras_order(model_from(seed), tmp_path_factory.mktemp("g"), seed)


def test_a_layer_used_early_and_late(tmp_path):
    """It stands where its earliest use wants it, and draws what comes before it along, but not what lies beside it."""
    x = keras.Input(SHAPE)
    shared = L.Conv2D(2, 1, name="shared")
    side = L.Conv2D(2, 1, name="side")(L.ReLU(name="before_side")(x))
    early = shared(L.ReLU(name="before")(x))
    late = shared(L.Conv2D(2, 1, name="c")(L.Add(name="a")([early, side])))
    y = L.Add(name="b")([L.Conv2D(2, 1, name="d")(side), late, L.Conv2D(2, 1, name="e")(x)])
    assert_keras_order(keras.Model(x, [y, side, shared(x)]), tmp_path)


def test_nested_models_called_twice(tmp_path):
    """Outputs that are a nested model's earlier call, its later one, and a sum of both."""
    i = keras.Input(SHAPE)
    inner = keras.Model(i, L.Conv2D(2, 1)(i), name="inner")
    x = keras.Input(SHAPE, name="x")
    first = inner(x, training=False)
    second = inner(L.ReLU(name="r")(first))
    assert_keras_order(keras.Model(x, [second, L.Add(name="a")([first, second]), first]), tmp_path)


def test_inputs_that_no_output_needs(tmp_path):
    x, unused = keras.Input(SHAPE, name="used"), keras.Input(SHAPE, name="unused")
    model = keras.Model([unused, x], L.Conv2D(2, 1, name="c")(x))
    model.save(tmp_path / "a.keras")
    ours = load_model(tmp_path / "a.keras").layers
    assert [layer.name for layer in ours] == [layer.name for layer in model.layers] == ["used", "unused", "c"]
