"""Frames, Multiply, Reshape, Normalization and augmentation: as Keras's, settings, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Cropping2D, Multiply, Normalization, Reshape, ZeroPadding2D, reference
from minicnn.layers import LAYERS
from minicnn.layers.augmentation import NAMES
from tests.keras_oracle import assert_parity, keras, keras_gradients
from tests.strategies import cases, normal
from tests.tolerances import assert_close, assert_same

pictures = cases(min_dims=4).filter(lambda case: case.shape[0])
sides = st.tuples(st.integers(0, 3), st.integers(0, 3))
frames = st.tuples(sides, sides)


@given(pictures, frames)
def test_zero_padding_equals_keras(case, frame):
    x, _ = case.arrays()
    dy = normal(np.random.default_rng(case.seed), np.pad(x, ((0, 0), *frame, (0, 0))).shape, case.dtype)
    assert_parity(ZeroPadding2D(frame), keras.layers.ZeroPadding2D(frame, dtype=case.dtype), x, dy)


@given(pictures, frames)
def test_cropping_equals_keras(case, frame):
    dy, _ = case.arrays()
    x = normal(np.random.default_rng(case.seed), np.pad(dy, ((0, 0), *frame, (0, 0))).shape, case.dtype)
    assert_parity(Cropping2D(frame), keras.layers.Cropping2D(frame, dtype=case.dtype), x, dy)


@pytest.mark.parametrize("frame", [2, (1, 2), ((1, 2), (3, 0))])
def test_forms_of_a_frame(frame):
    theirs = keras.layers.ZeroPadding2D(frame).padding
    assert ZeroPadding2D(frame).padding == Cropping2D(frame).cropping == tuple(map(tuple, theirs))


@given(cases(min_dims=2).filter(lambda case: case.shape[0]), st.data())
def test_multiply_equals_keras(case, data):
    stretched = data.draw(st.lists(st.booleans(), min_size=len(case.shape) - 1, max_size=len(case.shape) - 1))
    narrow = (case.shape[0], *(1 if one else size for one, size in zip(stretched, case.shape[1:], strict=True)))
    *xs, dy = case.arrays(case.shape, narrow, case.shape, case.shape)
    twin = keras.layers.Multiply(dtype=case.dtype)
    layer = Multiply()
    layer.build([(None, *x.shape[1:]) for x in xs], dtype=case.dtype)
    y, dxs = layer.forward(xs, training=True), layer.backward(dy)
    want_y, want_dxs, _ = keras_gradients(twin, [np.ascontiguousarray(x) for x in xs], np.ascontiguousarray(dy))
    assert_close(y, want_y, "multiply_forward", "Keras", (abs(want_y), 3))
    sizes = reference.multiply_backward(abs(dy), [abs(x) for x in xs])
    for got, want, size in zip(dxs, want_dxs, sizes, strict=True):
        assert_close(got, want, "multiply_backward", "Keras", (size, 3 + dy.size))


@given(pictures)
def test_reshape_equals_keras(case):
    n, h, w, c = case.shape
    x, _ = case.arrays()
    for target in ((h * w, c), (-1,), (c, -1, 1)):
        dy = normal(np.random.default_rng(case.seed), np.ascontiguousarray(x).reshape(n, *target).shape, case.dtype)
        assert_parity(Reshape(target), keras.layers.Reshape(target, dtype=case.dtype), x, dy)


@given(pictures, st.sampled_from([-1, 3, (1, 3), 2, None]))
def test_normalization_equals_keras(case, axis):
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
def test_normalization_with_constants_equals_keras(mean, variance):
    x = normal(np.random.default_rng(1), (2, 4, 5, 3), "float32")
    settings = {"axis": -1, "mean": mean, "variance": variance}
    np.testing.assert_allclose(Normalization(**settings)(x), keras.layers.Normalization(**settings)(x), rtol=1e-6)


# ---- augmentation ---------------------------------------------------------------------------------------------------

SETTINGS = {
    "RandomBrightness": {"factor": 0.2},
    "RandomColorJitter": {"value_range": (0, 255), "brightness_factor": 0.2},
    "RandomContrast": {"factor": 0.2},
    "RandomColorDegeneration": {"factor": 0.5},
    "RandomHue": {"factor": 0.5},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 0.2},
    "RandomSaturation": {"factor": 0.5},
    "RandomSharpness": {"factor": 0.5},
    "RandomShear": {"x_factor": 0.2},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.1},
    "RandomZoom": {"height_factor": 0.2},
    "AlphaDropout": {"rate": 0.2},
    "GaussianDropout": {"rate": 0.2},
    "GaussianNoise": {"stddev": 0.2},
}


@pytest.mark.parametrize("name", NAMES)
def test_augmentation_passes_pictures_on_at_inference_as_keras_does(name):
    twin = getattr(keras.layers, name)(**SETTINGS.get(name, {}))
    x = np.random.default_rng(1).uniform(0, 255, (2, 8, 9, 3)).astype("float32")
    assert_same(np.asarray(twin(x, training=False)), x)
    config = twin.get_config()
    layer = LAYERS[name].from_config(config)
    assert_same(layer(x), x)
    assert {key: config[key] for key in layer.get_config() if key != "dtype"} == {
        key: value for key, value in layer.get_config().items() if key != "dtype"
    }


def test_augmentation_is_not_trained():
    layer = LAYERS["RandomFlip"].from_config({"name": "flip", "mode": "horizontal"})
    with pytest.raises(RuntimeError) as error:
        layer.forward(np.zeros((1, 4, 4, 3)), training=True)
    assert str(error.value) == (
        "Layer 'flip' (RandomFlip) changes its input at random in training. minicnn leaves that to where pictures are "
        "read: train a model without this layer."
    )


# ---- 7 errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "input_shape", "sentence"),
    [
        (
            lambda: ZeroPadding2D((1, -1)),
            None,
            "`padding` must be one integer of at least 0, two, or ((top, bottom), (left, right)). "
            "Received: padding=(1, -1).",
        ),
        (
            lambda: Cropping2D((2, 0), name="c"),
            (None, 4, 5, 3),
            "`cropping` of layer 'c' must leave at least one pixel of its input (None, 4, 5, 3). "
            "Received: cropping=((2, 2), (0, 0)).",
        ),
        (
            lambda: Multiply(name="m"),
            [(None, 4, 3), (None, 2, 3)],
            "Layer 'm' takes a list of at least two inputs, whose sizes agree or are 1. "
            "Received: input_shape=[(None, 4, 3), (None, 2, 3)].",
        ),
        (
            lambda: Reshape((2, -1, -1)),
            None,
            "`target_shape` must be positive integers, one of them -1 at most. Received: target_shape=(2, -1, -1).",
        ),
        (
            lambda: Reshape((5, -1), name="r"),
            (None, 4, 3),
            "`target_shape` of layer 'r' must hold the 12 numbers of its input (None, 4, 3). "
            "Received: target_shape=(5, -1).",
        ),
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
