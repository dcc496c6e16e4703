"""Rescaling: y = x * scale + offset;  dx = dy * scale."""

from ..types import Array
from .machine import ceil_div, checks, jit, memory, run

BLOCK = 1 << 14


@jit(contract=False)  # two roundings, as on paper: pixel 127.5 becomes 0 exactly
def _affine(start, stop, x, scale, offset, y):
    """Job: BLOCK numbers."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(x.size):
        y[i] = x[i] * scale + offset


def rescaling_forward(x: Array, scale: float, offset: float) -> Array:
    """Multiply by one constant and add another.

    y = x * scale + offset

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale
    scale : float
        factor
    offset : float
        added after the factor

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.rescaling_forward(np.array([0.0, 127.5, 255.0]), 1 / 127.5, -1.0).tolist()
    [-1.0, 0.0, 1.0]
    """
    x = checks.floats(x, "x")
    y = memory.empty(x.shape, x.dtype)
    number = x.dtype.type
    run(_affine, ceil_div(x.size, BLOCK), x.size, x.reshape(-1), number(scale), number(offset), y.reshape(-1))
    return y


def rescaling_backward(dy: Array, scale: float) -> Array:
    """Scale the gradient alike.

    dx = dy * scale

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    scale : float
        factor

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.rescaling_backward(np.ones(2), 0.5).tolist()
    [0.5, 0.5]
    """
    return rescaling_forward(checks.floats(dy, "dy"), scale, 0.0)
