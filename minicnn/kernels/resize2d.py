"""Resizing: every image on another grid; a new pixel is a weighted sum of old ones. Its weights come from reference."""

from typing import Any

import numpy as np

from ..types import Array, NDArray
from .machine import checks, jit, memory, run, sums


@jit
def _forward(start, stop, x, heights, row_weights, row_counts, widths, column_weights, column_counts, y):
    """Job: one row of one new image."""
    rows, columns = heights.shape[0], widths.shape[0]
    for job in range(start, stop):
        n, i = job // rows, job % rows
        for j in range(columns):
            out = y[n, i, j]
            out[:] = 0
            for a in range(row_counts[i]):
                for b in range(column_counts[j]):
                    weight = row_weights[i, a] * column_weights[j, b]
                    pixel = x[n, heights[i, a], widths[j, b]]
                    for c in range(out.size):
                        out[c] += weight * pixel[c]


@jit
def _backward(start, stop, dy, heights, row_weights, row_counts, widths, column_weights, column_counts, dx):
    """Job: one old image: several new pixels read the same old one."""
    for n in range(start, stop):
        dx[n] = 0
        for i in range(heights.shape[0]):
            for j in range(widths.shape[0]):
                pixel = dy[n, i, j]
                for a in range(row_counts[i]):
                    for b in range(column_counts[j]):
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
    rows, columns = _checked(rows, "rows", x.shape[1]), _checked(columns, "columns", x.shape[2])
    terms = rows[0].shape[1] * columns[0].shape[1]
    dtype = sums.dtype_for(x.dtype, terms)
    taps = *_counted(*rows, dtype), *_counted(*columns, dtype)
    y = memory.empty((x.shape[0], len(rows[0]), len(columns[0]), x.shape[3]), dtype)
    run(_forward, y.shape[0] * y.shape[1], y.size * terms, x, *taps, y)
    return sums.rounded(y, x.dtype)


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
    rows, columns = _checked(rows, "rows", height), _checked(columns, "columns", width)
    checks.shape(dy, "dy", (dy.shape[0], len(rows[0]), len(columns[0]), dy.shape[3]))
    terms = rows[0].size * columns[0].size  # of a whole image
    dtype = sums.dtype_for(dy.dtype, terms / max(1, height * width))
    taps = *_counted(*rows, dtype), *_counted(*columns, dtype)
    dx = memory.empty((dy.shape[0], height, width, dy.shape[3]), dtype)
    run(_backward, len(dx), len(dy) * dy.shape[3] * terms, dy, *taps, dx)
    return sums.rounded(dx, dy.dtype)


def _counted(places, weights, dtype):
    """Return places, weights in a dtype, and how many count: these first, since what counts nothing may be NaN.

    To ask for each weight in the loops made the way back 3 to 8 times slower.
    """
    counts = np.count_nonzero(weights, 1)
    if counts.sum() < weights.size:
        order = np.argsort(weights == 0, 1, kind="stable")
        places, weights = (np.take_along_axis(item, order, 1) for item in (places, weights))
    return places, weights.astype(dtype, copy=False), counts


def _checked(taps: Taps, name: str, old: int) -> tuple[NDArray[Any], Array]:
    """Return places and weights as the loops want them; a place outside would read foreign memory."""
    places, weights = np.ascontiguousarray(taps[0], np.int64), np.ascontiguousarray(taps[1], np.float64)
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
