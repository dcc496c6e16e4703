"""One picture: from the bytes of any file that Pillow knows to RGB pixels, by the same rules everywhere.

EXIF orientation is applied, then alpha is laid over white, then the picture becomes RGB. 16-bit grey is divided by 257.
Of an animation the first frame counts. A picture without EXIF and alpha gives the pixels of `keras.utils.load_img`.
"""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from keras_ref.errors import Refusal

SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif"}
RESAMPLING = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR}


def decode(data, name):
    """Decode the bytes of a picture called `name` into a Pillow picture of mode RGB; refuse half pictures."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about odd metadata; the pixels are what counts
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                picture.load()
                return to_rgb(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal(f"{name} is refused: it unpacks to too many pixels, like a decompression bomb.") from None
    except UnidentifiedImageError:
        raise Refusal(f"{name} is not a picture that can be read: its bytes begin like no format known here.") from None
    except Exception as error:  # Pillow's decoders raise nearly every kind there is on damaged files
        raise Refusal(f"{name} is not a picture that can be read: {_first_line(error)}.") from None


def to_rgb(picture):
    """Turn a loaded Pillow picture upright, lay it over white where it is transparent, and make it RGB."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode in ("I", "I;16", "I;16B", "I;16L"):
        grey = np.asarray(picture).astype(np.float64) / 257.0  # 65535 / 257 = 255: Pillow itself would clip at 255
        return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode == "F":
        raise ValueError("grey in floating point has no agreed white")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")


def pixels(data, name, height, width, resize="nearest"):
    """Decode and resize a picture: (height, width, 3) uint8, 0..255."""
    return np.asarray(decode(data, name).resize((width, height), RESAMPLING[resize]))


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


def _first_line(error):
    text = str(error) or type(error).__name__
    return text.splitlines()[0].rstrip(".")
