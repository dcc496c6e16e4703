"""GaussianNoise: what it draws, in training alone; the gradient passes as it is. (Keras draws other numbers.)"""

import numpy as np
import pytest

from minicnn import GaussianNoise
from tests.tolerances import assert_same


def built(stddev, seed=None):
    layer = GaussianNoise(stddev, seed)
    layer.build((None, 200, 300), np.random.default_rng(1))
    return layer


@pytest.mark.parametrize("stddev", [0.01, 0.3, 1])
def test_it_adds_normal_numbers_of_that_deviation(stddev):
    """Mean, deviation and the share within one deviation, each within five standard errors, of 240,000 numbers."""
    x = np.random.default_rng(2).normal(size=(4, 200, 300)).astype("float32")
    noise = (built(stddev).forward(x, training=True).astype("float64") - x) / stddev
    count = x.size
    assert abs(noise.mean()) < 5 / np.sqrt(count) and abs(noise.std() - 1) < 5 / np.sqrt(2 * count)
    assert abs((abs(noise) < 1).mean() - 0.682689) < 5 * 0.4655 / np.sqrt(count)


def test_prediction_adds_nothing_and_draws_nothing():
    x = np.random.default_rng(4).normal(size=(2, 200, 300)).astype("float32")
    one, other = built(0.5), built(0.5)
    assert_same(one(x), x)
    assert_same(one.forward(x, training=True), other.forward(x, training=True))
    assert (one.forward(x, training=True) != other.forward(x, training=True)).sum() == 0
    assert (one.forward(x, training=True) != one.forward(x, training=True)).mean() > 0.99


def test_the_gradient_passes():
    layer, dy = built(0.5, seed=3), np.random.default_rng(5).normal(size=(2, 200, 300)).astype("float32")
    layer.forward(dy, training=True)
    assert_same(layer.backward(dy), dy)
    assert_same(built(0).forward(dy, training=True), dy)


@pytest.mark.parametrize("stddev", [-0.1, 1.5, float("nan"), "1", None])
def test_what_makes_no_sense(stddev):
    with pytest.raises(ValueError) as error:
        GaussianNoise(stddev)
    assert str(error.value) == f"`stddev` must be a number in [0, 1]. Received: stddev={stddev!r}."


@pytest.mark.parametrize("seed", ["a", -1, 0.5, True])
def test_a_seed_that_is_none(seed):
    with pytest.raises(ValueError) as error:
        GaussianNoise(0.1, seed=seed)
    assert str(error.value) == f"`seed` must be an integer of at least 0, or None. Received: seed={seed!r}."
