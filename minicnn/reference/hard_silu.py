"""Hard SiLU (hard swish): every number times its own hard sigmoid, a SiLU without an exponential.

Forward   y = x * h,             h = min(max(x + 3, 0), 6) / 6
Backward  dx = dy * (h + x / 6 where 0 < h < 1, else h)

Source: Howard et al., MobileNetV3, arXiv:1905.02244; Keras 3 activations.hard_silu.
"""

import numpy as np

from ..types import Array
from .activations import hard_sigmoid_backward, hard_sigmoid_forward


def hard_silu_forward(x: Array) -> Array:
    """Weigh every number with its own hard sigmoid: y = x * hard_sigmoid(x).

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> reference.hard_silu_forward(np.array([-4.0, 0.0, 1.0, 4.0])).round(4).tolist()
    [-0.0, 0.0, 0.6667, 4.0]
    """
    wide = x.astype(np.float64)
    return (wide * hard_sigmoid_forward(wide)).astype(x.dtype)


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
    >>> from minicnn import reference
    >>> reference.hard_silu_backward(np.ones(4), np.array([-4.0, 0.0, 1.5, 4.0])).tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    wide, x64 = dy.astype(np.float64), x.astype(np.float64)
    h = hard_sigmoid_forward(x64)
    return (wide * h + hard_sigmoid_backward(wide * x64, h)).astype(dy.dtype)
