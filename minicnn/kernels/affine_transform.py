"""Affine transforms: every image is turned, moved or stretched by a matrix of its own. It has no way back."""

import math

import numpy as np

from ..types import Array, ArrayLike
from .machine import checks, jit, memory, run

MODES = {"reflect": 0, "wrap": 1, "nearest": 2, "constant": 3}


@jit(contract=False)
def _inside(at, size, mode):
    """Return where a coordinate, which may lie outside the image, is read, as `reference.affine_transform` has it.

    Just outside the division's remainder is a sum, to the last bit, and takes a tenth of its time.
    """
    last, one, around = np.float32(size - 1), np.float32(1), np.float32(2 * size)
    if mode == 3:
        return at
    if mode < 2 and size > 1 and (at < 0 or at > last):
        if mode == 0:
            if -around < at < 0:
                at += around
            elif not 0 <= at < around:
                at = at % around
            at = around - one - at if at >= np.float32(size) else at
        elif at < 0:
            at += np.float32(size) * (np.float32(math.floor(-at / last)) + one)
        else:
            at -= np.float32(size) * np.float32(math.floor(at / last))
    return min(max(at, np.float32(0)), last)


@jit(contract=False)
def _mixed(x, n, h, w, w00, w01, w10, w11, y, i, j, count):
    """Mix four old pixels that lie inside."""
    for c in range(count):
        above = w00 * x[n, h, w, c] + w01 * x[n, h, w + 1, c]
        y[n, i, j, c] = above + w10 * x[n, h + 1, w, c] + w11 * x[n, h + 1, w + 1, c]


@jit(contract=False)
def _edge(x, n, across, down, fill, y, i, j):
    """Mix what there is of four old pixels: at edges, outside, and where some count nothing, which may be NaN."""
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    left, top = np.float32(math.floor(across)), np.float32(math.floor(down))
    h, w, one = int(top), int(left), np.float32(1)
    if across == left and down == top and 0 <= h < height and 0 <= w < width:
        for c in range(channels):
            y[n, i, j, c] = x[n, h, w, c]
        return
    for c in range(channels):
        y[n, i, j, c] = 0
    for a in range(2):
        for b in range(2):
            part = down - top if a else top + one - down
            weight = x.dtype.type(part * (across - left if b else left + one - across))
            if weight != 0:
                known = 0 <= h + a < height and 0 <= w + b < width
                for c in range(channels):
                    y[n, i, j, c] += weight * (x[n, h + a, w + b, c] if known else fill)


@jit(contract=False)
def _forward(start, stop, x, matrices, mode, bilinear, fill, y):
    """Job: one row of one new image. Coordinates are float32 whatever x is.

    Most pixels are a mixture of four that all lie inside and all count: weights of 1e-15 and more are no product of
    which rounds to 0. Three channels are a loop of known length: both together take half the time of one loop for all.
    """
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    zero, one, half, least = np.float32(0), np.float32(1), np.float32(0.5), np.float32(1e-15)
    last_row, last_column = np.float32(height - 1), np.float32(width - 1)
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
            elif zero <= across < last_column and zero <= down < last_row:
                h, w = np.int32(down), np.int32(across)
                right, low = across - np.float32(w), down - np.float32(h)
                if right > least and low > least:
                    left, high = np.float32(w) + one - across, np.float32(h) + one - down
                    w00, w01 = x.dtype.type(high * left), x.dtype.type(high * right)
                    w10, w11 = x.dtype.type(low * left), x.dtype.type(low * right)
                    if channels == 3:
                        _mixed(x, n, h, w, w00, w01, w10, w11, y, i, j, 3)
                    else:
                        _mixed(x, n, h, w, w00, w01, w10, w11, y, i, j, channels)
                    continue
            _edge(x, n, across, down, fill, y, i, j)


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
