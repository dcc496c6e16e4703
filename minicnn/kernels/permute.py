"""Permute: the axes of every example in another order."""

from collections.abc import Sequence

import numpy as np

from ..types import Array
from .machine import checks, tape


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

    Raises
    ------
    ValueError
        `dims` must hold each of 1 to 3 once. Received: dims=(1, 1, 2).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.permute_forward(np.arange(6.0).reshape(1, 2, 3), (2, 1)).tolist()
    [[[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]]
    """
    x = checks.floats(x, "x")
    if sorted(dims) != list(range(1, x.ndim)):
        raise ValueError(f"`dims` must hold each of 1 to {x.ndim - 1} once. Received: dims={tuple(dims)}.")
    tape.refuse()
    return x.transpose(0, *dims).copy()


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
    >>> from minicnn import kernels
    >>> kernels.permute_backward(np.arange(6.0).reshape(1, 3, 2), (2, 1)).tolist()
    [[[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]]
    """
    return permute_forward(dy, [int(axis) + 1 for axis in np.argsort(dims)])
