"""Normalization: output and gradient as Keras's, errors."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Normalization
from tests.keras_oracle import keras
from tests.strategies import cases, normal
from tests.tolerances import assert_close

pictures = cases(min_dims=4).filter(lambda case: case.shape[0])


@given(pictures, st.sampled_from([-1, 3, (1, 3), 2, None]))
def test_equals_keras(case, axis):
    """Mean and variance as arrays of the layer, which Keras copies where it is asked to."""
    x, dy = case.arrays()
    rng = np.random.default_rng(case.seed)
    layer, twin = Normalization(axis), keras.layers.Normalization(axis, dtype=case.dtype)
    layer.build((None, *x.shape[1:]), dtype=case.dtype)
    twin.build(x.shape)
    sizes = layer.state["mean"].shape
    weights = [rng.normal(size=sizes), rng.uniform(0.5, 2, sizes), np.array(3)]
    layer.set_weights(weights)
    twin.set_weights(weights)
    twin.finalize_state()
    y = layer.forward(x, training=True)
    mean, variance = layer._constants(x)
    size = (abs(x) + abs(mean)) / np.sqrt(variance)
    assert_close(y, np.asarray(twin(np.ascontiguousarray(x))), "normalization_forward", "Keras", (size, 4))
    assert_close(layer.backward(dy), (dy / np.sqrt(variance)).astype(case.dtype), "normalization_backward", "Keras",
                 (abs(dy) / np.sqrt(variance), 4))  # fmt: skip


@pytest.mark.parametrize(("mean", "variance"), [(0.5, 4.0), ([1.0, 2.0, 3.0], [4.0, 0.25, 1.0])])
def test_with_constants_equals_keras(mean, variance):
    x = normal(np.random.default_rng(1), (2, 4, 5, 3), "float32")
    settings = {"axis": -1, "mean": mean, "variance": variance}
    np.testing.assert_allclose(Normalization(**settings)(x), keras.layers.Normalization(**settings)(x), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "input_shape", "sentence"),
    [
        (
            lambda: Normalization(mean=1.0),
            None,
            "`mean` and `variance` must be numbers, given together and in one shape, or neither. "
            "Received: mean=1.0, variance=None.",
        ),
        (
            lambda: Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0], name="n"),
            (None, 4, 3),
            "`mean` of layer 'n' must fit the axes' sizes (3,). Received: mean=[1.0, 2.0].",
        ),
    ],
)
def test_what_makes_no_sense(make, input_shape, sentence):
    with pytest.raises(ValueError) as error:
        make().build(input_shape)
    assert str(error.value) == sentence


BATCHES = [normal(np.random.default_rng(size), (size, 4, 5, 3), "float32") * 3 + 1 for size in (5, 2, 7)]


@pytest.mark.parametrize("axis", [-1, (1, 3), 2, None])
@pytest.mark.parametrize(
    "data", [BATCHES[0], BATCHES, [(x, None) for x in BATCHES]], ids=["an array", "batches", "batches with labels"]
)
def test_adapt_equals_keras(axis, data):
    layer, twin = Normalization(axis), keras.layers.Normalization(axis)
    layer.adapt(data)
    twin.adapt(data)
    for got, want in zip(layer.get_weights()[:2], twin.get_weights()[:2], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer(BATCHES[1]), twin(BATCHES[1]), rtol=1e-4, atol=1e-5)
    layer.adapt(BATCHES[2])  # afresh
    twin.adapt(BATCHES[2])
    np.testing.assert_allclose(layer.state["mean"], twin.get_weights()[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "data", "sentence"),
    [
        (Normalization(mean=1.0, variance=1.0, name="n"), BATCHES, "`mean` and `variance` of layer 'n' were given; a"),
        (
            Normalization(),
            [[[1.0, 2.0]], [[3.0, 4.0]]],
            "`data` must be an array (N, ...), or yield arrays or (x, y). ",
        ),
        (Normalization(), [], "`data` must hold an example. Received: none."),
        (Normalization(name="n"), [BATCHES[0], BATCHES[0][..., :2]], "Input of layer 'n' must fit its arrays, which "),
    ],
)
def test_what_cannot_be_adapted(layer, data, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        layer.adapt(data)
    assert sentence in str(error.value)


@pytest.mark.parametrize("axis", [-1, (1, 3), None])
def test_adapt_in_slices(axis):
    """More than is taken at once, far from 0: numpy's mean and variance of all, and no copy of it in float64."""
    data = (np.random.default_rng(0).integers(0, 40, (3000, 8, 8, 16)) + 200).astype("uint8")
    layer = Normalization(axis)
    tracemalloc.start()
    layer.adapt(data)
    assert tracemalloc.get_traced_memory()[1] < 4 * data.size
    tracemalloc.stop()
    others = tuple({0, 1, 2, 3} - {item % 4 for item in layer.axis})
    np.testing.assert_allclose(layer.state["mean"], data.mean(others), rtol=1e-6)
    np.testing.assert_allclose(layer.state["variance"], data.var(others), rtol=1e-5)


@pytest.mark.parametrize("given", [{}, {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 5.0, 6.0]}, {"axis": (1, 3)}])
def test_mean_and_variance_are_keras_s(given):
    """As `normalizer.mean` is printed in a notebook: in a shape that broadcasts."""
    layer, twin = Normalization(**given), keras.layers.Normalization(**given)
    x = np.random.default_rng(2).normal(size=(5, 4, 4, 3)).astype("float32")
    for each in (layer, twin):
        if "mean" not in given:
            assert each.mean is None
            each.adapt(x)
        each(x)
    for name in ("mean", "variance"):
        got, want = getattr(layer, name), np.asarray(getattr(twin, name))
        np.testing.assert_allclose(np.broadcast_to(got, want.shape), want, rtol=1e-5, atol=1e-6)
        assert got.shape == want.shape
