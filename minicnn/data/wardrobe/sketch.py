"""A sheet to draw one garment on: cloth, its outline, and the camera that looks at both.

A garment is described in its own units: x to the right, y down, about -1..1 in both. `Sketch` turns, tilts, scales and
moves these points into pixels, and keeps two pictures: the cloth (colour everywhere) and the mask (where garment is).
"""

import numpy as np
from PIL import Image, ImageDraw

DETAIL = 3  # drawn at three times the final size, so that shrinking smooths every edge


class Camera:
    """How garment units become pixels: a turn, a tilt, a size, a place; drawn from `rng`."""

    def __init__(self, side, rng):
        self.side = side
        size = rng.uniform(0.84, 1.0) * side / 2
        turn = np.radians(rng.normal(0, 5))
        lean = rng.normal(0, 0.04)
        wide, tall = size * rng.uniform(0.92, 1.06), size * rng.uniform(0.92, 1.06)
        wide *= rng.choice((-1, 1))  # a mirrored garment is a garment
        cos, sin = np.cos(turn), np.sin(turn)
        self.matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[wide, lean * size], [0, tall]])
        reach = 0.2 if rng.random() < 0.06 else 0.025  # now and then a part is cut off
        self.centre = side / 2 + rng.uniform(-reach, reach, 2) * side
        self.unit = size  # pixels of one garment unit

    def pixels(self, points):
        """Turn (K, 2) garment points into the flat list of pixel coordinates that Pillow draws."""
        return (np.asarray(points, dtype=np.float64) @ self.matrix.T + self.centre).ravel().tolist()


class Sketch:
    """The cloth and the mask of one garment, the camera, and the colours to draw with."""

    def __init__(self, camera, fabric, rng):
        self.camera, self.rng = camera, rng
        self.tint, self.trim, self.seam = fabric.tint, fabric.trim, fabric.seam
        self.cloth = fabric.image
        self.mask = Image.new("L", self.cloth.size)
        self._on_cloth, self._on_mask = ImageDraw.Draw(self.cloth), ImageDraw.Draw(self.mask)

    def part(self, points, fill=None, soft=1, edge=True):
        """Add a piece of garment: in the cloth's own pattern, or in the colour `fill`."""
        pixels = self.camera.pixels(rounded(points, soft))
        self._on_mask.polygon(pixels, fill=255)
        if fill is not None:
            self._on_cloth.polygon(pixels, fill=fill)
        if edge:
            self._on_cloth.line(pixels + pixels[:2], fill=self.seam, width=max(1, round(0.03 * self.camera.unit)))

    def hole(self, points, soft=1):
        """Cut an opening: what lies behind the garment shows again."""
        pixels = self.camera.pixels(rounded(points, soft))
        self._on_mask.polygon(pixels, fill=0)

    def paint(self, points, fill, soft=0):
        """Colour a patch of the garment; nothing is added outside of it."""
        self._on_cloth.polygon(self.camera.pixels(rounded(points, soft)), fill=fill)

    def line(self, points, fill=None, width=0.03):
        """Draw a seam, in garment units, visible where there is garment."""
        pixels = self.camera.pixels(points)
        self._on_cloth.line(pixels, fill=fill or self.seam, width=max(1, round(width * self.camera.unit)))

    def dot(self, x, y, radius, fill=None):
        """Draw a button."""
        self.paint(ellipse(x, y, radius, radius), fill or self.seam)


def rounded(points, times):
    """Cut the corners of a closed outline (Chaikin, 1974): each edge keeps its middle half."""
    points = np.asarray(points, dtype=np.float64)
    for _ in range(times):
        following = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following], axis=1).reshape(-1, 2)
    return points


def mirrored(right_half):
    """Close an outline given as its right half, top to bottom, by its mirror image."""
    right = np.asarray(right_half, dtype=np.float64)
    return np.concatenate([right, right[::-1] * [-1, 1]])


def limb(path, widths):
    """Return the outline of a sleeve or leg: a middle line of K points, and its width at each."""
    path = np.asarray(path, dtype=np.float64)
    along = np.gradient(path, axis=0)
    across = along[:, ::-1] * [-1, 1] / np.hypot(along[:, 0], along[:, 1])[:, None]
    half = across * np.asarray(widths, dtype=np.float64)[:, None] / 2
    return np.concatenate([path + half, (path - half)[::-1]])


def ellipse(x, y, rx, ry, start=0.0, stop=360.0):
    """Return 24 points of an ellipse, or of the arc from `start` to `stop` (degrees, clockwise from the right)."""
    angle = np.radians(np.linspace(start, stop, 24))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)
