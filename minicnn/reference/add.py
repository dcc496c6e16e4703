"""Add: several arrays, number by number; a size of 1 is stretched to fit the others. A residual connection ends in one.

Forward   y = x_1 + x_2 + ...
Backward  dx_i = dy, summed over the axes along which x_i was stretched

Source: Keras 3 Add; He et al., arXiv:1512.03385.
"""

import numpy as np


def add_forward(xs):
    """Add number by number.

    y = x_1 + x_2 + ...

    Parameters
    ----------
    xs : list of arrays, float32 or float64, of one rank     sizes agree, or are 1

    Returns
    -------
    y : the stretched shape, dtype of the first
    """
    y = xs[0].astype(np.float64)
    for x in xs[1:]:
        y = y + x
    return y.astype(xs[0].dtype)


def add_backward(dy, shapes):
    """Hand each summand the gradient.

    Parameters
    ----------
    dy : shape of y, float32 or float64      shapes : list of tuples, of the arrays given to `add_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy
    """
    dxs = []
    for shape in shapes:
        stretched = tuple(axis for axis, size in enumerate(shape) if size != dy.shape[axis])
        dxs.append(dy.sum(axis=stretched, keepdims=True, dtype=np.float64).astype(dy.dtype))
    return dxs
