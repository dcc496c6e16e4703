"""Dropout: what it draws, that backward uses the same draw, that prediction drops nothing. (Keras draws others.)"""

import numpy as np
import pytest

from minicnn import Dropout, SpatialDropout2D
from tests.tolerances import assert_same


def built(rate, seed=None, rng=None, shape=(None, 200, 300)):
    layer = Dropout(rate, seed=seed)
    layer.build(shape, np.random.default_rng(1) if rng is None else rng)
    return layer


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_drops_the_rate_and_scales_the_rest(rate):
    """Of 240,000 numbers the dropped part lies within 5 standard deviations, and so it does in each row of 300."""
    x = np.random.default_rng(2).uniform(1, 2, (4, 200, 300)).astype("float32")
    y = built(rate).forward(x, training=True)
    dropped = y == 0
    np.testing.assert_allclose(y[~dropped], x[~dropped] / (1 - rate), rtol=1e-6)
    deviation = np.sqrt(rate * (1 - rate))
    assert abs(dropped.mean() - rate) < 5 * deviation / np.sqrt(x.size)
    assert abs(dropped.mean(axis=2) - rate).max() < 5 * deviation / np.sqrt(300)
    assert abs(y.mean() / x.mean() - 1) < 0.02  # what is left stands for the whole


def test_backward_uses_the_mask_of_its_own_forward():
    rng = np.random.default_rng(3)
    layer = built(0.4, shape=(None, 50))
    x, dy = rng.uniform(1, 2, (8, 50)), rng.normal(size=(8, 50)).astype("float32")
    first, second = layer.forward(x, training=True), layer.forward(x, training=True)
    assert (first != second).any()
    for y in (second, first):  # last first
        dx = layer.backward(dy)
        np.testing.assert_allclose(dx, np.where(y == 0, 0, dy / 0.6), rtol=1e-6)


def test_prediction_drops_nothing_and_draws_nothing():
    x = np.random.default_rng(4).normal(size=(2, 200, 300)).astype("float32")
    one, other = built(0.5), built(0.5)
    assert_same(one(x), x)
    assert_same(one.forward(x, training=True), other.forward(x, training=True))


def test_rate_0_is_the_identity():
    x = np.random.default_rng(5).normal(size=(2, 200, 300)).astype("float32")
    layer = built(0)
    assert_same(layer.forward(x, training=True), x)
    assert_same(layer.backward(x), x)


def test_the_seed_alone_decides():
    x = np.ones((1, 200, 300), "float32")
    same = [built(0.5, seed=7, rng=np.random.default_rng(n)).forward(x, training=True) for n in (1, 2)]
    assert_same(*same)
    drawn = [built(0.5, rng=np.random.default_rng(n)).forward(x, training=True) for n in (1, 2)]
    assert (drawn[0] != drawn[1]).any()
    rng = np.random.default_rng(1)
    two_layers = [built(0.5, rng=rng).forward(x, training=True) for _ in range(2)]
    assert (two_layers[0] != two_layers[1]).any()


@pytest.mark.parametrize("rate", [-0.1, 1, 1.0, float("nan"), "half", None, True])
def test_rates_that_make_no_sense(rate):
    with pytest.raises(ValueError) as error:
        Dropout(rate)
    assert str(error.value) == f"`rate` must be a number in [0, 1). Received: rate={rate!r}."


def test_spatial_dropout_drops_whole_channels():
    layer, x = SpatialDropout2D(0.5, seed=1), np.ones((4, 5, 6, 16))
    layer.build((None, *x.shape[1:]), dtype="float64")
    y = layer(x, training=True)
    assert set(np.unique(y)) == {0.0, 2.0}
    assert np.array_equal(y, np.broadcast_to(y[:, :1, :1], y.shape))
    dy = np.random.default_rng(2).standard_normal(x.shape)
    assert np.array_equal(layer.backward(dy), dy * y)
