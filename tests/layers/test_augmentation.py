"""Augmentation: given Keras's draws, Keras's pictures; drawn from Keras's ranges; nothing at inference."""

import inspect
import json

import numpy as np
import pytest

import minicnn
from minicnn import Conv2D, Dense, Flatten, Sequential
from minicnn.layers import AUGMENTATIONS, LAYERS
from tests.keras_oracle import keras
from tests.layers.examples import AUGMENTED
from tests.tolerances import assert_same

PICTURES = np.random.default_rng(1).uniform(0, 255, (6, 9, 8, 3)).astype("float32")


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_passes_pictures_on_at_inference_as_keras_does(name):
    twin = getattr(keras.layers, name)(**AUGMENTED.get(name, {}))
    assert_same(np.asarray(twin(PICTURES, training=False)), PICTURES)
    config = json.loads(json.dumps(twin.get_config()))
    layer = LAYERS[name].from_config(config)
    assert_same(layer(PICTURES), PICTURES)
    own = json.loads(json.dumps(layer.get_config()))
    assert {key: config[key] for key in own if key != "dtype"} == {k: v for k, v in own.items() if k != "dtype"}


def drawn_by_keras(transformation):
    """Return what Keras drew as `transform` takes it."""
    found = {key: np.asarray(value) for key, value in transformation.items()}
    if "flips" in found:
        return [found["flips"].ravel()]
    if "angle" in found:
        return [found["angle"] / 360]
    if "height_zoom" in found:
        return [found["height_zoom"].ravel() - 1, found["width_zoom"].ravel() - 1]
    if "translations" in found:
        return [found["translations"][:, 1] / PICTURES.shape[1], found["translations"][:, 0] / PICTURES.shape[2]]
    return [(found["contrast_factor"] - 1 if "contrast_factor" in found else found["rgb_delta"] / 255).ravel()]


CASES = [
    *[("RandomFlip", {"mode": mode}) for mode in ("horizontal", "vertical", "horizontal_and_vertical")],
    *[("RandomRotation", {"factor": 0.4, "fill_mode": mode}) for mode in ("reflect", "nearest", "constant")],
    ("RandomRotation", {"factor": (-0.1, 0.3), "fill_mode": "constant", "fill_value": 9.0}),
    ("RandomZoom", {"height_factor": 0.5}),
    ("RandomZoom", {"height_factor": (-0.4, -0.1), "width_factor": 0.3, "fill_mode": "constant"}),
    ("RandomTranslation", {"height_factor": 0.4, "width_factor": (0.1, 0.3), "fill_mode": "nearest"}),
    ("RandomTranslation", {"height_factor": 0.4, "width_factor": 0.2, "fill_mode": "reflect"}),
    ("RandomContrast", {"factor": 0.9}),
    ("RandomContrast", {"factor": (0.2, 0.6), "value_range": (10, 200)}),
    ("RandomContrast", {"factor": (0.2, 1.5)}),
    ("RandomRotation", {"factor": (-2, 2), "interpolation": "nearest", "fill_mode": "constant"}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.3, "interpolation": "nearest"}),
    ("RandomZoom", {"height_factor": 0.5, "width_factor": 0.2, "fill_mode": "wrap"}),
    ("RandomBrightness", {"factor": 0.7}),
    ("RandomBrightness", {"factor": (-0.2, 0.1), "value_range": (0, 255)}),
]


@pytest.mark.parametrize(("name", "settings"), CASES, ids=lambda case: str(case))
def test_given_keras_s_draws_keras_s_pictures(name, settings):
    twin = getattr(keras.layers, name)(**settings, seed=3)
    layer = getattr(minicnn, name)(**settings)
    transformation = twin.get_random_transformation(PICTURES, training=True)
    draws = drawn_by_keras(transformation)
    want = np.asarray(twin.transform_images(keras.ops.convert_to_tensor(PICTURES), transformation, training=True))
    np.testing.assert_allclose(layer.transform(PICTURES, *draws), want, rtol=1e-5, atol=255e-5)
    layer.build((None, 9, 8, 3), np.random.default_rng(5))
    many = layer.draw(2000)
    crowd = np.zeros((2000, *PICTURES.shape[1:]), "float32")
    theirs = drawn_by_keras(twin.get_random_transformation(crowd, training=True))
    for own, keras_s in zip(many, theirs, strict=False):  # the same range, neither narrower nor wider
        ends, wanted = ([float(each.min()), float(each.max())] for each in (own, keras_s))
        np.testing.assert_allclose(ends, wanted, rtol=0, atol=0.02 * (wanted[1] - wanted[0]))
    factors = [key for key, value in layer.settings.items() if key.endswith("factor") and value is not None]
    assert len(many) == max(1, len(factors))


