"""Draw which pixels of a photograph speak for a class: the picture, and its maps beside it."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..data import load_image, reading, to_floats
from ..explain import Scored, grad_cam, occlusion, overlay, saliency, score
from ..files import replacing
from ..models import Model
from ..types import AnyArray, Array
from .card import known
from .predict import probabilities

SIDE = 224  # pixels of a panel's longer side, at least
ROOM = 22  # below a panel, for its caption
GAP = 8


@dataclass
class Answer:
    """What speaks for a class on one picture.

    Attributes
    ----------
    names : list of str
        The classes.
    scored : Scored
    probability : float
        Of the class.
    pixels : (H, W, 3) uint8
        The picture as the model takes it.
    maps : dict
        "saliency", "Grad-CAM", "occlusion" -> (H, W).
    """

    names: list[str]
    scored: Scored
    probability: float
    pixels: AnyArray
    maps: dict[str, Array]

    def __str__(self) -> str:
        own, other = self.names[self.scored.label], self.scored.against
        what = "" if other is None else f" less that of {self.names[other]}"
        steep = self.maps["saliency"]
        row, column = np.unravel_index(steep.argmax(), steep.shape)
        return (
            f"{own} {self.probability:.3f}, its logit{what} {self.scored.value:.4g}; "
            f"pixel [{row}, {column}] moves it most"
        )


def ask(
    model: Model, path: str | os.PathLike[str], label: str | int | None = None, against: str | int | None = None
) -> Answer:
    """Compute the maps of a class for a picture in a file.

    Parameters
    ----------
    model : Model
        With its `classifier` set, see `card.complete`.
    path : str or PathLike
    label, against : str or int, optional
        As in `explain.score`.

    Returns
    -------
    answer : Answer

    Raises
    ------
    PictureError
        The file is no picture.
    ValueError
        The model has no such class.
    """
    card = known(model)
    if len(model.outputs) != 1 or len(model.output_shape) != 2 or len(model.input_shape) != 4:
        raise ValueError(
            "Maps are drawn for nets that take pictures with an axis of channels and name classes. "
            f"Received: {model.input_shape} to {model.output_shape}."
        )
    pixels = load_image(path, tuple(card["size"]), **reading(card))
    x = to_floats(pixels, card["scale"], card["offset"], card.get("order", "rgb"))
    scored = score(model, x, label, against)
    maps = {"saliency": saliency(model, x, scored.label, scored.against)}
    if any(len(call.shape) == 4 and call.sources and call.shape[1:3] != (1, 1) for call in model.calls()):
        maps["Grad-CAM"] = grad_cam(model, x, scored.label, against=scored.against)
    maps["occlusion"] = occlusion(model, x, scored.label, against=scored.against)
    p = probabilities(model, model.predict(x[None]))[0]
    shown = np.repeat(pixels, 3, -1) if pixels.shape[-1] == 1 else pixels
    return Answer(card["class_names"], scored, float(p[scored.label]), shown, maps)


def check_out(path: str | os.PathLike[str]) -> None:
    """Refuse, with a ValueError, what `draw` can't write to: another ending than .png, a folder that is not there."""
    if not os.fspath(path).lower().endswith(".png"):
        raise ValueError(f"`out` must end in .png. Received: {os.fspath(path)!r}.")
    if not (folder := Path(path).parent).is_dir():
        raise ValueError(f"`out` must lie in a folder that is there. Received: {str(folder)!r}.")


def draw(answer: Answer, path: str | os.PathLike[str]) -> None:
    """Draw the picture and its maps side by side, with their names, into a PNG file.

    Parameters
    ----------
    answer : Answer
    path : str or PathLike
        Nothing half-written is ever left there.

    Raises
    ------
    ValueError
        Another ending than .png, or no such folder.
    """
    check_out(path)
    panels = {"the picture": answer.pixels} | {
        name: overlay(answer.pixels, values) for name, values in answer.maps.items()
    }
    height, width = answer.pixels.shape[:2]
    longest = max(height, width)
    factor = (SIDE + longest - 1) // longest  # rounded up: 1 or more
    height, width = height * factor, width * factor
    sheet = Image.new("RGB", (len(panels) * (width + GAP) - GAP, height + ROOM), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for k, (name, panel) in enumerate(panels.items()):
        left = k * (width + GAP)
        sheet.paste(Image.fromarray(panel).resize((width, height), Image.Resampling.NEAREST), (left, 0))
        pen.text((left, height + 3), name, "black", font)
    with replacing(path) as file:
        sheet.save(file, "PNG")
