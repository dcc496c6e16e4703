"""Dropout: y = x / (1 - rate) where the mask is true, else 0; the gradient goes the same way."""

import numpy as np

from ..types import Array, BoolArray
from .machine import ceil_div, checks, jit, memory, run

BLOCK = 1 << 14


@jit
def _scale_kept(start, stop, x, mask, scale, y):
    """Job: BLOCK numbers."""
    x, mask, y = x[start * BLOCK : stop * BLOCK], mask[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(x.size):
        y[i] = x[i] * scale if mask[i] else x.dtype.type(0)


def dropout_forward(x: Array, mask: BoolArray, rate: float) -> Array:
    """Keep what the mask keeps, scaled so that the expected sum stays the same.

    y = x / (1 - rate) where mask, else 0

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale
    mask : shape of x, bool
        True, with probability 1 - rate: keep. Drawn by the layer
    rate : float, 0 <= rate < 1
        the part that is dropped

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.dropout_forward(np.ones(3), np.array([True, False, True]), rate=0.5).tolist()
    [2.0, 0.0, 2.0]
    """
    x = checks.floats(x, "x")
    mask = checks.plain(mask, "mask")
    if mask.dtype != np.bool_:
        raise TypeError(f"`mask` must be bool. Received: mask.dtype={mask.dtype}.")
    checks.shape(mask, "mask", x.shape)
    if not 0 <= rate < 1:
        raise ValueError(f"`rate` must be at least 0 and below 1. Received: rate={rate}.")
    y = memory.empty(x.shape, x.dtype)
    scale = x.dtype.type(1.0 / (1.0 - rate))
    run(_scale_kept, ceil_div(x.size, BLOCK), x.size, x.reshape(-1), mask.reshape(-1), scale, y.reshape(-1))
    return y


def dropout_backward(dy: Array, mask: BoolArray, rate: float) -> Array:
    """Let the gradient through where the mask kept the number, scaled alike.

    dx = dy / (1 - rate) where mask, else 0

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    mask : shape of dy, bool
        as given to `dropout_forward`
    rate : float, 0 <= rate < 1
        the part that is dropped

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.dropout_backward(np.ones(3), np.array([True, False, True]), rate=0.5).tolist()
    [2.0, 0.0, 2.0]
    """
    return dropout_forward(checks.floats(dy, "dy"), mask, rate)
