"""A picture's bytes become pixels, and its probabilities a row of the answer."""

from io import BytesIO
from typing import Any

import numpy as np

from ...data import PictureError, TooManyPixels, load_image, reading
from ...types import AnyArray, NDArray
from ..answers import row
from .reading import Sent
from .refusal import Refusal
from .shelf import Model


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
        400: it is no picture; 413: it has more pixels.
    """
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
