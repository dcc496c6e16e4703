"""A picture's bytes become pixels, and its probabilities a row of the answer."""

import threading
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from ...data import SUFFIXES, PictureError, TooManyPixels, load_image, reading
from ...types import AnyArray, NDArray
from ..answers import row
from .reading import Sent, pictures_of
from .refusal import Refusal
from .settings import Limits
from .shelf import Model

# A progressive JPEG is drawn over and over, by as many scans as it has: ten or so, or a hundred thousand of some bytes,
# each of which costs a walk over all its pixels. Nothing could stop the thread that had begun.
SCANS: int = 100
JPEG, SCAN = b"\xff\xd8", b"\xff\xda"


class Pixels:
    """How many pixels the pictures of one request may yet have, together: to decode them is what costs time.

    Parameters
    ----------
    limits : Limits
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.pixels_together
        self._lock = threading.Lock()

    def take(self, data: bytes) -> None:
        """Count a picture, as its head tells; what has none, or too many pixels alone, is never decoded and costs none.

        Parameters
        ----------
        data : bytes
            The file's.

        Raises
        ------
        Refusal
            413: there are too many.
        """
        pixels = _pixels_of(data)
        if pixels > self._limits.max_pixels:
            return
        with self._lock:
            self._left -= pixels
            if self._left < 0:
                most = self._limits.pixels_together
                raise Refusal(413, f"The pictures of a request may have {most} pixels at most, together.")


def _pixels_of(data: bytes) -> int:
    try:
        with Image.open(BytesIO(data), formats=_formats()) as image:
            return image.width * image.height
    except Exception:  # Pillow raises a dozen kinds; `decode` tells what is wrong
        return 0


@cache
def _formats() -> tuple[str, ...]:
    """Return Pillow's names of the formats that are read."""
    names = Image.registered_extensions()
    return tuple({names[suffix] for suffix in SUFFIXES if suffix in names})


def taken_apart(body: bytes, content_type: str, limits: Limits, pixels: Pixels) -> list[Sent]:
    """Find the pictures in a request's body, and count their pixels.

    Parameters
    ----------
    body : bytes
    content_type : str
    limits : Limits
    pixels : Pixels

    Returns
    -------
    sent : list of Sent
        Those given by address are yet to be counted.

    Raises
    ------
    Refusal
        As `pictures_of`, or 413.
    """
    sent = pictures_of(body, content_type, limits)
    for each in sent:
        if not each.url:
            pixels.take(each.data)
    return sent


def decode(model: Model, data: bytes, name: str, max_pixels: int) -> NDArray[np.uint8]:
    """Decode a picture as `minicnn predict` does.

    Parameters
    ----------
    model : Model
    data : bytes
        The file's.
    name : str
        What an error calls it.
    max_pixels : int

    Returns
    -------
    picture : (H, W, C) uint8

    Raises
    ------
    Refusal
        400: it is no picture, or a JPEG that is drawn without end; 413: it has more pixels.
    """
    if data.startswith(JPEG) and data.count(SCAN) > SCANS:
        raise Refusal(400, f"Cannot read the picture {name}: it is a JPEG of more than {SCANS} scans.")
    try:
        return load_image(
            BytesIO(data), tuple(model.card["size"]), name=name, max_pixels=max_pixels, **reading(model.card)
        )
    except TooManyPixels as problem:
        raise Refusal(413, str(problem)) from None
    except PictureError as problem:
        raise Refusal(400, str(problem)) from None


def tell(model: Model, sent: Sent, p: AnyArray | Refusal) -> dict[str, Any]:
    """Tell one picture's answer.

    Parameters
    ----------
    model : Model
    sent : Sent
    p : (classes,) float, or why there is none

    Returns
    -------
    row : dict
        "picture", and what `row` tells, or "error".
    """
    if isinstance(p, Refusal):
        return {"picture": sent.name, "error": p.sentence}
    return {"picture": sent.name, **row(model.card, p)}