@pytest.mark.parametrize(("name", "settings"), CASES, ids=lambda case: str(case))
def test_settings_are_attributes_as_in_keras(name, settings):
    twin, layer = getattr(keras.layers, name)(**settings), getattr(minicnn, name)(**settings)
    for key in settings:
        np.testing.assert_array_equal(getattr(layer, key), getattr(twin, key), err_msg=key)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        layer.nothing  # noqa: B018


@pytest.mark.parametrize("name", [name for name in AUGMENTATIONS if name in minicnn.__all__])
def test_draws(name):
    """A picture's own each, by the seed, in training alone."""
    kind, settings = getattr(minicnn, name), AUGMENTED.get(name, {})
    one, other, third = (kind(**settings, seed=seed) for seed in (1, 1, 2))
    alike = np.repeat(PICTURES[:1], 6, 0)
    y = one(alike, training=True)
    assert_same(other(alike, training=True), y)
    assert (third(alike, training=True) != y).any()
    assert any((y[0] != each).any() for each in y[1:]) and y.dtype == np.float32 and y.shape == alike.shape
    assert (one(alike, training=True) != y).any()  # the next batch has draws of its own
    assert_same(one(alike), alike)
    parameters = [key for key in inspect.signature(getattr(keras.layers, name)).parameters if key in one.settings]
    assert list(inspect.signature(kind).parameters) == parameters
    assert kind(*one.settings.values()).settings == one.settings


def test_a_net_trains_behind_it():
    layers = [minicnn.RandomFlip("horizontal", input_shape=(8, 8, 1)), minicnn.RandomRotation(0.1), Conv2D(2, 3)]
    net = Sequential([*layers, Flatten(), Dense(2)], seed=0)
    net.compile("adam", "mse")
    first = net.fit(PICTURES[:, :8, :, :1] / 255, np.zeros((6, 2)), epochs=9, verbose=0).history["loss"]
    assert first[-1] < first[0]
    net.forward(PICTURES[:, :8, :, :1], training=True)
    with pytest.raises(RuntimeError, match="has no gradient in training: what learns must stand after augmentation."):
        net.backward(np.ones((6, 2)))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: minicnn.RandomFlip("left"), "`mode` must be one of 'horizontal_and_vertical', 'horizontal', 'vertic"),
        (lambda: minicnn.RandomRotation(), "missing a required argument: 'factor'"),
        (lambda: minicnn.RandomRotation(1.5), "`factor` must be a number, at least -1 and at most 1. Received: facto"),
        (lambda: minicnn.RandomRotation((0.1, 0.2, 0.3)), "`factor` must be two numbers. Received: factor=(0.1, 0.2,"),
        (lambda: minicnn.RandomTranslation(0.1, None), "`width_factor` must be a number, at least -1 and at most 1. "),
        (lambda: minicnn.RandomZoom(-1.0), "`height_factor` must be above -1, where no image is left. Received: hei"),
        (lambda: minicnn.RandomZoom((-1, 0)), "`height_factor` must be above -1, where no image is left. Received: "),
        (lambda: minicnn.RandomContrast((2, 3)), "`factor` must reach into 0 to 1. Received: factor=(2, 3)."),
        (lambda: minicnn.RandomZoom(0.1, fill_mode="mirror"), "`fill_mode` must be one of 'reflect', 'wrap', 'neares"),
        (lambda: minicnn.RandomContrast(-0.1), "`factor` must be a number, at least 0 and at most 1. Received: facto"),
        (lambda: minicnn.RandomBrightness(0.1, 255), "`value_range` must be two numbers. Received: value_range=255."),
        (lambda: minicnn.RandomBrightness(0.1, seed="a"), "`seed` must be an integer of at least 0, or None. Receive"),
        (lambda: minicnn.RandomFlip(data_format="channels_first"), "bring the channels to the last axis"),
        (lambda: minicnn.RandomFlip(flip=True), "RandomFlip has no argument 'flip'. Received: flip=True."),
        (lambda: minicnn.RandomFlip().build((None, 4)), "takes images of shape (None, height, width, channels). Rece"),
    ],
)
def test_refusals(make, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        make()
    assert sentence in str(error.value)


def test_what_does_not_train():
    layer = LAYERS["RandomShear"].from_config({"name": "shear", "x_factor": 0.1})
    with pytest.raises(RuntimeError) as error:
        layer.forward(np.zeros((1, 4, 4, 3)), training=True)
    assert str(error.value) == (
        "Layer 'shear' (RandomShear) changes its input at random in training, which is not done here; RandomFlip, "
        "RandomRotation, RandomZoom, RandomTranslation, RandomContrast and RandomBrightness are."
    )
