"""Frames of zeros round pictures, so that the loops behind need no test whether a pixel exists."""

from . import memory
from .jit import jit
from .threads import run


@jit
def _copy_rows(start, stop, x, y, top, left):
    """Job: one picture. Copy it into the middle of its frame of zeros."""
    _, height, width, channels = x.shape
    for n in range(start, stop):
        for i in range(y.shape[1]):
            row = y[n, i]
            if i < top or i >= top + height:
                row[:] = 0
            else:
                row[:left] = 0
                row[left + width:] = 0
                for j in range(width):
                    for c in range(channels):
                        row[left + j, c] = x[n, i - top, j, c]


def zero_pad(x, pads):
    """Frame every picture with zeros.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64, C-contiguous
    pads : ((top, bottom), (left, right)) int, pixels

    Returns
    -------
    y : (N, top + H + bottom, left + W + right, C), dtype of x; x itself where there is nothing to add
    """
    (top, bottom), (left, right) = pads
    if not (top or bottom or left or right):
        return x
    n, height, width, channels = x.shape
    y = memory.empty((n, top + height + bottom, left + width + right, channels), x.dtype)
    run(_copy_rows, n, y.size, x, y, top, left)
    return y
