"""Subtract: one array minus another, elementwise; a size of 1 is broadcast to fit the other.

Forward   y = x_1 - x_2
Backward  dx_1 = dy,  dx_2 = -dy, each summed over the axes along which it was broadcast

Source: Keras 3 Subtract.
"""

from collections.abc import Sequence

import numpy as np

from ..types import Array
from .add import add_backward


def subtract_forward(xs: Sequence[Array]) -> Array:
    """Subtract elementwise.

    y = x_1 - x_2

    Parameters
    ----------
    xs : list of two arrays of one rank and dtype, float32 or float64
        sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of the first

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.subtract_forward([np.array([[5.0], [6.0]]), np.array([[1.0, 2.0]])]).tolist()
    [[4.0, 3.0], [5.0, 4.0]]
    """
    a, b = xs
    return (a.astype(np.float64) - b).astype(a.dtype)


def subtract_backward(dy: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Hand the first the gradient, the second its negative.

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
    >>> from minicnn import reference
    >>> da, db = reference.subtract_backward(np.ones((2, 2)), [(2, 2), (1, 2)])
    >>> da.tolist(), db.tolist()
    ([[1.0, 1.0], [1.0, 1.0]], [[-2.0, -2.0]])
    """
    da, db = add_backward(dy, shapes)
    return [da, -db]
