"""Keras's small helpers: what Keras returns, and what is refused."""

import numpy as np
import pytest
from PIL import Image

import minicnn
from minicnn import Dense, Dropout, Input, Sequential, utils
from tests.keras_oracle import keras


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.mark.parametrize("mode", ["rgb", "grayscale"])
@pytest.mark.parametrize("size", [None, (9, 12), (40, 33)])
@pytest.mark.parametrize("filter_", ["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"])
def test_a_picture_is_keras_s(picture, mode, size, filter_):
    how = {"color_mode": mode, "target_size": size, "interpolation": filter_}
    ours, theirs = (of.utils.img_to_array(of.utils.load_img(picture, **how)) for of in (minicnn, keras))
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype == np.float32
    np.testing.assert_array_equal(ours, theirs)


def test_arrays_of_pictures():
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    for given in (grey, Image.fromarray(grey), np.dstack([grey] * 3)):
        ours, theirs = (of.utils.img_to_array(given) for of in (minicnn, keras))
        np.testing.assert_array_equal(ours, theirs)
    assert utils.img_to_array(grey, dtype="float64").dtype == np.float64


@pytest.mark.parametrize(
    ("x", "classes"), [([0, 2, 1], None), ([[0], [3]], None), ([[0, 1], [2, 0]], 4), ([], 3), (np.array([1.0, 0.0]), 2)]
)
def test_one_hot_is_keras_s(x, classes):
    np.testing.assert_array_equal(utils.to_categorical(x, classes), keras.utils.to_categorical(x, classes))


def weights(**how):
    net = Sequential([Input((4,)), Dense(3), Dropout(0.5), Dense(1)], **how)
    net.compile("sgd", "mse")
    x = np.arange(32.0).reshape(8, 4) / 32
    net.fit(x, x[:, :1], epochs=2, batch_size=2, verbose=0)
    return net.get_weights()


def test_one_seed_for_all_that_have_none():
    def same(one, other):
        return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))

    try:
        found = []
        for seed in (1, 1, 2):
            utils.set_random_seed(seed)
            found.append((weights(), weights(), weights(seed=5)))
        assert same(found[0][0], found[1][0]) and same(found[0][1], found[1][1])
        assert not same(found[0][0], found[0][1]) and not same(found[0][0], found[2][0])
        assert same(found[0][2], found[2][2])  # who has a seed does not ask
    finally:
        minicnn.initializers.set_source(None)
    assert not same(weights(), weights())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda file: utils.load_img(file, "rgba"), "`color_mode` must be 'rgb' or 'grayscale'. Received: color_mode="),
        (lambda file: utils.load_img(file, interpolation="area"), "`interpolation` must be one of 'nearest', 'bilinea"),
        (lambda file: utils.load_img(file, keep_aspect_ratio=True), "load_img(keep_aspect_ratio=True) is not supporte"),
        (
            lambda file: utils.load_img(file, "grayscale", (8, 8, 1)),
            "`target_size` must be (height, width), positive in",
        ),
        (lambda file: utils.load_img(file, target_size=(8, 8, 3)), "Received: target_size=(8, 8, 3)."),
        (lambda file: utils.load_img(file, "grayscale", 0), "`target_size` must be (height, width), positive integers"),
        (lambda file: utils.img_to_array(np.zeros(3)), "`img` must be a picture, (H, W, C) or (H, W). Received: shape"),
        (lambda file: utils.img_to_array(np.zeros((3, 3)), "channels_first"), "`data_format` must be 'channels_last'."),
        (lambda file: utils.to_categorical([0.5]), "`x` must be integer labels. Received: dtype=float64."),
        (lambda file: utils.to_categorical(["a"]), "`x` must be integer labels. Received: dtype=<U1."),
        (lambda file: utils.to_categorical([3], 3), "`x` must be labels from 0 to 2. Received: labels from 3 to 3."),
        (lambda file: utils.to_categorical([-1]), "`x` must be labels from 0 to -1. Received: labels from -1 to -1."),
        (lambda file: utils.set_random_seed("a"), "`seed` must be an integer of at least 0. Received: seed='a'."),
    ],
)
def test_refusals(picture, call, sentence):
    with pytest.raises(ValueError, match=".") as error:
        call(picture)
    assert sentence in str(error.value)
