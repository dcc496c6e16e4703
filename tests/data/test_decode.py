"""load_image: odd pictures come out right, ordinary ones as in Keras, broken ones as one sentence."""

import io
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from minicnn.data import PictureError, TooManyPixels, load_image
from tests import odd_pictures

PLAIN = ("grey", "palette", "palette_gif", "black_and_white", "cmyk", "upper_case", "animated", "one_pixel")


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    return odd_pictures.draw(tmp_path_factory.mktemp("odd"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    return odd_pictures.draw_broken(tmp_path_factory.mktemp("broken"))


def keras_load_img(path, **settings):
    keras = pytest.importorskip("keras", reason="the keras extra is not installed")
    return np.asarray(keras.utils.load_img(path, **settings))


def test_every_odd_picture_has_its_pixels(odd):
    for name, picture in odd.items():
        pixels = load_image(picture.path)
        assert pixels.dtype == np.uint8 and pixels.shape == picture.expected.shape, name
        worst = np.abs(pixels.astype(int) - picture.expected.astype(int)).max()
        assert worst <= picture.tolerance, f"{name} is off by {worst}"


def test_without_orientation_and_transparency_pixels_are_those_of_keras(odd):
    for name in PLAIN:
        for settings_ in ({}, {"target_size": (7, 5)}, {"target_size": (40, 33), "interpolation": "bilinear"}):
            ours = load_image(
                odd[name].path, size=settings_.get("target_size"), resize=settings_.get("interpolation", "nearest")
            )
            np.testing.assert_array_equal(ours, keras_load_img(odd[name].path, **settings_), err_msg=name)


def test_grey_is_that_of_keras(odd):
    """Colours of a palette and CMYK are rounded once more on their way."""
    for name in PLAIN:
        for size in (None, (7, 5)):
            ours = load_image(odd[name].path, size, channels=1)
            theirs = keras_load_img(odd[name].path, target_size=size, color_mode="grayscale")
            assert ours.shape == (*theirs.shape, 1), name
            assert np.abs(ours[..., 0].astype(int) - theirs).max() <= (0 if name in ("grey", "upper_case") else 1), name


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    resize=st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]),
)
def test_the_centre_is_that_of_pillows_fit(height, width, size, resize):
    pixels = np.random.default_rng(height * 41 + width).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    want = ImageOps.fit(Image.fromarray(pixels), size[::-1], Image.Resampling[resize.upper()])
    np.testing.assert_array_equal(load_image(file, size, resize, crop="centre"), np.asarray(want))


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
def test_between_four_pixels_as_in_tensorflow(height, width, size):
    """Whole pictures, rounded; a half may fall to either side."""
    tf = pytest.importorskip("tensorflow", reason="the keras extra is not installed")
    pixels = np.random.default_rng(height * 41 + width).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    want = tf.image.resize(pixels, size, "bilinear").numpy()
    assert np.abs(load_image(file, size, "tf-bilinear").astype(float) - want).max() <= 0.51


