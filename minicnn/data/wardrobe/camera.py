"""The camera that looks at a garment: garment units (x to the right, y down, about -1..1) become pixels."""

import numpy as np

from ...types import Array, ArrayLike

Points = ArrayLike  # (K, 2), in garment units


class Camera:
    """How garment units become pixels: a turn, a tilt, a size, a place.

    Parameters
    ----------
    side : int
        Of the square picture, in pixels.
    rng : np.random.Generator
        Draws all of it.

    Attributes
    ----------
    side : int
    unit : float
        Pixels of one garment unit.
    matrix : (2, 2) float64
        From garment units to pixels.
    centre : (2,) float64
        Where the garment's middle lies, in pixels.
    """

    side: int
    unit: float
    matrix: Array
    centre: Array

    def __init__(self, side: int, rng: np.random.Generator):
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
        self.unit = size

    def pixels(self, points: Points) -> list[float]:
        """Turn (K, 2) garment points into the flat list of pixel coordinates that Pillow draws."""
        return (np.asarray(points, dtype=np.float64) @ self.matrix.T + self.centre).ravel().tolist()
