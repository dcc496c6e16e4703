"""Cloth: a colour, a second one for trims and patterns, and the pattern itself."""

import numpy as np
from PIL import Image, ImageDraw

from ...types import Array
from .camera import Camera

Colour = tuple[int, int, int]  # RGB, 0..255

COLOURS: Array = np.array(
    [
        (34, 34, 38), (238, 236, 230), (128, 130, 134), (66, 70, 78), (30, 42, 78), (66, 96, 142), (132, 176, 214),
        (196, 40, 44), (118, 28, 46), (226, 142, 160), (226, 118, 44), (212, 166, 52), (240, 218, 110), (98, 104, 56),
        (44, 116, 72), (150, 204, 170), (28, 122, 130), (104, 62, 138), (182, 164, 212), (104, 70, 48), (206, 184, 146),
    ],
    dtype=np.float64,
)  # fmt: skip
PATTERNS: tuple[str, ...] = ("plain", "across", "along", "slanted", "checks", "dots", "blocks")
CHANCES: tuple[float, ...] = (0.70, 0.08, 0.03, 0.02, 0.06, 0.07, 0.04)


class Fabric:
    """A sheet of cloth in pixels, with the colours that belong to it.

    Parameters
    ----------
    camera : Camera
        How large a garment unit is on the sheet.
    rng : np.random.Generator
        Draws colours and pattern.
    behind : (3,) float64
        The background's main colour, from which the cloth's can be told.

    Attributes
    ----------
    colour, trim, tint, seam : (int, int, int)
        The cloth's, a second one, the cloth facing the light, and that of its edges; RGB, 0..255.
    image : PIL.Image.Image
        The sheet.
    """

    colour: Colour
    trim: Colour
    tint: Colour
    seam: Colour
    image: Image.Image

    def __init__(self, camera: Camera, rng: np.random.Generator, behind: Array):
        base = unlike(rng, behind, 135)
        self.colour = as_rgb(base)
        self.trim = as_rgb(unlike(rng, base, 90))
        self.tint = as_rgb(base + 0.45 * (250 - base))  # the same cloth, facing the light
        self.seam = as_rgb(base * 0.68 if base.mean() > 70 else base + 46)
        self.image = Image.new("RGB", (camera.side, camera.side), self.colour)
        kind = PATTERNS[rng.choice(len(PATTERNS), p=CHANCES)]
        if kind != "plain":
            _paint(ImageDraw.Draw(self.image), kind, camera, as_rgb(unlike(rng, base, 50)), rng)


def unlike(rng: np.random.Generator, other: Array, distance: float) -> Array:
    """Draw a colour of COLOURS, a little changed, at least `distance` from `other` in RGB."""
    colours = COLOURS[np.linalg.norm(COLOURS - other, axis=1) > distance]
    return np.clip(colours[rng.integers(len(colours))] + rng.normal(0, 9, 3), 8, 250)


def as_rgb(colour: Array) -> Colour:
    """Return a colour as the tuple of integers that Pillow takes."""
    red, green, blue = (int(value) for value in np.clip(np.rint(colour), 0, 255))
    return red, green, blue


def _paint(sheet: ImageDraw.ImageDraw, kind: str, camera: Camera, colour: Colour, rng: np.random.Generator) -> None:
    step = rng.uniform(0.12, 0.34)
    share = rng.uniform(0.25, 0.6)
    width = max(1, round(step * share * camera.unit))
    places = np.arange(-2, 2, step)
    if kind in ("across", "checks"):
        for y in places:
            sheet.line(camera.pixels([(-2, y), (2, y)]), fill=colour, width=width)
    if kind in ("along", "checks"):
        for x in places:
            sheet.line(camera.pixels([(x, -2), (x, 2)]), fill=colour, width=width)
    if kind == "slanted":
        for x in np.arange(-4, 4, step):
            sheet.line(camera.pixels([(x - 2, -2), (x + 2, 2)]), fill=colour, width=width)
    if kind == "dots":
        radius = max(1.5, width / 2.4)
        for row, y in enumerate(np.arange(-1.3, 1.3, step)):
            for x in np.arange(-1.3 + step / 2 * (row % 2), 1.3, step):
                px, py = camera.pixels([(x, y)])
                sheet.ellipse((px - radius, py - radius, px + radius, py + radius), fill=colour)
    if kind == "blocks":
        y, height = rng.uniform(-0.5, 0.4), rng.uniform(0.25, 2)
        sheet.polygon(camera.pixels([(-2, y), (2, y), (2, y + height), (-2, y + height)]), fill=colour)
