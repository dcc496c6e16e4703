"""Affine transforms: every image is turned, moved or stretched by a matrix of its own. It has no way back."""

import math

import numpy as np

from ..types import Array, ArrayLike
from .machine import checks, jit, memory, run

MODES = {"reflect": 0, "wrap": 1, "nearest": 2, "constant": 3}


@jit(contract=False)
def _inside(at, size, mode):
    """Return where a coordinate, which may lie outside the image, is read, as `reference.affine_transform` has it."""
    last, one = np.float32(size - 1), np.float32(1)
    if mode == 3:
        return at
    if mode < 2 and size > 1 and (at < 0 or at > last):
        if mode == 0:
            at = at % np.float32(2 * size)
            at = np.float32(2 * size) - one - at if at >= np.float32(size) else at
        elif at < 0:
            at += np.float32(size) * (np.float32(math.floor(-at / last)) + one)
        else:
            at -= np.float32(size) * np.float32(math.floor(at / last))
    return min(max(at, np.float32(0)), last)


@jit(contract=False)
def _forward(start, stop, x, matrices, mode, bilinear, fill, y):
    """Job: one row of one new image. Coordinates are float32 whatever x is.

    Most pixels read one old pixel, or four that all lie inside: these take no loop over corners.
    """
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    zero, one, half = x.dtype.type(0), np.float32(1), np.float32(0.5)
    for job in range(start, stop):
        n, i = job // height, job % height
        m, row = matrices[n], np.float32(i)
        for j in range(width):
            column = np.float32(j)
            across = _inside(m[0] * column + m[1] * row + m[2], width, mode)
            down = _inside(m[3] * column + m[4] * row + m[5], height, mode)
            if not bilinear:
                across = math.copysign(np.float32(math.floor(abs(across) + half)), across)
                down = math.copysign(np.float32(math.floor(abs(down) + half)), down)
            left, top = np.float32(math.floor(across)), np.float32(math.floor(down))
            right_part, left_part = across - left, left + one - across
            low_part, high_part = down - top, top + one - down
            h, w, out = int(top), int(left), y[n, i, j]
            inside = 0 <= h < height and 0 <= w < width
            if inside and right_part == 0 and low_part == 0:
                for c in range(channels):
                    out[c] = x[n, h, w, c]
                continue
            w00, w01 = x.dtype.type(high_part * left_part), x.dtype.type(high_part * right_part)
            w10, w11 = x.dtype.type(low_part * left_part), x.dtype.type(low_part * right_part)
            if inside and h + 1 < height and w + 1 < width and w00 > 0 and w01 > 0 and w10 > 0 and w11 > 0:
                for c in range(channels):
                    above = w00 * x[n, h, w, c] + w01 * x[n, h, w + 1, c]
                    out[c] = above + w10 * x[n, h + 1, w, c] + w11 * x[n, h + 1, w + 1, c]
                continue
            out[:] = zero
            for a in range(2):
                for b in range(2):
                    weight = (w11 if b else w10) if a else (w01 if b else w00)
                    if weight != 0:  # what counts nothing may be NaN
                        known = 0 <= h + a < height and 0 <= w + b < width
                        for c in range(channels):
                            out[c] += weight * (x[n, h + a, w + b, c] if known else fill)


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

    Raises
    ------
    ValueError
        `matrices` must be finite, of shape (2, 6). Received: shape (6,). Or a mode is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    >>> kernels.affine_transform_forward(x, [[1, 0, 1, 0, 1, 0]], "constant").ravel().tolist()  # one to the left
    [2.0, 3.0, 0.0]
    """
    x, found = checks.floats(x, "x", 4), np.ascontiguousarray(matrices, np.float32)
    if found.shape != (len(x), 6) or not np.isfinite(found).all():
        raise ValueError(f"`matrices` must be finite, of shape {(len(x), 6)}. Received: shape {found.shape}.")
    if fill_mode not in MODES:
        raise ValueError(f"`fill_mode` must be one of {', '.join(map(repr, MODES))}. Received: {fill_mode!r}.")
    if interpolation not in ("bilinear", "nearest"):
        raise ValueError(f"`interpolation` must be 'bilinear' or 'nearest'. Received: {interpolation!r}.")
    y, bilinear = memory.empty(x.shape, x.dtype), interpolation == "bilinear"
    fill = x.dtype.type(fill_value)
    run(_forward, len(x) * x.shape[1], 8 * x.size, x, found, MODES[fill_mode], bilinear, fill, y)
    return y
