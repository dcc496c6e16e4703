"""Add: several arrays, elementwise; a size of 1 is broadcast to fit the others. A residual connection ends in one.

Forward   y = x_1 + x_2 + ...
Backward  dx_i = dy, summed over the axes along which x_i was broadcast

Source: Keras 3 Add; He et al., arXiv:1512.03385.
"""

from collections.abc import Sequence

import numpy as np

from ..types import Array


def add_forward(xs: Sequence[Array]) -> Array:
    """Add elementwise.

    y = x_1 + x_2 + ...

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
    >>> reference.add_forward([np.ones((2, 2)), np.array([[0.0, 4.0]])]).tolist()
    [[1.0, 5.0], [1.0, 5.0]]
    """
    y = xs[0].astype(np.float64)
    for x in xs[1:]:
        y = y + x
    return y.astype(xs[0].dtype)


def add_backward(dy: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Hand each summand the gradient.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    shapes : list of tuples of int
        shapes of the arrays given to `add_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dx, dbias = reference.add_backward(np.ones((2, 2)), [(2, 2), (1, 2)])
    >>> dx.tolist(), dbias.tolist()
    ([[1.0, 1.0], [1.0, 1.0]], [[2.0, 2.0]])
    """
    dxs = []
    for shape in shapes:
        repeated = tuple(axis for axis, size in enumerate(shape) if size != dy.shape[axis])
        dxs.append(dy.sum(axis=repeated, keepdims=True, dtype=np.float64).astype(dy.dtype))
    return dxs
