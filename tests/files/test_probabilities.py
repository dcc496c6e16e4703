"""Probabilities out of a model's outputs: softmax and sigmoid against Keras's, temperatures, and answers of 0 and 1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.files import FLOOR, logits_of, probabilities_of
from tests.keras_oracle import keras


def drawn(seed, n=6, k=4, steep=3.0):
    return np.random.default_rng(seed).normal(0, steep, (n, k)).astype(np.float32)


@given(st.integers(0, 10**6), st.integers(2, 5), st.sampled_from([None, 0.5, 1.0, 3.0]))
def test_logits_become_kerass_softmax(seed, k, heat):
    z = drawn(seed, k=k)
    p = probabilities_of(z, "logits", temperature=heat)
    np.testing.assert_allclose(p, keras.ops.softmax(z / np.float32(heat or 1)), rtol=1e-5, atol=1e-7)
    assert p.dtype == np.float32


@given(st.integers(0, 10**6), st.sampled_from([None, 0.5, 1.0, 3.0]))
def test_logits_become_kerass_sigmoid(seed, heat):
    z = drawn(seed)
    want = np.asarray(keras.ops.sigmoid(z / np.float32(heat or 1)))
    np.testing.assert_allclose(probabilities_of(z, "logits", "many", heat), want, rtol=1e-5, atol=1e-7)
    two = probabilities_of(z[:, :1], "logits", temperature=heat)
    np.testing.assert_allclose(two, np.hstack([1 - want[:, :1], want[:, :1]]), rtol=1e-5, atol=1e-7)


@given(st.integers(0, 10**6), st.sampled_from([0.5, 2.0, 5.0]), st.sampled_from(["one", "many"]))
def test_a_temperature_on_probabilities_is_one_on_their_logits(seed, heat, task):
    z = drawn(seed)
    bare = probabilities_of(np.float64(z), "logits", task)
    want = probabilities_of(np.float64(z), "logits", task, heat)
    np.testing.assert_allclose(probabilities_of(bare, "probabilities", task, heat), want, rtol=1e-3, atol=1e-5)


def test_without_a_temperature_probabilities_are_the_same_array():
    p = np.array([[0.9, 0.8, 0.1]], np.float32)
    assert probabilities_of(p, "probabilities") is p and probabilities_of(p, "probabilities", "many", 1.0) is p


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_answers_of_0_and_1_have_kerass_epsilon(dtype):
    """A unit alone and the same as two columns agree, in either precision, at both ends."""
    high = np.log(1 / FLOOR - 1)  # of 1 - 1e-7
    np.testing.assert_allclose(logits_of(np.array([[1.0, 0.0]], dtype), True), [[high, -high]], rtol=1e-6)
    for heat in (0.5, 2.0, 20.0):
        p = np.array([[1.0], [1 - 6e-8], [0.0], [1e-30]], dtype)
        alone = probabilities_of(p, "probabilities", temperature=heat)
        both = probabilities_of(np.hstack([1 - p, p]), "probabilities", temperature=heat)
        sure = 1 / (1 + np.exp(-high / heat))
        np.testing.assert_allclose(alone[:, 1], [sure, sure, 1 - sure, 1 - sure], rtol=2e-5, atol=1e-7)
        np.testing.assert_allclose(both, alone, rtol=2e-5, atol=1e-7)


def test_large_logits_do_not_overflow():
    z = np.array([[1e4, -1e4]], np.float32)
    assert probabilities_of(z, "logits").tolist() == [[1, 0]]
    assert probabilities_of(z, "logits", "many").tolist() == [[1, 0]]


def test_the_surest_of_saturated_units_stays_the_answer():
    p = np.array([[np.nextafter(np.float32(1), np.float32(0)), 1.0, 0.5]], np.float32)
    assert probabilities_of(np.float64(p), "probabilities", temperature=2.0).argmax() == 1
