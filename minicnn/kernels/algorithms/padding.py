"""Images with zeros around or between their pixels, or with every so many alone.

With a frame of zeros round an image the loops after it need no test whether a pixel exists.
"""

from collections.abc import Sequence

from ...types import Array, Pair
from ..machine import ceil_div, jit, memory, run


@jit
def _copy_rows(start, stop, x, y, top, left):
    """Job: one row of one framed image."""
    _, height, width, channels = x.shape
    rows, columns = y.shape[1:3]
    first, last = min(max(left, 0), columns), max(min(left + width, columns), 0)
    for job in range(start, stop):
        n, i = job // rows, job % rows
        row = y[n, i].reshape(-1)
        if i < top or i >= top + height or last <= first:
            row[:] = 0
        else:
            row[: first * channels] = 0
            row[last * channels :] = 0
            source = x[n, i - top].reshape(-1)[(first - left) * channels : (last - left) * channels]
            middle = row[first * channels : last * channels]
            for k in range(source.size):
                middle[k] = source[k]


def zero_pad(x: Array, pads: Sequence[Pair]) -> Array:
    """Frame every image with zeros.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64, C-contiguous
        images or activations
    pads : ((top, bottom), (left, right)) int
        pixels; a negative pad cuts pixels off

    Returns
    -------
    y : (N, top + H + bottom, left + W + right, C), dtype of x
        x itself where there is nothing to add
    """
    (top, bottom), (left, right) = pads
    if not (top or bottom or left or right):
        return x
    n, height, width, channels = x.shape
    y = memory.empty((n, top + height + bottom, left + width + right, channels), x.dtype)
    run(_copy_rows, n * y.shape[1], y.size, x, y, top, left)
    return y


@jit
def _copy_subsampled(start, stop, x, y, sh, sw):
    """Job: one row of one image of y."""
    for job in range(start, stop):
        n, i = job // y.shape[1], job % y.shape[1]
        for j in range(y.shape[2]):
            source, pixel = x[n, i * sh, j * sw], y[n, i, j]
            for c in range(pixel.size):
                pixel[c] = source[c]


def subsample(x: Array, strides: Pair) -> Array:
    """Take every sh-th row and sw-th column: all that a 1 x 1 window with these strides sees.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64, C-contiguous
        images or activations
    strides : (sh, sw) int
        pixels

    Returns
    -------
    y : (N, ceil(H / sh), ceil(W / sw), C), dtype of x
        x itself where that is all
    """
    if strides == (1, 1):
        return x
    n, height, width, channels = x.shape
    y = memory.empty((n, ceil_div(height, strides[0]), ceil_div(width, strides[1]), channels), x.dtype)
    run(_copy_subsampled, n * y.shape[1], y.size, x, y, *strides)
    return y


@jit
def _insert_zeros(start, stop, x, y, sh, sw):
    """Job: one row of one image of y."""
    for job in range(start, stop):
        n, i = job // y.shape[1], job % y.shape[1]
        row = y[n, i]
        if i % sh or i // sh >= x.shape[1]:
            row[:] = 0
            continue
        for j in range(y.shape[2]):
            pixel = row[j]
            if j % sw or j // sw >= x.shape[2]:
                pixel[:] = 0
            else:
                source = x[n, i // sh, j // sw]
                for c in range(pixel.size):
                    pixel[c] = source[c]


def insert_zeros(x: Array, y: Array, strides: Pair) -> None:
    """Write pixels to every sh-th row and sw-th column of y, and zeros between them: the way back from `subsample`.

    Parameters
    ----------
    x : (N, OH, OW, C) float32 or float64, C-contiguous
        what `subsample` would have taken
    y : (N, H, W, C)
        written
    strides : (sh, sw) int
        pixels
    """
    run(_insert_zeros, len(y) * y.shape[1], y.size, x, y, *strides)
