"""Maximum: the largest of several arrays, elementwise; a size of 1 is broadcast to fit the others.

Forward   y = max(x_1, x_2, ...)
Backward  dx_i = dy where x_i is the first that is as large as all others, else 0; summed where x_i was broadcast

Source: Keras 3 Maximum.
"""

from collections.abc import Sequence

import numpy as np

from ..types import Array


def maximum_forward(xs: Sequence[Array]) -> Array:
    """Take the largest, elementwise.

    y = max(x_1, x_2, ...)

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
    >>> reference.maximum_forward([np.array([[1.0, 9.0]]), np.array([[5.0, 5.0]])]).tolist()
    [[5.0, 9.0]]
    """
    y = xs[0]
    for x in xs[1:]:
        y = np.maximum(y, x)
    return y


def maximum_backward(dy: Array, xs: Sequence[Array]) -> list[Array]:
    """Hand the gradient to the winner alone.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    xs : list of arrays, dtype of dy
        as given to `maximum_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Notes
    -----
    Ties: the first array takes the whole gradient, as in Keras on TensorFlow. Where there is a NaN, which makes y one,
    the first NaN does.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> a, b = np.array([[1.0, 5.0, 9.0]]), np.array([[5.0, 5.0, 5.0]])
    >>> [dx.tolist() for dx in reference.maximum_backward(np.ones((1, 3)), [a, b])]
    [[[0.0, 1.0, 1.0]], [[1.0, 0.0, 0.0]]]
    """
    dxs = [np.zeros(x.shape) for x in xs]
    for index in np.ndindex(*dy.shape):
        places = [tuple(0 if size == 1 else i for i, size in zip(index, x.shape, strict=True)) for x in xs]
        values = [x[place] for x, place in zip(xs, places, strict=True)]
        first = int(np.argmax(values))  # of several the first; a NaN before all others
        dxs[first][places[first]] += dy[index]
    return [dx.astype(dy.dtype) for dx in dxs]
