"""ReLU, the rectifier: what is negative becomes 0.

Forward   y = max(x, 0)
Backward  dx = dy where y > 0, else 0

Source: Keras 3 ReLU; Nair & Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010.
"""

import numpy as np


def relu_forward(x):
    """Replace what is negative by 0.

    y = max(x, 0)

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x

    Notes
    -----
    NaN stays NaN.
    """
    return np.maximum(x, x.dtype.type(0))


def relu_backward(dy, y):
    """Let the gradient through where the output is positive.

    dx = dy where y > 0, else 0

    Parameters
    ----------
    dy : any shape, float32 or float64      gradient of the loss with respect to y
    y : shape of dy, the output of `relu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    The derivative is 1 above 0 and 0 below. At x = 0 exactly there is none: 0 is the usual choice, and Keras's.
    The output is enough (y > 0 where x > 0), so x need not be kept. Where y is NaN, dx is 0: NaN > 0 is false.
    """
    return np.where(y > 0, dy, dy.dtype.type(0))
