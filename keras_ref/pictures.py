"""One picture: from bytes to RGB pixels by the rules of minicnn.data, and which JPEGs TensorFlow gives the same of."""

import io
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

from keras_ref.errors import Refusal
from minicnn.data import load_image


def decode(data, name):
    """Decode the bytes of a picture called `name` into a Pillow picture of mode RGB; refuse half pictures."""
    return Image.fromarray(_loaded(data, name))


def pixels(data, name, height, width, resize="nearest"):
    """Decode and resize a picture: (height, width, 3) uint8, 0..255."""
    return _loaded(data, name, (height, width), resize)


def _loaded(data, name, *how):
    try:
        return load_image(io.BytesIO(data), *how, name=name)
    except ValueError as error:
        raise Refusal(str(error)) from None


def read(path):
    """Read a picture's bytes; refuse a path that cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise Refusal(f"{path} is not there.") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.") from None


def nearest_index(extent, size):
    """Which of `extent` pixels each of `size` pixels is taken from in Pillow's nearest: (size,) int32.

    Pillow steps through the source by adding the scale again and again in double precision; where a step lands on a
    whole number the rounding of that sum decides, so the sum is repeated here and not replaced by a product.
    """
    steps = np.full(size, extent / size)
    steps[0] *= 0.5
    return np.cumsum(steps).astype(np.int32)


def plain_jpeg_size(head):
    """Give (height, width) of a JPEG that needs no Pillow (1 or 3 components of 8 bits, upright), else None.

    `head` is the file's start. The walk goes from marker to marker up to the start of the scan (ITU T.81, B.1 and B.2).
    """
    if head[:2] != b"\xff\xd8":
        return None
    at, size = 2, None
    while at + 10 <= len(head) and head[at] == 0xFF:
        marker, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        if marker == 0xDA:
            return size
        if marker == 0xE1 and not _upright(head):  # APP1 holds EXIF or XMP, and either may turn the picture
            return None
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            bits, components = head[at + 4], head[at + 9]
            height, width = int.from_bytes(head[at + 5 : at + 7], "big"), int.from_bytes(head[at + 7 : at + 9], "big")
            if bits != 8 or components not in (1, 3) or not height or not width:
                return None
            size = height, width
        at += 2 + length
    return None


def _upright(head):
    try:
        with Image.open(io.BytesIO(head)) as picture:
            return picture.getexif().get(ExifTags.Base.Orientation, 1) == 1
    except Exception:  # damaged: Pillow will say in decode what is wrong
        return False
