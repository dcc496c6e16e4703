"""Initializers: their spread is Keras's, they are repeatable, and a file's settings go both ways."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Conv2D, Dense, SeparableConv2D, initializers
from minicnn.initializers import INITIALIZERS, Blank
from tests.keras_oracle import keras

CASES = [
    ("Zeros", {}),
    ("Ones", {}),
    ("Constant", {"value": -0.5}),
    ("RandomNormal", {"mean": 1.0, "stddev": 0.25}),
    ("TruncatedNormal", {"mean": -1.0, "stddev": 0.5}),
    ("RandomUniform", {"minval": -0.25, "maxval": 1.0}),
    *[
        ("VarianceScaling", {"scale": 2.0, "mode": mode, "distribution": kind})
        for mode in ("fan_in", "fan_out", "fan_avg")
        for kind in ("truncated_normal", "untruncated_normal", "uniform")
    ],
    *[(f"{who}{kind}", {}) for who in ("Glorot", "He", "Lecun") for kind in ("Uniform", "Normal")],
]
SHAPES = st.sampled_from([(300, 200), (5, 5, 40, 50), (30_000,), (3, 3, 2000, 2)])


def test_every_one_is_looked_at():
    assert {name for name, _ in CASES} == set(INITIALIZERS)


@given(st.sampled_from(CASES), SHAPES, st.integers(0, 99))
def test_the_spread_is_keras_s(case, shape, seed):
    name, own = case
    more = {} if name in ("Zeros", "Ones", "Constant") else {"seed": seed}
    ours = getattr(initializers, name)(**own, **more)(shape)
    theirs = np.asarray(getattr(keras.initializers, name)(**own, **more)(shape))
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype == np.float32
    for measure in (np.mean, np.std):
        np.testing.assert_allclose(measure(ours), measure(theirs), rtol=0.02, atol=0.05 * theirs.std() + 1e-7)
    spread = max(float(theirs.std()), 1e-7)
    for end in (np.min, np.max):
        normal = "Normal" in name and "Truncated" not in name or own.get("distribution") == "untruncated_normal"
        np.testing.assert_allclose(end(ours), end(theirs), atol=(1.5 if normal else 0.1) * spread)


@pytest.mark.parametrize(("name", "own"), CASES)
def test_seeds_and_generators(name, own):
    kind = getattr(initializers, name)
    if name not in ("Zeros", "Ones", "Constant"):
        one, other = kind(**own, seed=3), kind(**own, seed=4)
        np.testing.assert_array_equal(one((4, 5)), one((4, 5)))
        assert not np.array_equal(one((4, 5)), other((4, 5)))
        made = [kind(**own)((4, 5), rng=np.random.default_rng(seed)) for seed in (1, 1, 2)]
        np.testing.assert_array_equal(made[0], made[1])
        assert not np.array_equal(made[0], made[2])
    np.testing.assert_array_equal(kind(**own)((4, 5), rng=Blank()), np.zeros((4, 5)))
    assert kind(**own)((4, 5), "float64").dtype == np.float64
    theirs = getattr(keras.initializers, name).from_config(kind(**own).get_config())
    again = kind.from_config(theirs.get_config())
    assert json.dumps(again.get_config()) == json.dumps(kind(**own).get_config())


def test_both_dtypes_start_alike():
    one, other = (initializers.HeNormal(seed=1)((9, 9), dtype) for dtype in ("float32", "float64"))
    np.testing.assert_array_equal(one, other.astype("float32"))


@pytest.mark.parametrize("name", ["he_normal", "HeNormal", initializers.HeNormal, initializers.HeNormal()])
def test_a_layer_is_told(name):
    layer = Dense(200, kernel_initializer=name, bias_initializer="ones")
    layer.build((None, 300), np.random.default_rng(0))
    np.testing.assert_allclose(layer.kernel.std(), np.sqrt(2 / 300), rtol=0.02)
    assert (layer.bias == 1).all()


def test_the_default_draws_what_it_always_drew():
    told, plain = Conv2D(8, 3, kernel_initializer="glorot_uniform"), Conv2D(8, 3)
    for layer in (told, plain):
        layer.build((None, 5, 5, 4), np.random.default_rng(0))
    np.testing.assert_allclose(told.kernel, plain.kernel, rtol=1e-6)
    limit = np.sqrt(6 / (9 * 4 + 9 * 8))
    np.testing.assert_array_equal(
        plain.kernel, np.random.default_rng(0).uniform(-limit, limit, (3, 3, 4, 8)).astype("f4")
    )


def test_arrays_of_a_separable_convolution():
    layer = SeparableConv2D(4, 3, depthwise_initializer="ones", pointwise_initializer="zeros", bias_initializer="ones")
    layer.build((None, 5, 5, 2))
    assert [float(array.mean()) for array in layer.get_weights()] == [1, 0, 1]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Dense(1, kernel_initializer="henormal2"), "`kernel_initializer` must be one of 'Zeros', 'Ones'"),
        (lambda: Dense(1, kernel_initializer=None), "or an Initializer. Received: kernel_initializer=None."),
        (lambda: Dense(1, kernel_initializer=lambda shape: 1), "or an Initializer. Received: kernel_initializer=<fun"),
        (lambda: initializers.RandomNormal(stddev=-1), "`stddev` must be a number, at least 0. Received: stddev=-1."),
        (lambda: initializers.RandomUniform(1.0, 0.0), "`maxval` must be a number, at least 1. Received: maxval=0.0."),
        (lambda: initializers.VarianceScaling(mode="fan"), "`mode` must be one of 'fan_in', 'fan_out', 'fan_avg'. Rec"),
        (lambda: initializers.VarianceScaling(0), "`scale` must be a number, positive. Received: scale=0."),
        (
            lambda: initializers.HeNormal(seed="a"),
            "`seed` must be an integer of at least 0, or None. Received: seed='a",
        ),
    ],
)
def test_refusals(make, sentence):
    with pytest.raises(ValueError, match=".") as error:
        make()
    assert sentence in str(error.value)
