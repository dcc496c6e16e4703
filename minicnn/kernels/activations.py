"""The activation functions: one number in, one number out. (Some have files of their own, as `relu`.)

What each computes stands in the table at the top of reference/activations.py; how, in machine/elementwise.py.
"""

from ..types import Array
from .machine import elementwise
from .machine.elementwise import Formula

TABLE = {  # compiled formula, compiled slope, elementary operations a number, what the slope is computed from
    "clipped_relu": Formula(elementwise.clipped_relu, elementwise.clipped_relu_slope, 2, "y"),
    "leaky_relu": Formula(elementwise.leaky_relu, elementwise.leaky_relu_slope, 2, "y"),
    "elu": Formula(elementwise.elu, elementwise.elu_slope, 10, "y"),
    "tanh": Formula(elementwise.tanh, elementwise.tanh_slope, 10, "y"),
    "hard_sigmoid": Formula(elementwise.hard_sigmoid, elementwise.hard_sigmoid_slope, 3, "y"),
    "softplus": Formula(elementwise.softplus, elementwise.softplus_slope, 20, "y"),
    "silu": Formula(elementwise.silu, elementwise.silu_slope, 10, "x"),
    "gelu": Formula(elementwise.gelu, elementwise.gelu_slope, 20, "x"),
}


def clipped_relu_forward(x: Array, limit: float) -> Array:
    """Cut off what is negative and what lies above a limit: y = min(max(x, 0), limit).

    Parameters
    ----------
    x : any shape, float32 or float64
    limit : float, positive
        the largest output; 6 for ReLU6

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> clipped_relu_forward(np.array([-1.0, 2.0, 9.0]), limit=6.0).tolist()
    [0.0, 2.0, 6.0]
    """
    return elementwise.apply(TABLE["clipped_relu"], x, limit)


def clipped_relu_backward(dy: Array, y: Array, limit: float) -> Array:
    """Scale the gradient by the slope: dx = dy where 0 < y < limit, else 0.

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        the forward's output
    limit : float, positive
        the largest output; 6 for ReLU6

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> clipped_relu_backward(np.ones(3), np.array([0.0, 2.0, 6.0]), limit=6.0).tolist()
    [0.0, 1.0, 0.0]
    """
    return elementwise.apply_slope(TABLE["clipped_relu"], dy, y, limit)


def leaky_relu_forward(x: Array, slope: float) -> Array:
    """Let a part of what is negative through: y = x where x > 0, else slope * x.

    Parameters
    ----------
    x : any shape, float32 or float64
    slope : float, 0 or more
        the part of what is negative that goes through

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> leaky_relu_forward(np.array([-2.0, 3.0]), slope=0.5).tolist()
    [-1.0, 3.0]
    """
    return elementwise.apply(TABLE["leaky_relu"], x, slope)


def leaky_relu_backward(dy: Array, y: Array, slope: float) -> Array:
    """Scale the gradient by the slope: dx = dy where y > 0, else slope * dy.

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        the forward's output
    slope : float, 0 or more
        the part of what is negative that goes through

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> leaky_relu_backward(np.ones(2), np.array([-1.0, 3.0]), slope=0.5).tolist()
    [0.5, 1.0]
    """
    return elementwise.apply_slope(TABLE["leaky_relu"], dy, y, slope)


def elu_forward(x: Array, alpha: float) -> Array:
    """Let what is negative run out softly, towards -alpha: y = x where x > 0, else alpha * (exp(x) - 1).

    Parameters
    ----------
    x : any shape, float32 or float64
    alpha : float, 0 or more
        the output far below 0 is -alpha

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> elu_forward(np.array([-100.0, 0.0, 3.0]), alpha=2.0).tolist()
    [-2.0, 0.0, 3.0]
    """
    return elementwise.apply(TABLE["elu"], x, alpha)


def elu_backward(dy: Array, y: Array, alpha: float) -> Array:
    """Scale the gradient by the slope: dx = dy where y > 0, else dy * (y + alpha).

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        the forward's output
    alpha : float, 0 or more
        the output far below 0 is -alpha

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> elu_backward(np.ones(3), np.array([-2.0, -0.5, 3.0]), alpha=2.0).tolist()
    [0.0, 1.5, 1.0]
    """
    return elementwise.apply_slope(TABLE["elu"], dy, y, alpha)


