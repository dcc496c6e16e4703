"""Pillow's nearest, and which JPEGs need no Pillow."""

import io

import numpy as np
import pytest
from PIL import Image

from keras_ref.pictures import jpeg


@pytest.mark.parametrize("size", [71, 150, 299])
def test_nearest_index_is_pillows_for_every_extent(size):
    for extent in range(1, 1300):
        ramp = np.arange(extent, dtype=np.int32)[None]
        expected = np.asarray(Image.fromarray(ramp).resize((size, 1), Image.Resampling.NEAREST))[0]
        np.testing.assert_array_equal(jpeg.nearest_index(extent, size), expected)


def _jpeg(mode="RGB", **options):
    stream = io.BytesIO()
    Image.new(mode, (40, 30)).save(stream, "JPEG", **options)
    return stream.getvalue()


def test_which_jpegs_need_no_pillow():
    exif = Image.Exif()
    exif[274] = 6
    assert jpeg.plain_jpeg_size(_jpeg()) == (30, 40)
    assert jpeg.plain_jpeg_size(_jpeg("L", progressive=True)) == (30, 40)
    assert jpeg.plain_jpeg_size(_jpeg("CMYK")) is None
    assert jpeg.plain_jpeg_size(_jpeg(exif=exif)) is None
    exif[274] = 1
    assert jpeg.plain_jpeg_size(_jpeg(exif=exif)) == (30, 40)
    turned = b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'
    xmp = b"\xff\xe1" + (len(turned) + 2).to_bytes(2, "big") + turned
    assert jpeg.plain_jpeg_size(_jpeg()[:20] + xmp + _jpeg()[20:]) is None
    assert jpeg.plain_jpeg_size(b"\x89PNG\r\n\x1a\n" + bytes(40)) is None
    assert all(jpeg.plain_jpeg_size(_jpeg()[:n]) is None for n in range(0, 150))
