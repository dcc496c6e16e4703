"""Subtract: one array minus another, elementwise; sizes of 1 are broadcast."""

from collections.abc import Sequence

from ..types import Array
from .add import add_backward
from .machine import broadcast, pairwise


def subtract_forward(xs: Sequence[Array]) -> Array:
    """Subtract elementwise.

    Parameters
    ----------
    xs : list of two arrays of one rank and dtype, float32 or float64
        sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of xs

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.subtract_forward([np.array([[5.0], [6.0]]), np.array([[1.0, 2.0]])]).tolist()
    [[4.0, 3.0], [5.0, 4.0]]
    """
    if len(xs) != 2:
        raise ValueError(f"`xs` must be two arrays. Received: {len(xs)}.")
    return pairwise.apply(pairwise.SUBTRACT, *broadcast.of_one_rank(xs))


def subtract_backward(dy: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Hand the first the gradient, the second its negative, each summed where it was broadcast.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    shapes : list of two tuples of int
        shapes of the arrays given to `subtract_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> da, db = kernels.subtract_backward(np.ones((2, 2)), [(2, 2), (1, 2)])
    >>> da.tolist(), db.tolist()
    ([[1.0, 1.0], [1.0, 1.0]], [[-2.0, -2.0]])
    """
    da, db = add_backward(dy, shapes)
    return [da, -db]
