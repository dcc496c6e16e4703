"""Maximum: the largest of several arrays, elementwise; sizes of 1 are broadcast. Of equal ones the first wins."""

from collections.abc import Sequence

import numpy as np

from ..types import Array
from .machine import broadcast, checks, pairwise


def maximum_forward(xs: Sequence[Array]) -> Array:
    """Take the largest, elementwise.

    Parameters
    ----------
    xs : list of arrays of one rank and dtype, float32 or float64
        sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of xs
        NaN where one of them is

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.maximum_forward([np.array([[1.0, 9.0]]), np.array([[5.0, 5.0]])]).tolist()
    [[5.0, 9.0]]
    """
    y, *others = broadcast.of_one_rank(xs)
    for x in others:
        y = pairwise.apply(pairwise.MAXIMUM, y, x)
    return y


def maximum_backward(dy: Array, xs: Sequence[Array]) -> list[Array]:
    """Hand the gradient to the first of the largest alone, summed where it was broadcast; the first NaN is the largest.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    xs : list of arrays, dtype of dy
        as given to `maximum_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> a, b = np.array([[1.0, 5.0, 9.0]]), np.array([[5.0, 5.0, 5.0]])
    >>> [dx.tolist() for dx in kernels.maximum_backward(np.ones((1, 3)), [a, b])]
    [[[0.0, 1.0, 1.0]], [[1.0, 0.0, 0.0]]]
    """
    best, *others = xs = broadcast.of_one_rank(xs)
    dy = checks.floats(dy, "dy", best.ndim, best.dtype)
    checks.shape(dy, "dy", np.broadcast_shapes(*(x.shape for x in xs)))
    owner = np.zeros(dy.shape, np.intp)
    for index, x in enumerate(others, 1):
        stays = (best >= x) | (best != best)  # the first NaN keeps what it has
        owner[~np.broadcast_to(stays, dy.shape)] = index
        best = np.maximum(best, x)
    return [
        broadcast.unbroadcast(np.where(owner == index, dy, dy.dtype.type(0)), x.shape) for index, x in enumerate(xs)
    ]
