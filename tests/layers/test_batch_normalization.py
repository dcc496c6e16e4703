"""BatchNormalization: output, gradients and moving statistics as Keras's, in training, at inference and frozen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import BatchNormalization, Conv2D, Input, ReLU, Sequential
from tests.keras_oracle import keras, keras_gradients
from tests.strategies import cases, normal
from tests.tolerances import assert_close, assert_same

pictures = cases(min_dims=2).filter(lambda case: case.shape[0])
settings_ = st.fixed_dictionaries(
    {
        "momentum": st.sampled_from([0.99, 0.9, 0.0, 1.0]),
        "epsilon": st.sampled_from([1e-3, 1.001e-5, 0.5]),
        "center": st.booleans(),
        "scale": st.booleans(),
    }
)


def weights_for(case, settings):
    """Return numbers for gamma, beta, moving mean and variance, all different."""
    rng = np.random.default_rng(case.seed + 1)
    c = case.shape[-1:]
    arrays = [rng.uniform(0.5, 1.5, c)] * settings["scale"] + [rng.normal(size=c)] * settings["center"]
    return [array.astype(case.dtype) for array in (*arrays, rng.normal(size=c), rng.uniform(0.5, 1.5, c))]


def check(case, settings, training, trainable=True):
    x, dy = case.arrays()
    weights = weights_for(case, settings)
    layer, twin = BatchNormalization(**settings), keras.layers.BatchNormalization(**settings, dtype=case.dtype)
    layer.trainable = twin.trainable = trainable
    layer.build((None, *x.shape[1:]), dtype=case.dtype)
    layer.set_weights(weights)
    y = layer.forward(x, training=training, keep=True)
    dx = layer.backward(dy)
    want_y, want_dx, want_weights = keras_gradients(twin, x, dy, weights, training=training)
    sizes = sizes_of(case, x, dy, layer, training and trainable)
    assert_close(y, want_y, "batch_normalization_forward", "Keras", sizes["y"])
    assert_close(dx, want_dx, "batch_normalization_dx", "Keras", sizes["dx"])
    for (key, gradient), want in zip(layer.grads.items(), want_weights, strict=True):
        assert_close(gradient, want, f"batch_normalization_d{key}", "Keras", sizes[key])
    for key, want in zip(layer.state, twin.get_weights()[-2:], strict=True):
        size = abs(want) + (abs(x).max() ** 2 if training and trainable else 0)
        name = "batch_normalization_variance" if key.endswith("variance") else "batch_normalization_mean"
        assert_close(layer.state[key], want, name, "Keras", (size, 4))
    return layer, weights


def sizes_of(case, x, dy, layer, own):
    """Size every result: the terms that are added, absolutely; the rounding of the moments reaches everything."""
    axes = tuple(range(x.ndim - 1))
    count = max(1, x.size // x.shape[-1])
    wide = x.astype("float64")
    mean, variance = (wide.mean(axis=axes), wide.var(axis=axes)) if own else layer.state.values()
    inverse = 1 / np.sqrt(variance + layer.epsilon)
    gamma, beta = abs(layer.params.get("gamma", np.ones(1))), abs(layer.params.get("beta", np.zeros(1)))
    spread = 1 + (wide**2).mean(axis=axes) * inverse**2 if own else 1  # how the rounding of the variance is blown up
    xhat = (abs(wide) + abs(mean) + (abs(wide).mean(axis=axes) if own else 0)) * inverse * spread
    dgamma, dbeta = (abs(dy) * xhat).sum(axis=axes), abs(dy).sum(axis=axes, dtype="float64")
    dx = abs(dy) + (dbeta / count + xhat * dgamma / count if own else 0)
    return {
        "y": (xhat * gamma + beta, count),
        "dx": (dx * inverse * gamma * spread, count),
        "gamma": (dgamma, count),
        "beta": (dbeta, count),
    }


# ---- 5 Keras --------------------------------------------------------------------------------------------------------


@given(pictures, settings_)
def test_training_equals_keras(case, settings):
    """Which variance the moving one takes is measured here: divided by the count, whatever the count."""
    check(case, settings, training=True)


@pytest.mark.parametrize("axis", [1, 2, -2, 3])
@pytest.mark.parametrize("training", [True, False])
def test_another_axis(axis, training):
    """As Keras; and as the last axis of pictures that were turned."""
    rng = np.random.default_rng(3)
    x, dy = (normal(rng, (4, 5, 6, 3), "float64") for _ in range(2))
    weights = [rng.uniform(0.5, 1.5, x.shape[axis]) for _ in range(4)]
    layer = BatchNormalization(axis)
    layer.build((None, 5, 6, 3), dtype="float64")
    layer.set_weights(weights)
    y = layer.forward(x, training=training, keep=True)
    dx = layer.backward(dy)
    twin = keras.layers.BatchNormalization(axis, dtype="float64")
    want = keras_gradients(twin, x, dy, weights, training=training)
    wanted = [*want[:2], *want[2], *twin.get_weights()[-2:]]
    for got, right in zip([y, dx, *layer.grads.values(), *layer.state.values()], wanted, strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-6, atol=1e-6)


def test_a_convolution_is_not_joined_with_another_axis():
    net = Sequential([Input((4, 5, 3)), Conv2D(5, 1), BatchNormalization(2), ReLU()], seed=1)
    net.set_weights([weight + 0.5 for weight in net.get_weights()])
    x = normal(np.random.default_rng(2), (3, 4, 5, 3), "float32")
    np.testing.assert_allclose(net.forward(x), net.forward(x, record={}), rtol=1e-5, atol=1e-6)


@given(pictures, settings_)
def test_inference_equals_keras(case, settings):
    layer, weights = check(case, settings, training=False)
    for got, want in zip(layer.get_weights(), weights, strict=True):
        assert_same(got, want)


@given(pictures, settings_)
def test_a_frozen_layer_is_as_at_inference(case, settings):
    """Its statistics stay, and its output does not depend on the batch, in training too: as in Keras."""
    layer, weights = check(case, settings, training=True, trainable=False)
    for got, want in zip(layer.get_weights(), weights, strict=True):
        assert_same(got, want)
    assert layer.grads == {}


@pytest.mark.parametrize("rows", [2, 3])
def test_the_variance_is_divided_by_the_count(rows):
    """With two rows the other estimator would be twice as large."""
    x = np.float32([[0], [2], [4]])[:rows]
    layer, twin = BatchNormalization(momentum=0.0), keras.layers.BatchNormalization(momentum=0.0)
    layer.forward(x, training=True)
    twin(x, training=True)
    assert_same(layer.state["moving_variance"], np.float32([x.var()]))
    assert_same(np.array(twin.moving_variance), np.float32([x.var()]))


# ---- the layer ------------------------------------------------------------------------------------------------------


def test_arrays_and_defaults():
    layer = BatchNormalization()
    layer.build((None, 4, 5, 3))
    assert (layer.momentum, layer.epsilon, layer.axis) == (0.99, 1e-3, -1)
    assert list(layer.params) == ["gamma", "beta"] and list(layer.state) == ["moving_mean", "moving_variance"]
    for array, value in zip(layer.get_weights(), (1, 0, 0, 1), strict=True):
        assert_same(array, np.full(3, value, "float32"))


def test_an_optimizer_may_hold_the_statistics():
    """They change in place, so whoever holds the arrays sees it."""
    layer = BatchNormalization()
    layer.build((None, 3))
    held = dict(layer.state)
    layer.forward(normal(np.random.default_rng(1), (5, 3), "float32"), training=True)
    assert all(layer.state[key] is array for key, array in held.items())
    assert (held["moving_mean"] != 0).all()


# ---- 7 errors -------------------------------------------------------------------------------------------------------


def test_settings_that_make_no_sense():
    for settings, sentence in [
        ({"axis": (1, 2)}, "`axis` must be one integer. Received: axis=(1, 2)."),
        ({"momentum": 1.5}, "`momentum` must be a number from 0 to 1.0. Received: momentum=1.5."),
        ({"epsilon": -1e-3}, "`epsilon` must be a number from 0 to inf. Received: epsilon=-0.001."),
    ]:
        with pytest.raises(ValueError) as error:
            BatchNormalization(**settings)
        assert str(error.value) == sentence
    for axis, shape in ((0, (None, 4, 5, 3)), (4, (None, 4, 5, 3)), (-4, (None, 4, 5, 3)), (1, (None, None, 5, 3))):
        with pytest.raises(ValueError) as error:
            BatchNormalization(axis=axis, name="b").build(shape)
        assert str(error.value) == (
            f"`axis` of layer 'b' must be an axis of known size other than 0, the batch. "
            f"Received: axis={axis}, input_shape={shape}."
        )
    config = BatchNormalization(name="b").get_config() | {"renorm": True}
    with pytest.raises(ValueError, match="Layer 'b': BatchNormalization.renorm=True. is not supported"):
        BatchNormalization.from_config(config)
