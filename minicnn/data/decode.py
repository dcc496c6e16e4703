"""One picture file becomes one array: (H, W, 3) uint8, upright, RGB; or (H, W, 1), grey.

The rules, in order: the first frame; turned as its EXIF orientation says; what is transparent lies over white;
16-bit grey divided by 257 (65535 becomes 255); anything else as Pillow converts it to RGB; grey, where that is asked
for; the centred part of the wanted shape, where that is; resized; inverted.
A picture without orientation, transparency and 16-bit grey gives the pixels of Keras's `load_img`.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, BinaryIO, TypeVar

import numpy as np
from PIL import Image, ImageOps

from ..arguments import is_integer
from ..types import AnyPath, NDArray

# None of these starts another program, as EPS does.
FORMATS: tuple[str, ...] = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "AVIF")
SUFFIXES: tuple[str, ...] = tuple(".jpg .jpeg .jpe .jfif .png .bmp .gif .webp .tif .tiff .ppm .pgm .avif".split())
FILTERS: tuple[str, ...] = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")
RESIZE: dict[str, Image.Resampling] = {name: Image.Resampling[name.upper()] for name in FILTERS}
BETWEEN: str = "tf-bilinear"  # not one of Pillow's names; its way without averaging
AnyPathT = TypeVar("AnyPathT", bound=str | os.PathLike[str])


class PictureError(ValueError):
    """A file that cannot be read as a picture; the sentence names the path and what is wrong with it.

    Examples
    --------
    >>> import io
    >>> try:
    ...     load_image(io.BytesIO(b"no picture"), name="shirt.jpg")
    ... except PictureError as problem:
    ...     print(str(problem)[:34])
    Cannot read the picture shirt.jpg:
    """


class TooManyPixels(PictureError):
    """A picture of more pixels than are allowed, refused before it is decoded.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("L", (6, 4)).save(file, "PNG")
    >>> try:
    ...     load_image(file, max_pixels=20)
    ... except TooManyPixels as problem:
    ...     print(problem)
    Cannot read the picture given as bytes: it has 6 x 4 pixels; at most 20 are allowed.
    """


def load_image(
    path: AnyPath | BinaryIO,
    size: int | Iterable[int] | None = None,
    resize: str = "nearest",
    name: str | None = None,
    *,
    crop: str = "none",
    channels: int = 3,
    invert: bool = False,
    max_pixels: int | None = None,
) -> NDArray[np.uint8]:
    """Read one picture file as RGB or grey, upright, without transparency.

    Parameters
    ----------
    path : str, PathLike or open binary file
        A JPEG, PNG, GIF, BMP, WebP, TIFF, PPM or AVIF file.
    size : int or (height, width), optional
        In pixels; by default the picture's own size.
    resize : str
        "nearest" (Keras's `load_img`), "bilinear", "bicubic", "lanczos", "box" or "hamming" (Pillow's: they average
        over the source area when shrinking); "tf-bilinear" (TensorFlow's, rounded: between four pixels, however much
        is shrunk, as a browser's canvas does).
    name : str, optional
        What an error calls the picture; by default its path.
    crop : "none" or "centre"
        Centre: what lies outside the largest centred part of the shape of `size` is cut off (under "tf-bilinear" to
        whole new pixels, as Teachable Machine's library for browsers does); none: all is kept, and what has another
        shape is squeezed.
    channels : 3 or 1
        RGB, or grey: Pillow's "L", as Keras's `color_mode="grayscale"`.
    invert : bool
        Whether white becomes black.
    max_pixels : int, optional
        A picture of more is refused before it is decoded; by default Pillow's bomb limit alone counts.

    Returns
    -------
    picture : (H, W, channels) uint8
        0..255.

    Raises
    ------
    PictureError
        `path` is missing, no picture, or truncated; or it is grey in float or 32 bit, whose white is unknown.
    TooManyPixels
        A PictureError, too: it is larger than `max_pixels` or Pillow's bomb limit.
    ValueError
        Another argument is none of the above.

    Notes
    -----
    The picture is decoded whole and then resized, never through JPEG's reduced decoding, which gives other pixels.
    16-bit RGB keeps its upper 8 bits, as in Pillow. Source: Keras 3 `load_img`; Pillow's `ImageOps.fit` (crop);
    EXIF 2.32, tag 274.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("L", (6, 4), 200).save(file, "PNG")  # grey, 6 wide, 4 high
    >>> load_image(file).shape, load_image(file, size=(2, 3))[0, 0].tolist()
    ((4, 6, 3), [200, 200, 200])
    >>> load_image(file, size=2, crop="centre", channels=1, invert=True).ravel().tolist()
    [55, 55, 55, 55]
    """
    wanted, resize = check_size(size), check_resize(resize)
    check_reading(crop, channels, invert)
    try:
        with Image.open(path, formats=_formats()) as image:
            _refuse_bomb(image, max_pixels)
            image.load()
            _turn_upright(image)
            picture = _flat_rgb(image)
            if channels == 1:
                picture = picture.convert("L")
            if wanted is not None and picture.size != (wanted[1], wanted[0]):
                picture = _resized(picture, (wanted[1], wanted[0]), resize, crop)
            pixels = np.array(picture)  # (H, W, 3) or (H, W)
        return (255 - pixels if invert else pixels).reshape(*pixels.shape[:2], channels)
    except Exception as problem:  # Pillow's decoders raise a dozen kinds, SyntaxError and struct.error among them
        name = name or (os.fspath(path) if isinstance(path, (str, os.PathLike)) else "given as bytes")
        bomb = isinstance(problem, (TooManyPixels, Image.DecompressionBombError))
        kind = TooManyPixels if bomb else PictureError
        raise kind(f"Cannot read the picture {name}: {_reason(path, problem)}") from problem


def find_unreadable(
    files: Sequence[AnyPathT], workers: int | None = None, advance: Callable[[], object] = lambda: None
) -> dict[AnyPathT, str]:
    """Decode every file once, on threads; return those that are no pictures.

    Parameters
    ----------
    files : list of paths
    workers : int, optional
        Threads; by default what the standard library takes.
    advance : function without arguments
        Called after each file.

    Returns
    -------
    found : dict
        File -> what is wrong with it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> good, bad = (Path(tempfile.mkdtemp(), name) for name in ("good.png", "bad.png"))
    >>> Image.new("RGB", (6, 4)).save(good)
    >>> _ = bad.write_bytes(b"")
    >>> [(file.name, why[-18:]) for file, why in find_unreadable([good, bad]).items()]
    [('bad.png', 'the file is empty.')]
    """

    def why(file: AnyPathT) -> str | None:
        try:
            load_image(file)
        except PictureError as problem:
            return str(problem)
        return None

    found: dict[AnyPathT, str] = {}
    with ThreadPoolExecutor(workers) as pool:
        for file, reason in zip(files, pool.map(why, files), strict=True):
            advance()
            if reason:
                found[file] = reason
    return found


def check_size(size: Any) -> tuple[int, int] | None:
    """Return `size` as (height, width), or None where it is None; ValueError where it is not positive integers."""
    if size is None:
        return None
    pair = tuple(size) if isinstance(size, Iterable) else (size, size)
    if len(pair) != 2 or not all(is_integer(n) and n > 0 for n in pair):
        raise ValueError(f"`size` must be a positive integer or (height, width) in pixels. Received: {size!r}.")
    return int(pair[0]), int(pair[1])


def check_resize(resize: Any) -> str:
    """Return `resize`; ValueError where it is none that is known here."""
    known = (*RESIZE, BETWEEN)
    if not isinstance(resize, str) or resize not in known:
        raise ValueError(f"`resize` must be one of {', '.join(map(repr, known))}. Received: {resize!r}.")
    return resize


def check_reading(crop: Any, channels: Any, invert: Any) -> None:
    """Refuse, with a ValueError, what `load_image` can't do."""
    if crop not in ("none", "centre"):
        raise ValueError(f"`crop` must be 'none' or 'centre'. Received: {crop!r}.")
    if not is_integer(channels) or channels not in (1, 3):
        raise ValueError(f"`channels` must be 3 (RGB) or 1 (grey). Received: {channels!r}.")
    if not isinstance(invert, bool):
        raise ValueError(f"`invert` must be True or False. Received: {invert!r}.")


def reading(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a classifier.json says of reading a picture, as `load_image` and `ImageBatches` take it.

    Parameters
    ----------
    card : dict
        A classifier.json.

    Returns
    -------
    settings : dict
        `resize`, `crop`, `channels`, `invert`.

    Examples
    --------
    >>> reading({"resize": "nearest", "crop": "centre", "scale": 1.0})
    {'resize': 'nearest', 'crop': 'centre', 'channels': 3, 'invert': False}
    """
    default = {"resize": "nearest", "crop": "none", "channels": 3, "invert": False}
    return {name: card.get(name, value) for name, value in default.items()}


def _resized(picture: Image.Image, size: tuple[int, int], resize: str, crop: str) -> Image.Image:
    """Resize a picture to (width, height), all of it or its centred part of that shape."""
    if resize != BETWEEN:
        resample = RESIZE[resize]
        return ImageOps.fit(picture, size, resample) if crop == "centre" else picture.resize(size, resample)
    old, new, skipped = np.array(picture.size), np.array(size), np.zeros(2)
    drawn = new  # the whole picture's size in new pixels, of which whole ones are skipped: as a canvas is drawn on
    if crop == "centre":
        drawn = np.ceil(old * (new / old).max())
        skipped = np.trunc((drawn - new) / 2)
    wide, high = old / drawn
    left, top = skipped * old / drawn
    steps = (wide, 0, left, 0, high, top)
    exact = [  # Pillow would cut off what stands after the point
        band.convert("F").transform(size, Image.Transform.AFFINE, steps, Image.Resampling.BILINEAR)
        for band in picture.split()
    ]
    rounded = [Image.fromarray(np.rint(np.asarray(band)).astype(np.uint8)) for band in exact]
    return Image.merge(picture.mode, rounded)


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)  # an older Pillow knows no AVIF


def _refuse_bomb(image: Image.Image, most: int | None) -> None:
    if most is not None and image.width * image.height > most:
        raise TooManyPixels(f"it has {image.width} x {image.height} pixels; at most {most} are allowed.")
    # Pillow only warns up to twice its limit, and warnings cannot be made errors in one thread alone.
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        raise Image.DecompressionBombError


def _turn_upright(image: Image.Image) -> None:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # a damaged EXIF block says nothing about the pixels, which are loaded by now
        return


def _flat_rgb(image: Image.Image) -> Image.Image:
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


def _reason(path: AnyPath | BinaryIO, problem: Exception) -> str:
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


def _is_folder(path: AnyPath | BinaryIO) -> bool:
    return isinstance(path, (str, os.PathLike)) and os.path.isdir(path)  # Windows says "permission denied"


def _size(path: AnyPath | BinaryIO) -> int:
    return os.path.getsize(path) if isinstance(path, (str, os.PathLike)) else path.seek(0, os.SEEK_END)
