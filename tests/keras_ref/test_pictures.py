"""One picture: the odd ones, the broken ones, and Pillow's nearest."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_ref import pictures
from keras_ref.errors import Refusal
from tests import odd_pictures


def test_odd_pictures(tmp_path):
    drawn = odd_pictures.draw(tmp_path)
    assert len(drawn) > 20
    for name, odd in drawn.items():
        got = np.asarray(pictures.decode(odd.path.read_bytes(), name)).astype(int)
        assert got.shape == odd.expected.shape, name
        assert np.abs(got - odd.expected).max() <= odd.tolerance, name


def test_broken_pictures_are_refused_in_a_sentence(tmp_path):
    for name, (path, _) in odd_pictures.draw_broken(tmp_path).items():
        with pytest.raises(Refusal) as refusal:
            pictures.decode(pictures.read(path), path)
        assert str(path) in str(refusal.value) and str(refusal.value).endswith("."), name


def test_without_exif_and_alpha_the_pixels_are_load_imgs(tmp_path):
    import keras

    random = np.random.default_rng(1)
    for k, mode in enumerate(("RGB", "L", "CMYK", "P")):
        path = tmp_path / f"{k}.{'png' if mode == 'P' else 'jpg'}"
        Image.fromarray(random.integers(0, 256, (61, 83, 3), dtype=np.uint8)).convert(mode).save(path)
        expected = keras.utils.img_to_array(keras.utils.load_img(path, target_size=(37, 41)))
        np.testing.assert_array_equal(pictures.pixels(path.read_bytes(), path, 37, 41), expected)


@pytest.mark.parametrize("size", [71, 150, 299])
def test_nearest_index_is_pillows_for_every_extent(size):
    for extent in range(1, 1300):
        ramp = np.arange(extent, dtype=np.int32)[None]
        expected = np.asarray(Image.fromarray(ramp).resize((size, 1), Image.Resampling.NEAREST))[0]
        np.testing.assert_array_equal(pictures.nearest_index(extent, size), expected)


def _jpeg(mode="RGB", **options):
    stream = io.BytesIO()
    Image.new(mode, (40, 30)).save(stream, "JPEG", **options)
    return stream.getvalue()


def test_which_jpegs_need_no_pillow():
    exif = Image.Exif()
    exif[274] = 6
    assert pictures.plain_jpeg_size(_jpeg()) == (30, 40)
    assert pictures.plain_jpeg_size(_jpeg("L", progressive=True)) == (30, 40)
    assert pictures.plain_jpeg_size(_jpeg("CMYK")) is None
    assert pictures.plain_jpeg_size(_jpeg(exif=exif)) is None
    exif[274] = 1
    assert pictures.plain_jpeg_size(_jpeg(exif=exif)) == (30, 40)
    turned = b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'
    xmp = b"\xff\xe1" + (len(turned) + 2).to_bytes(2, "big") + turned
    assert pictures.plain_jpeg_size(_jpeg()[:20] + xmp + _jpeg()[20:]) is None
    assert pictures.plain_jpeg_size(b"\x89PNG\r\n\x1a\n" + bytes(40)) is None
    assert all(pictures.plain_jpeg_size(_jpeg()[:n]) is None for n in range(0, 150))