def tanh_forward(x: Array) -> Array:
    """Squeeze every number between -1 and 1: y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> tanh_forward(np.array([-100.0, 0.0, 1.0])).round(4).tolist()
    [-1.0, 0.0, 0.7616]
    """
    return elementwise.apply(TABLE["tanh"], x)


def tanh_backward(dy: Array, y: Array) -> Array:
    """Scale the gradient by the slope: dx = dy * (1 - y**2), since 1 / cosh(x)**2 = 1 - y**2.

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        the forward's output

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> tanh_backward(np.ones(3), np.array([-1.0, 0.0, 0.5])).tolist()
    [0.0, 1.0, 0.75]
    """
    return elementwise.apply_slope(TABLE["tanh"], dy, y)


def hard_sigmoid_forward(x: Array) -> Array:
    """Approximate the sigmoid by a straight ramp from -3 to 3: y = min(max(x + 3, 0), 6) / 6.

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> hard_sigmoid_forward(np.array([-9.0, 0.0, 9.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return elementwise.apply(TABLE["hard_sigmoid"], x)


def hard_sigmoid_backward(dy: Array, y: Array) -> Array:
    """Scale the gradient by the slope: dx = dy / 6 where 0 < y < 1, else 0.

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        the forward's output

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> hard_sigmoid_backward(np.full(3, 6.0), np.array([0.0, 0.5, 1.0])).tolist()
    [0.0, 1.0, 0.0]
    """
    return elementwise.apply_slope(TABLE["hard_sigmoid"], dy, y)


def softplus_forward(x: Array) -> Array:
    """Smooth the ReLU's corner: y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> softplus_forward(np.array([-100.0, 0.0, 100.0])).round(4).tolist()
    [0.0, 0.6931, 100.0]
    """
    return elementwise.apply(TABLE["softplus"], x)


def softplus_backward(dy: Array, y: Array) -> Array:
    """Scale the gradient by the slope: dx = dy * (1 - exp(-y)).

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    y : shape and dtype of dy
        the forward's output

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> softplus_backward(np.ones(2), np.log([1.0, 2.0])).round(4).tolist()
    [0.0, 0.5]
    """
    return elementwise.apply_slope(TABLE["softplus"], dy, y)


def silu_forward(x: Array) -> Array:
    """Weigh every number with its own sigmoid (also called swish): y = x * sigmoid(x).

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> silu_forward(np.array([-2.0, 0.0, 2.0])).round(4).tolist()
    [-0.2384, 0.0, 1.7616]
    """
    return elementwise.apply(TABLE["silu"], x)


def silu_backward(dy: Array, x: Array) -> Array:
    """Scale the gradient by the slope: dx = dy * s * (1 + x * (1 - s)),   s = sigmoid(x).

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    x : shape and dtype of dy
        as given to `silu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> silu_backward(np.ones(2), np.array([0.0, 100.0])).round(4).tolist()
    [0.5, 1.0]
    """
    return elementwise.apply_slope(TABLE["silu"], dy, x)


def gelu_forward(x: Array) -> Array:
    """Weigh every number with the share of the normal distribution that lies below it: y = x * P(x).

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> gelu_forward(np.array([-2.0, 0.0, 2.0])).round(4).tolist()
    [-0.0455, 0.0, 1.9545]
    """
    return elementwise.apply(TABLE["gelu"], x)


def gelu_backward(dy: Array, x: Array) -> Array:
    """Scale the gradient by the slope: dx = dy * (P(x) + x * p(x)),   p(x) = exp(-x**2 / 2) / sqrt(2 pi).

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    x : shape and dtype of dy
        as given to `gelu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> gelu_backward(np.ones(2), np.array([0.0, 100.0])).round(4).tolist()
    [0.5, 1.0]
    """
    return elementwise.apply_slope(TABLE["gelu"], dy, x)
