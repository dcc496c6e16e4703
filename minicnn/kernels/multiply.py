"""Multiply: several arrays, number by number; a size of 1 is stretched to fit the others."""

import numpy as np

from . import checks, tape


def _factors(xs):
    xs = [checks.floats(x, "xs", dtype=xs[0].dtype) for x in xs]
    if len({x.ndim for x in xs}) > 1:
        raise ValueError(f"`xs` must be arrays of one rank. Received: shapes {[x.shape for x in xs]}.")
    return xs


def multiply_forward(xs):
    """Multiply number by number.

    Parameters
    ----------
    xs : list of at least two arrays, float32 or float64, of one rank and dtype     sizes agree, or are 1

    Returns
    -------
    y : the stretched shape, dtype of xs
    """
    tape.refuse()
    y, *others = _factors(xs)
    for x in others:
        y = y * x  # NumPy's own product is as fast as memory, and stretches
    return y


def multiply_backward(dy, xs):
    """Hand each factor the gradient times the product of the others, summed where it was stretched.

    Parameters
    ----------
    dy : shape of y, float32 or float64     xs : as given to `multiply_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy
    """
    xs = _factors(xs)
    dy = checks.floats(dy, "dy", xs[0].ndim, xs[0].dtype)
    checks.shape(dy, "dy", np.broadcast_shapes(*(x.shape for x in xs)))
    dxs = []
    for index, x in enumerate(xs):
        dx = dy
        for other in (*xs[:index], *xs[index + 1:]):
            dx = dx * other
        stretched = tuple(axis for axis, size in enumerate(x.shape) if size != dy.shape[axis])
        if stretched:
            dx = dx.sum(axis=stretched, keepdims=True, dtype=np.float64).astype(dy.dtype)
        dxs.append(dx)
    return dxs
