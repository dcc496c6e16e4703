"""Average: the mean of several arrays, elementwise; sizes of 1 are broadcast. A sum, rescaled."""

from collections.abc import Sequence

from ..types import Array
from .add import add_backward, add_forward
from .rescaling import rescaling_backward, rescaling_forward


def average_forward(xs: Sequence[Array]) -> Array:
    """Average elementwise.

    Parameters
    ----------
    xs : list of arrays of one rank and dtype, float32 or float64
        sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of xs

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.average_forward([np.array([[1.0, 2.0]]), np.array([[3.0, 8.0]])]).tolist()
    [[2.0, 5.0]]
    """
    return rescaling_forward(add_forward(xs), 1 / len(xs), 0.0)


def average_backward(dy: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Hand each of the k arrays a k-th of the gradient, summed where it was broadcast.

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
    >>> from minicnn import kernels
    >>> dx, dbias = kernels.average_backward(np.ones((2, 2)), [(2, 2), (1, 2)])
    >>> dx.tolist(), dbias.tolist()
    ([[0.5, 0.5], [0.5, 0.5]], [[1.0, 1.0]])
    """
    return add_backward(rescaling_backward(dy, 1 / len(shapes)), shapes)
