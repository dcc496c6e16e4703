"""Multiply: several arrays, number by number; a size of 1 is stretched to fit the others.

Forward   y = x_1 * x_2 * ...
Backward  dx_i = dy * (the product of the others), summed over the axes along which x_i was stretched

Source: Keras 3 Multiply. Squeeze-and-excitation scales the channels of a picture with it (Hu et al., arXiv:1709.01507).
"""

import numpy as np


def multiply_forward(xs):
    """Multiply number by number.

    y = x_1 * x_2 * ...

    Parameters
    ----------
    xs : list of arrays, float32 or float64, of one rank     sizes agree, or are 1

    Returns
    -------
    y : the stretched shape, dtype of the first
    """
    y = xs[0].astype(np.float64)
    for x in xs[1:]:
        y = y * x
    return y.astype(xs[0].dtype)


def multiply_backward(dy, xs):
    """Hand each factor the gradient times the product of the others.

    Parameters
    ----------
    dy : shape of y, float32 or float64      xs : as given to `multiply_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Notes
    -----
    The others are multiplied anew for each: y / x_i would fail where x_i is 0.
    """
    dxs = []
    for index, x in enumerate(xs):
        dx = dy.astype(np.float64)
        for other in (*xs[:index], *xs[index + 1 :]):
            dx = dx * other
        stretched = tuple(axis for axis, size in enumerate(x.shape) if size != dy.shape[axis])
        dxs.append(dx.sum(axis=stretched, keepdims=True).astype(dy.dtype))
    return dxs
