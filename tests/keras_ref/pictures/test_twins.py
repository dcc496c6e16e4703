"""TensorFlow's decoder and minicnn.data's give the same pixels, on every kind of file that a data folder may hold."""

import numpy as np
import pytest
from PIL import Image

from keras_ref import pictures
from minicnn.data import SUFFIXES, load_image
from tests import odd_pictures

JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a file of every suffix, JPEG of every make, and the odd pictures."""
    where = tmp_path_factory.mktemp("twins")
    noise = np.random.default_rng(0).integers(0, 256, (57, 83, 3), dtype=np.uint8)
    written = []
    Image.init()
    for suffix in SUFFIXES:
        if suffix == ".avif" and "AVIF" not in Image.SAVE:
            continue
        written.append(where / f"plain{suffix}")
        picture = Image.fromarray(noise)
        picture = picture.convert("L") if suffix == ".pgm" else picture
        picture.save(written[-1], format={".jpe": "JPEG", ".jfif": "JPEG"}.get(suffix))
    for name, mode, options in (
        ("grey", "L", {}),
        ("progressive", "RGB", {"progressive": True}),
        ("fine", "RGB", {"subsampling": 0, "quality": 99}),
        ("coarse", "RGB", {"subsampling": 2, "quality": 20}),
        ("ink", "CMYK", {}),
    ):
        written.append(where / f"{name}.jpg")
        Image.fromarray(noise).convert(mode).save(written[-1], **options)
    for turned in range(1, 9):
        exif = Image.Exif()
        exif[274] = turned
        written.append(where / f"turned{turned}.jpg")
        Image.fromarray(noise).save(written[-1], exif=exif)
    return written + [odd.path for odd in odd_pictures.draw(where).values()]


@pytest.mark.parametrize("resize", ["nearest", "bilinear", "lanczos"])
@pytest.mark.parametrize("size", [(71, 71), (30, 101)])
def test_the_pixels_are_minicnns(files, size, resize):
    loaded = pictures.Pictures(files, pictures.Recipe(*size, resize))
    for path, got in zip(files, loaded.pixels(), strict=True):
        np.testing.assert_array_equal(got, load_image(path, size, resize), err_msg=path.name)


def test_tensorflow_takes_the_plain_jpegs_and_no_others(files):
    routes = pictures.Pictures(files, pictures.square(71))._look()[0][:, 0] >= 0
    fast = {path.name for path, taken in zip(files, routes, strict=True) if taken}
    assert {f"plain{suffix}" for suffix in JPEG} | {"grey.jpg", "progressive.jpg", "fine.jpg", "turned1.jpg"} <= fast
    assert not {"ink.jpg", "plain.png", "turned6.jpg", "rgba.png", "grey16.png"} & fast
