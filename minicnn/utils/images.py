"""Pictures from files, one at a time."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..arguments import boolean, is_integer
from ..data import RESIZE, load_image
from ..types import AnyArray, AnyPath

MODES = ("rgb", "grayscale")


def load_img(
    path: AnyPath,
    color_mode: str = "rgb",
    target_size: int | Sequence[int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> AnyArray:
    """Read a picture.

    Parameters
    ----------
    path : str or PathLike
    color_mode : "rgb" or "grayscale"
    target_size : int or (height, width), optional
        In pixels; by default the picture's own.
    interpolation : "nearest", "bilinear", "bicubic", "lanczos", "box" or "hamming"
        Pillow's filters, as in Keras's `load_img`.
    keep_aspect_ratio : False
        Cut the picture to its middle beforehand.

    Returns
    -------
    picture : (H, W, 3) or (H, W, 1) uint8, 0..255
        In Keras an image of Pillow's; `img_to_array` and `np.array` take both. EXIF's orientation is applied, and
        alpha laid over white.

    Raises
    ------
    ValueError
        An argument is none of these, or the file no picture.

    Notes
    -----
    Grey is Pillow's "L", (299 R + 587 G + 114 B) / 1000. Source: Keras 3 `utils.load_img`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(f"{folder}/two.ppm", "wb") as file:
    ...         _ = file.write(b"P6 2 1 255 " + bytes([255, 0, 0, 0, 0, 255]))
    ...     picture = load_img(f"{folder}/two.ppm")
    >>> picture.tolist()
    [[[255, 0, 0], [0, 0, 255]]]
    """
    if color_mode not in MODES:
        raise ValueError(f"`color_mode` must be 'rgb' or 'grayscale'. Received: color_mode={color_mode!r}.")
    if interpolation not in RESIZE:
        known = ", ".join(map(repr, RESIZE))
        raise ValueError(f"`interpolation` must be one of {known}. Received: interpolation={interpolation!r}.")
    if boolean("keep_aspect_ratio", keep_aspect_ratio):
        raise ValueError("load_img(keep_aspect_ratio=True) is not supported: cut the picture to its middle beforehand.")
    size: Any = tuple(target_size) if isinstance(target_size, Iterable) else (target_size, target_size)
    if target_size is not None and (len(size) != 2 or not all(is_integer(each) and each > 0 for each in size)):
        raise ValueError(
            "`target_size` must be (height, width), positive integers, or one of them for both. "
            f"Received: target_size={target_size!r}."
        )
    size = None if target_size is None else size
    return load_image(path, size, interpolation, channels=3 if color_mode == "rgb" else 1)  # grey, then resized


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> AnyArray:
    """Return a picture as an array of floats, (H, W, C).

    Parameters
    ----------
    img : array (H, W, C) or (H, W), or an image of Pillow's
    data_format : "channels_last", optional
    dtype : str or dtype, optional
        "float32" by default.

    Returns
    -------
    array : (H, W, C)

    Raises
    ------
    ValueError
        An argument is none of these.

    Notes
    -----
    Source: Keras 3 `utils.img_to_array`.

    Examples
    --------
    >>> import numpy as np
    >>> img_to_array(np.zeros((4, 5), np.uint8)).shape
    (4, 5, 1)
    """
    if data_format not in (None, "channels_last"):
        raise ValueError(f"`data_format` must be 'channels_last'. Received: data_format={data_format!r}.")
    array = np.asarray(img, "float32" if dtype is None else dtype)
    if array.ndim not in (2, 3):
        raise ValueError(f"`img` must be a picture, (H, W, C) or (H, W). Received: shape={array.shape}.")
    return array[..., None] if array.ndim == 2 else array
