"""ReLU, the rectifier: what is negative becomes 0.

Forward   y = max(x, 0)
Backward  dx = dy where y > 0, else 0

Source: Keras 3 ReLU; Nair & Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010.
"""

import numpy as np

from ..types import Array


def relu_forward(x: Array) -> Array:
    """Replace what is negative by 0.

    y = max(x, 0)

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale

    Returns
    -------
    y : shape and dtype of x

    Notes
    -----
    NaN stays NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.relu_forward(np.array([-2.0, 3.0])).tolist()
    [0.0, 3.0]
    """
    return np.maximum(x, x.dtype.type(0))


def relu_backward(dy: Array, y: Array) -> Array:
    """Let the gradient through where the output is positive.

    dx = dy where y > 0, else 0

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        what the forward returned

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    The derivative is 1 above 0 and 0 below. At x = 0 exactly there is none: 0 is the usual choice, and Keras's.
    The output is enough (y > 0 where x > 0), so x need not be kept. Where y is NaN, dx is 0: NaN > 0 is false.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.relu_backward(np.ones(2), np.array([0.0, 3.0])).tolist()
    [0.0, 1.0]
    """
    return np.where(y > 0, dy, dy.dtype.type(0))