def test_the_centre_on_paper():
    """Of 2 x 6 pixels a square is the middle 2 x 2; inverted, white is black."""
    file = io.BytesIO()
    Image.fromarray(np.array([[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]], np.uint8)).save(file, "PNG")
    assert load_image(file, 2, crop="centre", channels=1)[..., 0].tolist() == [[2, 3], [8, 9]]
    assert load_image(file, 2, crop="centre", channels=1, invert=True)[..., 0].tolist() == [[253, 252], [247, 246]]
    assert load_image(file, 2, "tf-bilinear", crop="centre", channels=1)[..., 0].tolist() == [[2, 3], [8, 9]]
    assert load_image(file, 2, channels=1)[..., 0].tolist() == [[1, 4], [7, 10]]  # all of it, squeezed


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"crop": "center"}, "`crop` must be 'none' or 'centre'. Received: 'center'."),
        ({"channels": 4}, r"`channels` must be 3 \(RGB\) or 1 \(grey\). Received: 4."),
        ({"channels": True}, r"`channels` must be 3 \(RGB\) or 1 \(grey\). Received: True."),
        ({"invert": 1}, "`invert` must be True or False. Received: 1."),
    ],
)
def test_other_readings_are_refused(odd, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        load_image(odd["grey"].path, **given)


def test_a_sample_of_real_photographs_has_keras_pixels():
    root = os.environ.get("CLOTHING_DATASET")
    if not root:
        pytest.skip("CLOTHING_DATASET is not set")
    files = sorted(Path(root, "train").glob("*/*.jpg"))
    for path in files[::150]:
        np.testing.assert_array_equal(load_image(path), keras_load_img(path))
        np.testing.assert_array_equal(load_image(path, size=(64, 48)), keras_load_img(path, target_size=(64, 48)))


@settings(deadline=None, max_examples=30, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(height=st.integers(1, 40), width=st.integers(1, 40), size=st.tuples(st.integers(1, 50), st.integers(1, 50)))
def test_nearest_takes_the_pixel_under_each_centre(height, width, size, tmp_path):
    pixels = np.random.default_rng([height, width]).integers(0, 256, (height, width, 3), dtype=np.uint8)
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    np.testing.assert_array_equal(load_image(path), pixels)
    rows, sure_rows = centres(height, size[0])
    columns, sure_columns = centres(width, size[1])
    resized = load_image(path, size=size)
    assert resized.shape == (*size, 3)
    np.testing.assert_array_equal(
        resized[sure_rows][:, sure_columns], pixels[rows[sure_rows]][:, columns[sure_columns]]
    )


def centres(old, new):
    """Return the old pixel under each new pixel's centre, and where the centre lies inside it, not on its edge."""
    numerators = (2 * np.arange(new) + 1) * old
    return numerators // (2 * new), numerators % (2 * new) != 0


def test_broken_files_are_named_with_the_reason(broken):
    for name, (path, words) in broken.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an ordinary program does not turn Pillow's warning into an error
            with pytest.raises(PictureError) as caught:
                load_image(path)
        assert str(caught.value).startswith(f"Cannot read the picture {path}: "), name
        assert words in str(caught.value), f"{name}: {caught.value}"
        assert str(caught.value).endswith("."), name


def test_no_cut_of_a_file_gives_anything_but_a_picture_or_the_sentence(odd, tmp_path):
    for name in ("rgba", "palette_alpha", "cmyk", "animated", "grey16_tiff", "orientation_6_jpeg", "grey16_pgm"):
        data = odd[name].path.read_bytes()
        path = tmp_path / odd[name].path.name
        for end in range(0, len(data), max(1, len(data) // 40)):
            path.write_bytes(data[:end])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    assert load_image(path).shape == odd[name].expected.shape
                except PictureError as problem:
                    assert str(path) in str(problem)


def test_a_damaged_exif_block_leaves_the_picture_readable(odd, tmp_path):
    path = tmp_path / "damaged.jpg"
    path.write_bytes(odd["orientation_6_jpeg"].path.read_bytes().replace(b"MM\x00\x2a", b"MM\xff\xff"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert load_image(path).shape == (16, 32, 3)


def test_32_bit_grey_beyond_16_bit_is_refused(tmp_path):
    Image.fromarray(np.array([[0, 70_000]], dtype=np.int32)).save(tmp_path / "deep.tiff")
    with pytest.raises(PictureError, match="32 bit, and nothing says which value is white"):
        load_image(tmp_path / "deep.tiff")


@pytest.mark.parametrize("size", [0, -3, (4, 0), (1, 2, 3), (4, 2.5), 2.5, "64", True])
def test_size_must_be_positive(odd, size):
    with pytest.raises(ValueError, match="`size` must be a positive integer"):
        load_image(odd["grey"].path, size=size)


def test_unknown_resize(odd):
    with pytest.raises(ValueError, match="`resize` must be one of 'nearest', 'bilinear', .* Received: 'area'"):
        load_image(odd["grey"].path, size=8, resize="area")


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1700))
def test_more_pixels_than_are_allowed_are_refused(height, width, most):
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "PNG")
    if height * width <= most:
        assert load_image(file, max_pixels=most).shape == (height, width, 3)
        return
    with pytest.raises(TooManyPixels) as caught:
        load_image(file, name="a.png", max_pixels=most)
    told = f"it has {width} x {height} pixels; at most {most} are allowed."
    assert str(caught.value) == f"Cannot read the picture a.png: {told}" and isinstance(caught.value, PictureError)


def test_nothing_is_decoded_of_what_has_too_many_pixels(monkeypatch):
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "PNG")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(TooManyPixels):
        load_image(file, max_pixels=1199)
