"""ReLU: y = max(x, 0);  dx = dy where y > 0.  NaN travels.

One comparison a number: all that counts is how the numbers get to the registers and back (see `tile.stream`).
"""

import numpy as np

from ..types import Array
from .machine import ceil_div, checks, jit, memory, run, tile

BLOCK = 1 << 14  # numbers a job
V = 4  # registers side by side


@jit
def _forward(start, stop, x, y, shape, streams):
    """Job: `BLOCK` numbers. A tile is one row of V registers; of the last one only the first lanes are written."""
    size, width = x.size, len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    for i in range(start * BLOCK, min(stop * BLOCK, size), width):
        numbers = tile.relu(tile.load(shape, x, i, 0, size - i), np.inf)
        if streams and i + width <= size:
            tile.stream(numbers, y, i, 0)
        else:
            tile.store(numbers, y, i, 0, size - i)
    if streams:
        tile.fence()


@jit
def _backward(start, stop, dy, y, dx, shape, streams):
    """Job: as in `_forward`."""
    size, width = dy.size, len(shape[1]) * (tile.REGISTER_BYTES // dy.itemsize)
    for i in range(start * BLOCK, min(stop * BLOCK, size), width):
        numbers = tile.where_positive(tile.load(shape, dy, i, 0, size - i), tile.load(shape, y, i, 0, size - i))
        if streams and i + width <= size:
            tile.stream(numbers, dx, i, 0)
        else:
            tile.store(numbers, dx, i, 0, size - i)
    if streams:
        tile.fence()


def relu_forward(x: Array) -> Array:
    """Set what is negative to zero.

    y = max(x, 0)

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale

    Returns
    -------
    y : shape and dtype of x
        NaN stays NaN

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.relu_forward(np.array([-2.0, 3.0])).tolist()
    [0.0, 3.0]
    """
    x = checks.floats(x, "x")
    y = memory.empty(x.shape, x.dtype)
    flat = y.reshape(-1)
    run(_forward, ceil_div(x.size, BLOCK), x.size, x.reshape(-1), flat, tile.shape(1, V), memory.streams(flat))
    return y


def relu_backward(dy: Array, y: Array) -> Array:
    """Let the gradient through where the output is above zero.

    dx = dy * [y > 0]       (0 at y = 0, as in Keras)

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        what the forward returned

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.relu_backward(np.ones(2), np.array([0.0, 3.0])).tolist()
    [0.0, 1.0]
    """
    dy = checks.floats(dy, "dy")
    y = checks.floats(y, "y", dtype=dy.dtype)
    checks.shape(y, "y", dy.shape)
    dx = memory.empty(dy.shape, dy.dtype)
    flat = dx.reshape(-1)
    run(
        _backward,
        ceil_div(dy.size, BLOCK),
        dy.size,
        dy.reshape(-1),
        y.reshape(-1),
        flat,
        tile.shape(1, V),
        memory.streams(flat),
    )
    return dx
