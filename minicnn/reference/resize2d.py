"""Resizing: every image on another grid. A new pixel is a weighted sum of old ones, of rows and of columns apart.

Forward   y[n,i,j,c] = sum_ab rows[i,a] * columns[j,b] * x[n, h[i,a], w[j,b], c]
Backward  dx[n, h, w, c] = the same weights times dy, summed over all new pixels that read it

Which old pixels (h, w) a new one reads, and how much, depends on sizes alone: `resize_taps`. New pixel i of `new` has
its centre at (i + 0.5) * old / new - 0.5 in old pixels. nearest takes the one pixel in whose area that lies, bilinear
the two neighbours by their distance, bicubic four by Keys's cubic (a = -0.5), area all that the new pixel covers.

Source: TensorFlow's image.resize, without antialiasing, which Keras 3 UpSampling2D and Resizing call; Keys, Cubic
convolution interpolation for digital image processing, 1981.
"""

import math
from typing import NamedTuple

import numpy as np

from ..types import Array, IntArray, Pads, Pair

INTERPOLATIONS: tuple[str, ...] = ("nearest", "bilinear", "bicubic", "area")
CUBIC_STEPS = 1024  # TensorFlow looks its cubic up in a table of so many steps a pixel


class Taps(NamedTuple):
    """Which pixels along one axis a new pixel reads, and how much of each.

    Attributes
    ----------
    places : (new, K) int64
        indices into the old axis
    weights : (new, K) float64
        they add up to 1

    Examples
    --------
    >>> from minicnn.reference import Taps, resize_taps
    >>> isinstance(resize_taps(2, 3, "bilinear"), Taps)
    True
    """

    places: IntArray
    weights: Array


def resize_taps(old: int, new: int, interpolation: str) -> Taps:
    """Find what every new pixel along one axis reads.

    Parameters
    ----------
    old : int
        pixels there are
    new : int
        pixels there shall be
    interpolation : "nearest", "bilinear", "bicubic" or "area"

    Returns
    -------
    taps : Taps

    Notes
    -----
    Places are computed in float32, as TensorFlow does: where a centre lies on a border its rounding decides.

    Examples
    --------
    >>> from minicnn.reference import resize_taps
    >>> resize_taps(2, 4, "nearest").places.ravel().tolist()
    [0, 0, 1, 1]
    >>> resize_taps(2, 4, "bilinear").weights.tolist()
    [[0.25, 0.75], [0.75, 0.25], [0.25, 0.75], [0.75, 0.25]]
    """
    scale, half = np.float32(old) / np.float32(new), np.float32(0.5)
    centres = (np.arange(new, dtype=np.float32) + half) * scale
    if interpolation == "nearest":
        places = np.minimum(np.floor(centres).astype(np.int64), old - 1)[:, None]
        return Taps(places, np.ones(places.shape))
    if interpolation == "area":
        return _area(old, new)
    centres = centres - half
    first = np.floor(centres)
    fraction = centres - first
    if interpolation == "bilinear":
        places = first.astype(np.int64)[:, None] + np.arange(2)
        right = fraction.astype(np.float64)
        return Taps(np.clip(places, 0, old - 1), np.stack([1 - right, right], 1))
    places = first.astype(np.int64)[:, None] + np.arange(-1, 3)
    steps = np.rint(fraction * CUBIC_STEPS) / CUBIC_STEPS
    distances = np.abs(steps.astype(np.float64)[:, None] - np.arange(-1, 3))
    weights = _cubic(distances) * ((places >= 0) & (places < old))  # what lies outside counts nothing
    return Taps(np.clip(places, 0, old - 1), weights / weights.sum(1, keepdims=True))


def _cubic(d: Array) -> Array:
    """Weigh a pixel at distance d, from 0 to 2."""
    near, far = ((1.5 * d - 2.5) * d) * d + 1, ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d <= 1, near, far)


def _area(old: int, new: int) -> Taps:
    """Weigh every old pixel by the part of the new one that it covers."""
    rows: list[list[tuple[int, float]]] = []
    for i in range(new):
        low, high = i * old / new, (i + 1) * old / new
        covered = range(math.floor(low), min(math.ceil(high), old))
        rows.append([(h, (min(h + 1, high) - max(h, low)) / (high - low)) for h in covered])
    most = max(map(len, rows))
    padded = [row + [(row[-1][0], 0.0)] * (most - len(row)) for row in rows]
    places, weights = zip(*(zip(*row, strict=True) for row in padded), strict=True)
    return Taps(np.array(places, np.int64), np.array(weights))


def aspect_crops(size: Pair, wanted: Pair) -> Pads:
    """Find what is to be cut away, so that an image has the aspect ratio of another size: its middle stays.

    Parameters
    ----------
    size : (H, W) int
        of the image, pixels
    wanted : (height, width) int
        whose ratio it shall have

    Returns
    -------
    crops : ((top, bottom), (left, right)) int
        pixels; as Keras's crop_to_aspect_ratio rounds them, in float32

    Examples
    --------
    >>> from minicnn.reference import aspect_crops
    >>> aspect_crops((100, 160), (50, 50)), aspect_crops((5, 4), (2, 2))
    (((0, 0), (30, 30)), ((0, 1), (0, 0)))
    """
    crops = []
    for axis in (0, 1):
        own, other, want, want_other = size[axis], size[1 - axis], wanted[axis], wanted[1 - axis]
        kept = max(min(own, int(np.float32(other * want) / np.float32(want_other))), 1)
        first = (own - kept) // 2
        crops.append((first, own - kept - first))
    rows, columns = crops
    return rows, columns


def resize2d_forward(x: Array, rows: Taps, columns: Taps) -> Array:
    """Bring every image onto another grid.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    rows, columns : Taps
        of `resize_taps`: places below H and W

    Returns
    -------
    y : (N, len(rows.places), len(columns.places), C), dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> twice = reference.resize_taps(2, 4, "nearest")
    >>> reference.resize2d_forward(np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]]), twice, twice)[0, :, :, 0].tolist()
    [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0], [3.0, 3.0, 4.0, 4.0]]
    """
    y = np.zeros((x.shape[0], len(rows.places), len(columns.places), x.shape[3]))
    for i, j in np.ndindex(*y.shape[1:3]):
        for h, row in zip(rows.places[i], rows.weights[i], strict=True):
            for w, column in zip(columns.places[j], columns.weights[j], strict=True):
                if row * column != 0:  # what counts nothing may be NaN
                    y[:, i, j] += row * column * x[:, h, w]
    return y.astype(x.dtype)


def resize2d_backward(dy: Array, size: Pair, rows: Taps, columns: Taps) -> Array:
    """Hand every new pixel's gradient back to the old ones that it read.

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64
        gradient of the loss with respect to y
    size : (H, W) int
        of x, pixels
    rows, columns : Taps
        as given to `resize2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> twice = reference.resize_taps(2, 4, "nearest")
    >>> reference.resize2d_backward(np.ones((1, 4, 4, 1)), (2, 2), twice, twice)[0, :, :, 0].tolist()
    [[4.0, 4.0], [4.0, 4.0]]
    """
    dx = np.zeros((dy.shape[0], *size, dy.shape[3]))
    for i, j in np.ndindex(*dy.shape[1:3]):
        for h, row in zip(rows.places[i], rows.weights[i], strict=True):
            for w, column in zip(columns.places[j], columns.weights[j], strict=True):
                if row * column != 0:
                    dx[:, h, w] += row * column * dy[:, i, j]
    return dx.astype(dy.dtype)
