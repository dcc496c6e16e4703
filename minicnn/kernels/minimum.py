"""Minimum: the smallest of several arrays, elementwise; sizes of 1 are broadcast. Of equal ones the first wins."""

from collections.abc import Sequence

from ..types import Array
from .machine import broadcast, pairwise
from .maximum import maximum_backward


def minimum_forward(xs: Sequence[Array]) -> Array:
    """Take the smallest, elementwise.

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
    >>> kernels.minimum_forward([np.array([[1.0, 9.0]]), np.array([[5.0, 5.0]])]).tolist()
    [[1.0, 5.0]]
    """
    y, *others = broadcast.of_one_rank(xs)
    for x in others:
        y = pairwise.apply(pairwise.MINIMUM, y, x)
    return y


def minimum_backward(dy: Array, xs: Sequence[Array]) -> list[Array]:
    """Hand the gradient to the first of the smallest alone, summed where it was broadcast; the first NaN wins.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    xs : list of arrays, dtype of dy
        as given to `minimum_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> a, b = np.array([[1.0, 5.0, 9.0]]), np.array([[5.0, 5.0, 5.0]])
    >>> [dx.tolist() for dx in kernels.minimum_backward(np.ones((1, 3)), [a, b])]
    [[[1.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]
    """
    return maximum_backward(dy, [-x for x in broadcast.of_one_rank(xs)])
