"""One picture file becomes one array: (H, W, 3) uint8, upright, RGB.

The rules, in order: the first frame; turned as its EXIF orientation says; what is transparent lies over white;
16-bit grey divided by 257 (65535 becomes 255); anything else as Pillow converts it to RGB; then resized.
A picture without orientation, transparency and 16-bit grey gives the pixels of Keras's `load_img`.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from PIL import Image, ImageOps

from minicnn.arguments import is_integer

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "AVIF")  # none starts another program, as EPS does
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".avif")
FILTERS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")
RESIZE = {name: Image.Resampling[name.upper()] for name in FILTERS}


class PictureError(ValueError):
    """A file that cannot be read as a picture; the sentence names the path and what is wrong with it."""


def load_image(path, size=None, resize="nearest", name=None):
    """Read one picture file as RGB, upright, without transparency.

    Parameters
    ----------
    path : str, path or open binary file     a JPEG, PNG, GIF, BMP, WebP, TIFF, PPM or AVIF file
    size : None, int or (height, width), pixels     None keeps the picture's own size
    resize : "nearest" (Keras's `load_img`), "bilinear", "bicubic", "lanczos", "box" or "hamming" (Pillow's: they
        average over the source area when shrinking)
    name : str, what an error calls the picture; None: its path

    Returns
    -------
    picture : (H, W, 3) uint8, 0..255

    Raises
    ------
    PictureError (a ValueError): `path` is missing, no picture, truncated, or larger than Pillow's bomb limit;
        it is grey in float or 32 bit, whose white is unknown.
    ValueError: `size` or `resize` is none of the above.

    Notes
    -----
    The picture is decoded whole and then resized, never through JPEG's reduced decoding, which gives other pixels.
    16-bit RGB keeps its upper 8 bits, as in Pillow. Source: Keras 3 `load_img`; EXIF 2.32, tag 274.
    """
    size, resize = check_size(size), check_resize(resize)
    try:
        with Image.open(path, formats=_formats()) as image:
            _refuse_bomb(image)
            image.load()
            _turn_upright(image)
            picture = _flat_rgb(image)
            if size is not None and picture.size != (size[1], size[0]):
                picture = picture.resize((size[1], size[0]), RESIZE[resize])
            return np.array(picture)  # (H, W, 3)
    except Exception as problem:  # Pillow's decoders raise a dozen kinds, SyntaxError and struct.error among them
        name = name or (os.fspath(path) if isinstance(path, (str, os.PathLike)) else "given as bytes")
        raise PictureError(f"Cannot read the picture {name}: {_reason(path, problem)}") from problem


def unreadable(files, workers=None, advance=lambda: None):
    """Decode every file once, on threads, and return {file: why} for those that are no pictures.

    `advance` is called after each file.
    """

    def why(file):
        try:
            load_image(file)
        except PictureError as problem:
            return str(problem)

    found = {}
    with ThreadPoolExecutor(workers) as pool:
        for file, reason in zip(files, pool.map(why, files), strict=True):
            advance()
            if reason:
                found[file] = reason
    return found


def check_size(size):
    """Return `size` as (height, width), or None where it is None; ValueError where it is not positive integers."""
    if size is None:
        return None
    pair = tuple(size) if isinstance(size, Iterable) else (size, size)
    if len(pair) != 2 or not all(is_integer(n) and n > 0 for n in pair):
        raise ValueError(f"`size` must be a positive integer or (height, width) in pixels. Received: {size!r}.")
    return int(pair[0]), int(pair[1])


def check_resize(resize):
    """Return `resize`; ValueError where it is none of Pillow's filters."""
    if not isinstance(resize, str) or resize not in RESIZE:
        raise ValueError(f"`resize` must be one of {', '.join(map(repr, RESIZE))}. Received: {resize!r}.")
    return resize


@cache
def _formats():
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)  # an older Pillow knows no AVIF


def _refuse_bomb(image):
    # Pillow only warns up to twice its limit, and warnings cannot be made errors in one thread alone.
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise Image.DecompressionBombError


def _turn_upright(image):
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # a damaged EXIF block says nothing about the pixels, which are loaded by now
        return


def _flat_rgb(image):
    if image.mode == "F":
        raise PictureError(
            "it is grey in floating point, and nothing says which value is white; save it in 8 or 16 bit."
        )
    if image.mode.startswith("I"):  # "I" is 32 bit; some Pillow versions open 16-bit PNG and PGM as "I"
        grey = np.asarray(image).astype(np.int64)
        if grey.min() < 0 or grey.max() > 65535:
            raise PictureError("it is grey in 32 bit, and nothing says which value is white; save it in 8 or 16 bit.")
        return Image.fromarray(((grey + 128) // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        return white.convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")  # to convert is to copy


def _reason(path, problem):
    if isinstance(problem, PictureError):
        return str(problem)
    if isinstance(problem, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"it has more than the {Image.MAX_IMAGE_PIXELS} pixels that Pillow allows (a decompression bomb?)."
    if isinstance(problem, FileNotFoundError):
        return "there is no such file."
    if isinstance(problem, IsADirectoryError) or (isinstance(problem, OSError) and _is_folder(path)):
        return "it is a folder, not a file."
    if isinstance(problem, PermissionError):
        return "this user may not read it."
    if _size(path) == 0:
        return "the file is empty."
    if isinstance(problem, Image.UnidentifiedImageError):
        return f"it is none of {', '.join(_formats())}, or its beginning is damaged."
    if isinstance(problem, MemoryError):
        return "there is not enough memory for its pixels."
    text = str(problem).strip().rstrip(".") or type(problem).__name__
    return f"it is damaged, or of a kind that Pillow cannot decode ({text})."


def _is_folder(path):
    return isinstance(path, (str, os.PathLike)) and os.path.isdir(path)  # Windows says "permission denied"


def _size(path):
    return os.path.getsize(path) if isinstance(path, (str, os.PathLike)) else path.seek(0, os.SEEK_END)
