"""Average: the mean of several arrays, elementwise; a size of 1 is broadcast to fit the others.

Forward   y = (x_1 + ... + x_k) / k
Backward  dx_i = dy / k, summed over the axes along which x_i was broadcast

Source: Keras 3 Average.
"""

from collections.abc import Sequence

import numpy as np

from ..types import Array
from .add import add_backward


def average_forward(xs: Sequence[Array]) -> Array:
    """Average elementwise.

    y = (x_1 + ... + x_k) / k

    Parameters
    ----------
    xs : list of arrays of one rank and dtype, float32 or float64
        sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of the first

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.average_forward([np.array([[1.0, 2.0]]), np.array([[3.0, 8.0]])]).tolist()
    [[2.0, 5.0]]
    """
    y = xs[0].astype(np.float64)
    for x in xs[1:]:
        y = y + x
    return (y / len(xs)).astype(xs[0].dtype)


def average_backward(dy: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Hand each of the k arrays a k-th of the gradient.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    shapes : list of tuples of int
        shapes of the arrays given to `average_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dx, dbias = reference.average_backward(np.ones((2, 2)), [(2, 2), (1, 2)])
    >>> dx.tolist(), dbias.tolist()
    ([[0.5, 0.5], [0.5, 0.5]], [[1.0, 1.0]])
    """
    wide = add_backward(dy.astype(np.float64) / len(shapes), shapes)
    return [dx.astype(dy.dtype) for dx in wide]
