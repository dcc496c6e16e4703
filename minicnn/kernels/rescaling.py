"""Rescaling: y = x * scale + offset;  dx = dy * scale."""

from .machine import checks, jit, memory, run

BLOCK = 1 << 14


@jit(contract=False)  # two roundings, as on paper: pixel 127.5 becomes 0 exactly
def _affine(start, stop, x, scale, offset, y):
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(x.size):
        y[i] = x[i] * scale + offset


def rescaling_forward(x, scale, offset):
    """Multiply by one constant and add another.

    y = x * scale + offset

    Parameters
    ----------
    x : any shape, float32 or float64       scale, offset : float

    Returns
    -------
    y : shape and dtype of x
    """
    x = checks.floats(x, "x")
    y = memory.empty(x.shape, x.dtype)
    number = x.dtype.type
    run(_affine, -(-x.size // BLOCK), x.size, x.reshape(-1), number(scale), number(offset), y.reshape(-1))
    return y


def rescaling_backward(dy, scale):
    """Scale the gradient alike.

    dx = dy * scale

    Parameters
    ----------
    dy : any shape, float32 or float64      scale : float, as given to `rescaling_forward`

    Returns
    -------
    dx : shape and dtype of dy
    """
    return rescaling_forward(checks.floats(dy, "dy"), scale, 0.0)
