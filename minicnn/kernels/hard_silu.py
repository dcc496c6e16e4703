"""Hard SiLU: every number times its own hard sigmoid; made of those two."""

from ..types import Array
from .activations import hard_sigmoid_backward, hard_sigmoid_forward
from .add import add_forward
from .machine import checks
from .multiply import multiply_forward


def hard_silu_forward(x: Array) -> Array:
    """Weigh every number with its own hard sigmoid: y = x * min(max(x + 3, 0), 6) / 6.

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.hard_silu_forward(np.array([-4.0, 0.0, 1.0, 4.0])).round(4).tolist()
    [-0.0, 0.0, 0.6667, 4.0]
    """
    return multiply_forward([x, hard_sigmoid_forward(x)])


def hard_silu_backward(dy: Array, x: Array) -> Array:
    """Scale the gradient by the slope: 0 left of -3, 1 right of 3, (2 x + 3) / 6 between.

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    x : shape and dtype of dy
        as given to `hard_silu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.hard_silu_backward(np.ones(4), np.array([-4.0, 0.0, 1.5, 4.0])).tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    dy = checks.floats(dy, "dy")
    x = checks.floats(x, "x", dtype=dy.dtype)
    checks.shape(x, "x", dy.shape)
    h = hard_sigmoid_forward(x)
    return add_forward([multiply_forward([dy, h]), hard_sigmoid_backward(multiply_forward([dy, x]), h)])
