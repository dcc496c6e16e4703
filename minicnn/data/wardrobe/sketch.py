"""A sheet to draw one garment on: cloth, and its outline.

A garment is described in its own units: x to the right, y down, about -1..1 in both. `Sketch` turns, tilts, scales and
moves these points into pixels, and keeps two pictures: the cloth (colour everywhere) and the mask (where garment is).
"""

import numpy as np
from PIL import Image, ImageDraw

from ...types import Array, ArrayLike
from .camera import Camera, Points
from .fabric import Colour, Fabric

DETAIL = 3  # drawn at three times the final size, so that shrinking smooths every edge


class Sketch:
    """The cloth and the mask of one garment, the camera, and the colours to draw with.

    Parameters
    ----------
    camera : Camera
    fabric : Fabric
        The sheet of cloth, which is drawn on, and its colours.
    rng : np.random.Generator
        Draws what varies from garment to garment.

    Attributes
    ----------
    cloth : PIL.Image.Image
        Colour everywhere.
    mask : PIL.Image.Image
        255 where garment is.
    tint, trim, seam : (int, int, int)
        As in `Fabric`.
    """

    camera: Camera
    rng: np.random.Generator
    tint: Colour
    trim: Colour
    seam: Colour
    cloth: Image.Image
    mask: Image.Image

    def __init__(self, camera: Camera, fabric: Fabric, rng: np.random.Generator):
        self.camera, self.rng = camera, rng
        self.tint, self.trim, self.seam = fabric.tint, fabric.trim, fabric.seam
        self.cloth = fabric.image
        self.mask = Image.new("L", self.cloth.size)
        self._on_cloth, self._on_mask = ImageDraw.Draw(self.cloth), ImageDraw.Draw(self.mask)

    def part(self, points: Points, fill: Colour | None = None, soft: int = 1, edge: bool = True) -> None:
        """Add a piece of garment.

        Parameters
        ----------
        points : (K, 2)
            Its outline, in garment units.
        fill : (int, int, int), optional
            Its colour; by default the cloth's own pattern.
        soft : int
            How often its corners are cut.
        edge : bool
            Draw a seam along the outline.
        """
        pixels = self.camera.pixels(rounded(points, soft))
        self._on_mask.polygon(pixels, fill=255)
        if fill is not None:
            self._on_cloth.polygon(pixels, fill=fill)
        if edge:
            self._on_cloth.line(pixels + pixels[:2], fill=self.seam, width=max(1, round(0.03 * self.camera.unit)))

    def hole(self, points: Points, soft: int = 1) -> None:
        """Cut an opening: what lies behind the garment shows again."""
        pixels = self.camera.pixels(rounded(points, soft))
        self._on_mask.polygon(pixels, fill=0)

    def paint(self, points: Points, fill: Colour, soft: int = 0) -> None:
        """Colour a patch of the garment; nothing is added outside of it."""
        self._on_cloth.polygon(self.camera.pixels(rounded(points, soft)), fill=fill)

    def line(self, points: Points, fill: Colour | None = None, width: float = 0.03) -> None:
        """Draw a seam, in garment units, visible where there is garment."""
        pixels = self.camera.pixels(points)
        self._on_cloth.line(pixels, fill=fill or self.seam, width=max(1, round(width * self.camera.unit)))

    def dot(self, x: float, y: float, radius: float, fill: Colour | None = None) -> None:
        """Draw a button."""
        self.paint(ellipse(x, y, radius, radius), fill or self.seam)


def rounded(points: Points, times: int) -> Array:
    """Cut the corners of a closed outline (Chaikin, 1974): each edge keeps its middle half."""
    outline = np.asarray(points, dtype=np.float64)
    for _ in range(times):
        following = np.roll(outline, -1, axis=0)
        near, far = 0.75 * outline + 0.25 * following, 0.25 * outline + 0.75 * following
        outline = np.stack([near, far], axis=1).reshape(-1, 2)
    return outline


def mirrored(right_half: Points) -> Array:
    """Close an outline given as its right half, top to bottom, by its mirror image."""
    right = np.asarray(right_half, dtype=np.float64)
    return np.concatenate([right, right[::-1] * [-1, 1]])


def limb(path: Points, widths: ArrayLike) -> Array:
    """Return the outline of a sleeve or leg: a middle line of K points, and its width at each."""
    middle = np.asarray(path, dtype=np.float64)
    along = np.gradient(middle, axis=0)
    across = along[:, ::-1] * [-1, 1] / np.hypot(along[:, 0], along[:, 1])[:, None]
    half = across * np.asarray(widths, dtype=np.float64)[:, None] / 2
    return np.concatenate([middle + half, (middle - half)[::-1]])


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0.0, stop: float = 360.0) -> Array:
    """Return 24 points of an ellipse, or of the arc from `start` to `stop` (degrees, clockwise from the right)."""
    angle = np.radians(np.linspace(start, stop, 24))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)
