"""Resizing: every image on another grid; a new pixel is a weighted sum of old ones. Its weights come from reference."""

from typing import Any

import numpy as np

from ..types import Array, NDArray
from .machine import checks, jit, memory, run


@jit
def _forward(start, stop, x, heights, row_weights, widths, column_weights, y):
    """Job: one row of one new image."""
    rows, columns = heights.shape[0], widths.shape[0]
    for job in range(start, stop):
        n, i = job // rows, job % rows
        for j in range(columns):
            out = y[n, i, j]
            out[:] = 0
            for a in range(heights.shape[1]):
                for b in range(widths.shape[1]):
                    weight = row_weights[i, a] * column_weights[j, b]
                    if weight != 0:  # what counts nothing may be NaN
                        pixel = x[n, heights[i, a], widths[j, b]]
                        for c in range(out.size):
                            out[c] += weight * pixel[c]


@jit
def _backward(start, stop, dy, heights, row_weights, widths, column_weights, dx):
    """Job: one old image: several new pixels read the same old one."""
    for n in range(start, stop):
        dx[n] = 0
        for i in range(heights.shape[0]):
            for j in range(widths.shape[0]):
                pixel = dy[n, i, j]
                for a in range(heights.shape[1]):
                    for b in range(widths.shape[1]):
                        weight = row_weights[i, a] * column_weights[j, b]
                        out = dx[n, heights[i, a], widths[j, b]]
                        for c in range(pixel.size):
                            out[c] += weight * pixel[c]


Taps = tuple[NDArray[Any], Array]  # places and weights, as reference.resize_taps returns them


def resize2d_forward(x: Array, rows: Taps, columns: Taps) -> Array:
    """Bring every image onto another grid.

    y[n,i,j,c] = sum_ab rows[i,a] * columns[j,b] * x[n, h[i,a], w[j,b], c]

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    rows, columns : (places (OH, K) int64, weights (OH, K) float64)
        of `reference.resize_taps`: places below H and W

    Returns
    -------
    y : (N, OH, OW, C), dtype of x

    Raises
    ------
    ValueError
        `rows` must read pixels from 0 to 3. Received: places from 0 to 7.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels, reference
    >>> twice = reference.resize_taps(2, 4, "nearest")
    >>> kernels.resize2d_forward(np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]]), twice, twice)[0, :, :, 0].tolist()
    [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0], [3.0, 3.0, 4.0, 4.0]]
    """
    x = checks.floats(x, "x", 4)
    taps = [*_checked(rows, "rows", x.shape[1], x.dtype), *_checked(columns, "columns", x.shape[2], x.dtype)]
    y = memory.empty((x.shape[0], len(taps[0]), len(taps[2]), x.shape[3]), x.dtype)
    run(_forward, y.shape[0] * y.shape[1], y.size * taps[0].shape[1] * taps[2].shape[1], x, *taps, y)
    return y


def resize2d_backward(dy: Array, size: tuple[int, int], rows: Taps, columns: Taps) -> Array:
    """Hand every new pixel's gradient back to the old ones that it read.

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64
        gradient of the loss with respect to y
    size : (H, W) int
        of x, pixels
    rows, columns : (places, weights)
        as given to `resize2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels, reference
    >>> twice = reference.resize_taps(2, 4, "nearest")
    >>> kernels.resize2d_backward(np.ones((1, 4, 4, 1)), (2, 2), twice, twice)[0, :, :, 0].tolist()
    [[4.0, 4.0], [4.0, 4.0]]
    """
    dy, (height, width) = checks.floats(dy, "dy", 4), checks.pair(size, "size")
    taps = [*_checked(rows, "rows", height, dy.dtype), *_checked(columns, "columns", width, dy.dtype)]
    checks.shape(dy, "dy", (dy.shape[0], len(taps[0]), len(taps[2]), dy.shape[3]))
    dx = memory.empty((dy.shape[0], height, width, dy.shape[3]), dy.dtype)
    run(_backward, len(dx), dy.size * taps[0].shape[1] * taps[2].shape[1], dy, *taps, dx)
    return dx


def _checked(taps: Taps, name: str, old: int, dtype: Any) -> tuple[NDArray[Any], Array]:
    """Return places and weights as the loops want them; a place outside would read foreign memory."""
    places, weights = np.ascontiguousarray(taps[0], np.int64), np.ascontiguousarray(taps[1], dtype)
    if places.ndim != 2 or places.shape != weights.shape:
        raise ValueError(
            f"`{name}` must be places and weights of one shape (new, K). "
            f"Received: shapes {places.shape} and {weights.shape}."
        )
    if places.size and not 0 <= places.min() <= places.max() < old:
        raise ValueError(
            f"`{name}` must read pixels from 0 to {old - 1}. Received: places from {places.min()} to {places.max()}."
        )
    return places, weights
