"""Minimum: the smallest of several arrays, elementwise; a size of 1 is broadcast to fit the others.

Forward   y = min(x_1, x_2, ...) = -max(-x_1, -x_2, ...)
Backward  dx_i = dy where x_i is the first that is as small as all others, else 0; summed where x_i was broadcast

Source: Keras 3 Minimum.
"""

from collections.abc import Sequence

from ..types import Array
from .maximum import maximum_backward, maximum_forward


def minimum_forward(xs: Sequence[Array]) -> Array:
    """Take the smallest, elementwise.

    y = min(x_1, x_2, ...)

    Parameters
    ----------
    xs : list of arrays of one rank and dtype, float32 or float64
        sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of the first
        NaN where one of them is

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.minimum_forward([np.array([[1.0, 9.0]]), np.array([[5.0, 5.0]])]).tolist()
    [[1.0, 5.0]]
    """
    return -maximum_forward([-x for x in xs])


def minimum_backward(dy: Array, xs: Sequence[Array]) -> list[Array]:
    """Hand the gradient to the winner alone; of several as small to the first.

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
    >>> from minicnn import reference
    >>> a, b = np.array([[1.0, 5.0, 9.0]]), np.array([[5.0, 5.0, 5.0]])
    >>> [dx.tolist() for dx in reference.minimum_backward(np.ones((1, 3)), [a, b])]
    [[[1.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]
    """
    return maximum_backward(dy, [-x for x in xs])
