"""A map laid over its picture: orange where it is above 0, blue where it is below, as on the page."""

import numpy as np

from ...types import AnyArray, Array

ABOVE = np.array([217.0, 95.0, 14.0])
BELOW = np.array([49.0, 130.0, 189.0])


def overlay(pixels: AnyArray, values: Array, strength: float = 0.75) -> AnyArray:
    """Lay a map over a picture, whose colours fade to grey where the map says nothing.

    Parameters
    ----------
    pixels : (H, W, 3) or (H, W, 1) uint8
    values : (H, W)
        The map; its largest number, either sign, gets the full colour.
    strength : float
        How much of the full colour covers the picture, 0 to 1.

    Returns
    -------
    picture : (H, W, 3) uint8

    Raises
    ------
    ValueError
        The map is not as large as the picture.

    Examples
    --------
    >>> overlay(np.zeros((1, 2, 3), np.uint8), np.array([[0.0, 2.0]]), strength=1).tolist()
    [[[0, 0, 0], [217, 95, 14]]]
    """
    if values.shape != pixels.shape[:2]:
        raise ValueError(f"`values` must be of the picture's size {pixels.shape[:2]}. Received: {values.shape}.")
    grey = np.broadcast_to(pixels.astype(float).mean(-1, keepdims=True), (*pixels.shape[:2], 3))
    most = np.abs(values).max()
    share = (strength * np.abs(values) / most if most > 0 else np.zeros(values.shape))[..., None]
    colour = np.where((values > 0)[..., None], ABOVE, BELOW)
    return np.rint(grey * (1 - share) + colour * share).astype(np.uint8)
