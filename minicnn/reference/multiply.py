"""Multiply: several arrays, elementwise; a size of 1 is broadcast to fit the others.

Forward   y = x_1 * x_2 * ...
Backward  dx_i = dy * (the product of the others), summed over the axes along which x_i was broadcast

Source: Keras 3 Multiply. Squeeze-and-excitation scales the channels of an image with it (Hu et al., arXiv:1709.01507).
"""

from collections.abc import Sequence

import numpy as np

from ..types import Array


def multiply_forward(xs: Sequence[Array]) -> Array:
    """Multiply elementwise.

    y = x_1 * x_2 * ...

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
    >>> reference.multiply_forward([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0, 0.0]])]).tolist()
    [[10.0, 0.0], [30.0, 0.0]]
    """
    y = xs[0].astype(np.float64)
    for x in xs[1:]:
        y = y * x
    return y.astype(xs[0].dtype)


def multiply_backward(dy: Array, xs: Sequence[Array]) -> list[Array]:
    """Hand each factor the gradient times the product of the others.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    xs : list of arrays, dtype of dy
        as given to `multiply_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Notes
    -----
    The others are multiplied anew for each: y / x_i would fail where x_i is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x, factors = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0, 0.0]])
    >>> dx, dfactors = reference.multiply_backward(np.ones((2, 2)), [x, factors])
    >>> dx.tolist(), dfactors.tolist()
    ([[10.0, 0.0], [10.0, 0.0]], [[4.0, 6.0]])
    """
    dxs = []
    for index, x in enumerate(xs):
        dx = dy.astype(np.float64)
        for other in (*xs[:index], *xs[index + 1 :]):
            dx = dx * other
        repeated = tuple(axis for axis, size in enumerate(x.shape) if size != dy.shape[axis])
        dxs.append(dx.sum(axis=repeated, keepdims=True).astype(dy.dtype))
    return dxs
