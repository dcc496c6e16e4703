"""Affine transforms: every image is turned, moved or stretched by a matrix of its own.

    y[n,i,j,c] = x[n, row, column, c],  column = a0*j + a1*i + a2,  row = b0*j + b1*i + b2

Between pixels the four neighbours are weighed by their distance, or the nearest one is read. Outside the image:

    reflect   d c b a | a b c d | d c b a       wrap      a b c d | a b c d | a b c d
    nearest   a a a a | a b c d | d d d d       constant  a number

Coordinates are computed in float32. There is no way back: augmentation stands before all that learns.

Source: TensorFlow's ImageProjectiveTransformV3, which Keras 3 `ops.image.affine_transform` calls; its "wrap" counts
coordinates beyond the last pixel in steps of size - 1.
"""

import math

import numpy as np

from ..types import Array, ArrayLike

FILL_MODES: tuple[str, ...] = ("reflect", "wrap", "nearest", "constant")


def affine_transform_forward(
    x: Array,
    matrices: ArrayLike,
    fill_mode: str = "reflect",
    interpolation: str = "bilinear",
    fill_value: float = 0.0,
) -> Array:
    """Read every pixel of every new image where its matrix says.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images, any scale
    matrices : (N, 6) float32, finite
        a0 to a2 and b0 to b2 of each image: pixel (i, j) reads x at column a0*j + a1*i + a2, row b0*j + b1*i + b2
    fill_mode : "reflect", "wrap", "nearest" or "constant"
        what is read outside the image
    interpolation : "bilinear" or "nearest"
        what is read between pixels
    fill_value : float
        what "constant" reads

    Returns
    -------
    y : (N, H, W, C), dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    >>> reference.affine_transform_forward(x, [[1, 0, 1, 0, 1, 0]], "constant").ravel().tolist()  # one to the left
    [2.0, 3.0, 0.0]
    """
    y, (height, width) = np.zeros_like(x), x.shape[1:3]
    for n, m in enumerate(np.asarray(matrices, np.float32)):
        for i, j in np.ndindex(height, width):
            row, column = np.float32(i), np.float32(j)
            across = _inside(m[0] * column + m[1] * row + m[2], width, fill_mode)
            down = _inside(m[3] * column + m[4] * row + m[5], height, fill_mode)
            if interpolation == "nearest":
                across, down = (np.float32(math.copysign(math.floor(abs(at) + 0.5), at)) for at in (across, down))
            left, top = np.floor(across), np.floor(down)
            for h, of_row in ((top, top + 1 - down), (top + 1, down - top)):
                for w, of_column in ((left, left + 1 - across), (left + 1, across - left)):
                    if of_row * of_column != 0:
                        known = 0 <= h < height and 0 <= w < width
                        pixel = x[n, int(h), int(w)] if known else x.dtype.type(fill_value)
                        y[n, i, j] += x.dtype.type(of_row * of_column) * pixel
    return y


def _inside(at: np.float32, size: int, fill_mode: str) -> np.float32:
    """Return where a coordinate that lies outside the image is read."""
    last = np.float32(size - 1)
    if fill_mode == "constant":
        return at
    if size > 1 and not 0 <= at <= last:
        if fill_mode == "reflect":
            at = at % np.float32(2 * size)
            at = np.float32(2 * size) - np.float32(1) - at if at >= size else at
        elif fill_mode == "wrap" and at < 0:
            at = at + np.float32(size) * (np.floor(-at / last) + np.float32(1))
        elif fill_mode == "wrap":
            at = at - np.float32(size) * np.floor(at / last)
    return min(max(at, np.float32(0)), last)
