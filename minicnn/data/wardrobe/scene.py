"""Around the garment: what lies behind it, the light on it, and the camera's noise."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ...types import Array, NDArray
from .fabric import COLOURS, as_rgb
from .sketch import Sketch

FLOORS: tuple[str, ...] = ("plain", "plain", "planks", "wall", "clutter", "sheet", "tiles")


def background(side: int, rng: np.random.Generator) -> tuple[Image.Image, Array]:
    """Paint a background of side x side pixels; return it with its main colour, (3,) float64."""
    bright = rng.uniform(30, 90) if rng.random() < 0.05 else rng.uniform(180, 245)
    colour = COLOURS[rng.integers(len(COLOURS))] * 0.2 + bright * 0.8
    image = Image.new("RGB", (side, side), as_rgb(colour))
    _furnish(ImageDraw.Draw(image), FLOORS[rng.integers(len(FLOORS))], side, colour, rng)
    return image, colour


def compose(sketch: Sketch, behind: Image.Image, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Lay the garment on its background and photograph it.

    Parameters
    ----------
    sketch : Sketch
        Of a multiple of `size` pixels.
    behind : PIL.Image.Image
        The background, as large.
    size : int
        Of the square picture, in pixels.
    rng : np.random.Generator
        Draws shadow, folds, light and noise.

    Returns
    -------
    picture : (size, size, 3) uint8
        RGB, 0..255.
    """
    cloth, floor = _shrunk(sketch.cloth, size), _shrunk(behind, size)  # (size, size, 3)
    mask = sketch.mask.reduce(sketch.mask.width // size)
    there = np.asarray(mask, dtype=np.float32)[..., None] / 255
    reach = size * rng.uniform(0.01, 0.05)
    shadow = np.asarray(mask.filter(ImageFilter.GaussianBlur(reach)), dtype=np.float32)[..., None] / 255
    shadow = np.roll(shadow, rng.integers(-size // 24, size // 24 + 1, 2), axis=(0, 1))
    floor = floor * (1 - rng.uniform(0.1, 0.5) * shadow)
    cloth = cloth * (1 + rng.uniform(0.05, 0.16) * _clouds(int(rng.integers(3, 8)), size, rng))  # folds
    picture = floor * (1 - there) + cloth * there
    return _photograph(picture, size, rng)


def _shrunk(image: Image.Image, size: int) -> NDArray[np.float32]:
    return np.asarray(image.reduce(image.width // size), dtype=np.float32)


def _clouds(cells: int, size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a smooth random field of about -2..2, (size, size, 1), with `cells` hills a side."""
    coarse = Image.fromarray(rng.standard_normal((cells, cells), dtype=np.float32))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))[..., None]


def _photograph(picture: Array, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Light, white balance, noise, and perhaps a lens out of focus."""
    picture = picture * (1 + 0.05 * _clouds(2, size, rng))  # light from one side
    picture = picture * rng.uniform(0.93, 1.07, 3).astype(np.float32) * np.float32(rng.uniform(0.78, 1.12))
    picture += rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(rng.uniform(1, 5))
    photograph = Image.fromarray(np.clip(picture + 0.5, 0, 255).astype(np.uint8))
    if rng.random() < 0.15:
        photograph = photograph.filter(ImageFilter.GaussianBlur(size / 64 * rng.uniform(0.3, 0.8)))  # out of focus
    return np.array(photograph)


def _furnish(sheet: ImageDraw.ImageDraw, kind: str, side: int, colour: Array, rng: np.random.Generator) -> None:
    """Draw what the floor is made of, or what lies there."""
    other = as_rgb(colour * rng.uniform(0.84, 0.95) if colour.mean() > 90 else colour + rng.uniform(10, 30))
    if kind in ("planks", "tiles"):
        step, phase = side * rng.uniform(0.14, 0.3), rng.uniform(0, side)
        upright = rng.random() < 0.5
        for place in (phase + step * np.arange(-8, 8)).tolist():
            for along in (upright,) if kind == "planks" else (True, False):
                ends = (place, 0, place, side) if along else (0, place, side, place)
                sheet.line(ends, fill=other, width=max(1, side // 96))
    elif kind == "wall":
        level, slope = side * rng.uniform(0.25, 0.9), side * rng.uniform(-0.08, 0.08)
        sheet.polygon((0, level, side, level + slope, side, side, 0, side), fill=other)
    elif kind == "clutter":
        for _ in range(rng.integers(1, 4)):
            x, y = rng.uniform(0, side, 2)
            corners = np.array([x, y]) + rng.uniform(-0.25, 0.25, (rng.integers(3, 6), 2)) * side
            shade = COLOURS[rng.integers(len(COLOURS))] * 0.3 + colour * 0.7
            sheet.polygon(corners.ravel().tolist(), fill=as_rgb(shade))
    elif kind == "sheet":
        step, slant = side * rng.uniform(0.08, 0.2), side * rng.uniform(-0.6, 0.6)
        for x in np.arange(-side, 2 * side, step).tolist():
            sheet.line((x, 0, x + slant, side), fill=other, width=max(1, int(step * 0.4)))
