"""Permute: the axes of every example in another order.

Forward   y[n, i_dims[0], i_dims[1], ...] = x[n, i_1, i_2, ...]
Backward  dx = dy with its axes in the order that they came from

Source: Keras 3 Permute.
"""

from collections.abc import Sequence

import numpy as np

from ..types import Array


def permute_forward(x: Array, dims: Sequence[int]) -> Array:
    """Bring the axes after the batch's into another order.

    Parameters
    ----------
    x : (N, ...) float32 or float64
    dims : sequence of int
        which of x's axes, counted from 1, becomes the first, the second, ...

    Returns
    -------
    y : (N, ...), dtype of x
        y.shape[k] = x.shape[dims[k - 1]]

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.permute_forward(np.arange(6.0).reshape(1, 2, 3), (2, 1)).tolist()
    [[[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]]
    """
    y = np.empty((x.shape[0], *(x.shape[axis] for axis in dims)), x.dtype)
    for index in np.ndindex(*x.shape):
        y[(index[0], *(index[axis] for axis in dims))] = x[index]
    return y


def permute_backward(dy: Array, dims: Sequence[int]) -> Array:
    """Bring the axes of the gradient back into their order.

    Parameters
    ----------
    dy : (N, ...) float32 or float64
        gradient of the loss with respect to y
    dims : sequence of int
        as given to `permute_forward`

    Returns
    -------
    dx : (N, ...), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.permute_backward(np.arange(6.0).reshape(1, 3, 2), (2, 1)).tolist()
    [[[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]]
    """
    return permute_forward(dy, [list(dims).index(axis) + 1 for axis in range(1, dy.ndim)])
