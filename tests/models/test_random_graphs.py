"""Random graphs, through the file, both ways: Keras's answers, three training steps, arrays and freezing changed.

In float64, as in test_against_keras.py: in float32 two right programs drift apart. Keras runs eagerly.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn
from tests.graphs import SIZES, recipes
from tests.keras_oracle import keras
from tests.strategies import seeds

CLOSE = {"rtol": 1e-7, "atol": 1e-9}


@pytest.fixture(autouse=True, scope="module")
def in_float64():
    """Keras makes every layer in float64."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def drawn(net, rng):
    """Give a net weights in which nothing is 0 or 1; variances stay positive."""
    net.set_weights([np.abs(rng.normal(0.6, 0.3, w.shape)) + 0.05 if "variance" in name else rng.normal(0, 0.5, w.shape)
                     for name, w in named(net)])  # fmt: skip


def named(net):
    """List (name, array) of a net of either kind, in the order of get_weights."""
    if isinstance(net, keras.Model):
        return [(weight.name, weight.numpy()) for weight in net.weights]
    result = []
    for layer in net.layers:
        inside = hasattr(layer, "layers")
        result += named(layer) if inside else [*layer.params.items(), *layer.state.items()]
    return result


def through_a_file(net, path):
    """Save a net of one kind and load it as the other."""
    net.save(path)
    return minicnn.load_model(path) if isinstance(net, keras.Model) else keras.saving.load_model(path)


def inputs(recipe, rng, count, size=SIZES[0]):
    xs = [rng.normal(size=(count, *size, channels)) for channels in recipe.inputs]
    return xs if len(xs) > 1 else xs[0]


def assert_same_answers(ours, theirs, recipe, rng):
    """Predict batches of changing size, pictures too where sizes are open; twice each, so that tapes play."""
    for size in SIZES if recipe.open_sizes else SIZES[:1]:
        for count in (3, 1):
            x = inputs(recipe, rng, count, size)
            want = np.asarray(theirs(x, training=False))
            for _ in range(2):
                np.testing.assert_allclose(ours.predict(x), want, **CLOSE)


def assert_same_weights(ours, theirs):
    for got, want in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, **CLOSE)


def by_hand(ours, theirs, rng):
    """Change one layer's arrays, and whether one learns, in both nets alike."""
    name = rng.choice(sorted(layer.name for layer in ours.layers if layer.get_weights()))
    layers = [net.get_layer(name) for net in (ours, theirs)]
    weights = [np.abs(w) + rng.random(w.shape) / 4 for w in layers[0].get_weights()]
    for layer in layers:
        layer.set_weights(weights)
    name = rng.choice(sorted(layer.name for layer in ours.layers if layer.name != "head"))
    flag = not ours.get_layer(name).trainable
    for net in (ours, theirs):
        net.get_layer(name).trainable = flag
        compiled(net)


def compiled(net):
    if isinstance(net, keras.Model):
        net.compile(keras.optimizers.SGD(0.02, momentum=0.5), "mean_squared_error", run_eagerly=True)
    else:
        net.compile(minicnn.SGD(0.02, momentum=0.5), "mean_squared_error")


def check(recipe, way, seed, path):
    rng = np.random.default_rng(seed)
    if way == "from ours":
        ours = recipe.build(minicnn, minicnn.Model).astype("float64")
        drawn(ours, rng)
        theirs = through_a_file(ours, path)
    else:
        theirs = recipe.build(keras.layers, keras.Model)
        drawn(theirs, rng)
        ours = through_a_file(theirs, path)
    assert ours.dtype == "float64"
    assert_same_weights(ours, theirs)
    assert_same_answers(ours, theirs, recipe, rng)
    compiled(ours)
    compiled(theirs)
    for step in range(3):
        x, y = inputs(recipe, rng, 4, SIZES[step % 2 if recipe.open_sizes else 0]), rng.normal(size=(4, 2))
        np.testing.assert_allclose(ours.train_on_batch(x, y), theirs.train_on_batch(x, y), rtol=1e-5)  # told in float32
        assert_same_weights(ours, theirs)
        assert_same_answers(ours, theirs, recipe, rng)
        if step == 1:
            by_hand(ours, theirs, rng)
            assert_same_answers(ours, theirs, recipe, rng)
    back = through_a_file(ours if way == "from ours" else theirs, path)
    assert_same_answers(*((ours, back) if way == "from ours" else (back, theirs)), recipe, rng)


@settings(max_examples=15)
@given(recipes(), st.sampled_from(["from ours", "from Keras"]), seeds)
def test_random_graphs(tmp_path_factory, recipe, way, seed):
    check(recipe, way, seed, tmp_path_factory.mktemp("graph") / "net.keras")


@pytest.mark.slow
@settings(max_examples=200, derandomize=False)
@given(recipes(most_steps=14), st.sampled_from(["from ours", "from Keras"]), seeds)
def test_many_random_graphs(tmp_path_factory, recipe, way, seed):
    check(recipe, way, seed, tmp_path_factory.mktemp("graph") / "net.keras")
