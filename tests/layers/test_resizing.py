"""UpSampling2D, Resizing and CenterCrop: output and gradient as Keras's for every interpolation, open sizes, errors.

TensorFlow interpolates in float32, whatever comes in: so float64 is held to float32's precision, and areas to less,
whose ends TensorFlow rounds. It has no gradient of areas; that one is the adjoint (tests/kernels/test_resize2d.py).
"""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import CenterCrop, Conv2D, Input, Resizing, Sequential, UpSampling2D
from minicnn.models.summary import rows
from minicnn.reference import INTERPOLATIONS
from tests.keras_oracle import keras, keras_gradients
from tests.strategies import cases, normal
from tests.tolerances import assert_same

pictures = cases(min_dims=4).filter(lambda case: case.shape[0])
every = pytest.mark.parametrize("interpolation", INTERPOLATIONS)


def check(layer, twin, case):
    x, _ = case.arrays()
    x = np.ascontiguousarray(x)
    layer.build((None, *x.shape[1:]), dtype=case.dtype)
    y = layer.forward(x, training=True)
    dy = normal(np.random.default_rng(case.seed), y.shape, case.dtype)
    dx, most = layer.backward(dy), abs(x).max(initial=0)
    if layer.interpolation == "area":
        np.testing.assert_allclose(y, np.asarray(twin(x)), rtol=0, atol=1e-5 * most)
        return
    want, want_dx, _ = keras_gradients(twin, x, dy)
    assert (y.dtype, y.shape, dx.shape) == (x.dtype, want.shape, x.shape)
    count = max(1, dy[..., 0].size)
    np.testing.assert_allclose(y, want, rtol=0, atol=0 if layer.interpolation == "nearest" else 4e-6 * most)
    np.testing.assert_allclose(dx, want_dx, rtol=0, atol=1e-6 * abs(dy).max(initial=0) * count)


@every
@given(case=pictures, size=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_up_sampling_equals_keras(interpolation, case, size):
    twin = keras.layers.UpSampling2D(size, interpolation=interpolation, dtype=case.dtype)
    check(UpSampling2D(size, interpolation), twin, case)


@every
@given(case=pictures, size=st.tuples(st.integers(1, 14), st.integers(1, 14)), crop=st.booleans())
def test_resizing_equals_keras(interpolation, case, size, crop):
    settings = {"interpolation": interpolation, "crop_to_aspect_ratio": crop}
    twin = keras.layers.Resizing(*size, **settings, dtype=case.dtype)
    check(Resizing(*size, **settings), twin, case)


@pytest.mark.parametrize("size", [(160, 160), (224, 224), (97, 310)])
@pytest.mark.parametrize("crop", [False, True])
@every
def test_photographs_equal_keras(interpolation, crop, size):
    """Sizes as they are met: where float32 rounds a place decides which pixel is nearest."""
    x = np.random.default_rng(1).integers(0, 256, (1, 229, 170, 3)).astype("float32")
    settings = {"interpolation": interpolation, "crop_to_aspect_ratio": crop}
    want = np.asarray(keras.layers.Resizing(*size, **settings)(x))
    got = Resizing(*size, **settings)(x)
    np.testing.assert_allclose(got, want, rtol=0, atol={"nearest": 0, "area": 0.02}.get(interpolation, 1e-3))


@pytest.mark.parametrize("size", [(4, 3), (9, 8), (5, 8), (12, 4), (11, 11)])
def test_the_middle_equals_keras(size):
    """Cut, or, where it is too small, resized."""
    x = np.random.default_rng(4).normal(size=(2, 9, 8, 3)).astype("float32")
    layer, dy = CenterCrop(*size), np.random.default_rng(5).normal(size=(2, *size, 3)).astype("float32")
    y = layer.forward(x, training=True)
    want, want_dx, _ = keras_gradients(keras.layers.CenterCrop(*size), x, dy)
    np.testing.assert_allclose(y, want, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(layer.backward(dy), want_dx, rtol=1e-5, atol=1e-5)


@every
def test_a_picture_of_the_size_passes_as_it_is(interpolation):
    x = np.full((1, 5, 4, 2), np.nan, "float32")
    x[0, 0, 0] = np.inf
    assert_same(Resizing(5, 4, interpolation)(x), x)


def test_open_sizes_and_what_an_output_sees():
    assert UpSampling2D((2, 3)).compute_output_shape((None, None, 5, 2)) == (None, None, 15, 2)
    assert Resizing(7, 8).compute_output_shape((None, None, None, 2)) == (None, 7, 8, 2)
    layer = Resizing(4, 4)
    layer.build((None, None, None, 1))
    for size in ((4, 4), (9, 3)):
        x = np.random.default_rng(2).normal(size=(1, *size, 1)).astype("float32")
        np.testing.assert_allclose(layer(x), keras.layers.Resizing(4, 4)(x), rtol=1e-5, atol=1e-6)
    model = Sequential([Input((8, 8, 1)), Conv2D(1, 3), UpSampling2D(2), Conv2D(1, 3), Resizing(5, 5), Conv2D(1, 3)])
    assert [row["field"] for row in rows(model)] == [(1, 1), (3, 3), (3, 3), (4, 4), (4, 4), (6, 6)]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: UpSampling2D(0), "`size` must be a positive integer. Received: size=0."),
        (
            lambda: UpSampling2D(2, "lanczos3"),
            "`interpolation` must be one of 'nearest', 'bilinear', 'bicubic', 'area'. Received: "
            "interpolation='lanczos3'.",
        ),
        (lambda: Resizing(4, -1), "`width` must be a positive integer. Received: width=-1."),
        (
            lambda: Resizing.from_config({"name": "r", "height": 4, "width": 4, "antialias": True}),
            "Layer 'r': Resizing(antialias=True) is not supported; only antialias=False is.",
        ),
        (
            lambda: Resizing(4, 4, name="r").build((None, 4)),
            "Layer 'r' takes images of shape (None, height, width, channels). Received: input_shape=(None, 4).",
        ),
    ],
)
def test_what_makes_no_sense(make, sentence):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == sentence


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest", "bicubic", "area"])
def test_one_picture(interpolation, crop):
    """The layer's very numbers, larger and smaller, and none of a large picture's other pixels as floats."""
    rng = np.random.default_rng(0)
    for old in ((9, 31), (40, 12), (5, 7), (8, 6), (3, 3)):
        pixels, layer = rng.integers(0, 256, (*old, 3), dtype=np.uint8), Resizing(8, 6, interpolation, crop)
        assert_same(layer.picture(pixels), layer(pixels[None])[0])
    large = np.zeros((2000, 1000, 3), np.uint8)
    layer.picture(large[:400])  # compiled
    tracemalloc.start()
    layer.picture(large)
    assert interpolation == "area" or tracemalloc.get_traced_memory()[1] < large.size / 8
    tracemalloc.stop()
