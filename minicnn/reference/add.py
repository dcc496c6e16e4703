"""Add: several arrays of one shape, number by number. A residual connection ends in one.

Forward   y = x_1 + x_2 + ...
Backward  dx_i = dy, for every i

Source: Keras 3 Add; He et al., arXiv:1512.03385.
"""

import numpy as np


def add_forward(xs):
    """Add number by number.

    y = x_1 + x_2 + ...

    Parameters
    ----------
    xs : list of arrays, float32 or float64, of one shape

    Returns
    -------
    y : shape and dtype of the first
    """
    y = np.zeros(xs[0].shape)
    for x in xs:
        y += x
    return y.astype(xs[0].dtype)
