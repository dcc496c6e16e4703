"""Which JPEGs TensorFlow's decoder and gather turn into the pixels of minicnn.data, and what it needs for that."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image


def nearest_index(extent: int, size: int) -> NDArray[np.int32]:
    """Return which pixel of the source each pixel is taken from in Pillow's nearest, along one axis.

    Pillow steps through the source by adding the scale again and again in double precision; where a step lands on a
    whole number the rounding of that sum decides, so the sum is repeated here and not replaced by a product.

    Parameters
    ----------
    extent : int, pixels of the source
    size : int, pixels of the result

    Returns
    -------
    index : (size,) int32, each in 0..extent - 1
    """
    steps = np.full(size, extent / size)
    steps[0] *= 0.5
    return np.cumsum(steps).astype(np.int32)


def plain_jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Return the size of a JPEG that needs no Pillow: 1 or 3 components of 8 bits, upright.

    The walk goes from marker to marker up to the start of the scan (ITU T.81, B.1 and B.2).

    Parameters
    ----------
    head : bytes, the file's start

    Returns
    -------
    size : (height, width) in pixels, or None where Pillow has to decode the file
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
