"""The activation functions: one number in, one number out. (Some have files of their own, as `relu`.)

function       formula                                  slope                          from
clipped_relu   min(max(x, 0), limit)                    1 where 0 < y < limit, else 0  y
leaky_relu     x where x > 0, else slope * x            1 where y > 0, else slope      y
elu            x where x > 0, else alpha*(exp(x) - 1)   1 where y > 0, else y + alpha  y
tanh           (exp(x) - exp(-x)) / (exp(x) + exp(-x))  1 - y**2                       y
hard_sigmoid   min(max(x + 3, 0), 6) / 6                1/6 where 0 < y < 1, else 0    y
softplus       log(1 + exp(x))                          1 - exp(-y)                    y
silu           x * s                                    s * (1 + x * (1 - s))          x, with s = sigmoid(x)
gelu           x * P(x)                                 P(x) + x * p(x)                x, with P and p

P(x) = (1 + erf(x / sqrt(2))) / 2 is the share of the normal distribution below x; p(x) = exp(-x**2 / 2) / sqrt(2 pi) is
its density.

A backward returns dx = dy * slope. Where y alone tells the slope it takes y, so that x need not be kept; SiLU and GELU
fall and rise again, so the same y comes from two x: theirs takes x.

Source: Keras 3 activations. clipped_relu: Howard et al., MobileNets, arXiv:1704.04861. leaky_relu: Maas et al.,
Rectifier nonlinearities improve neural network acoustic models, ICML 2013. elu: Clevert et al., arXiv:1511.07289.
silu: Elfwing et al., arXiv:1702.03118; Ramachandran et al., arXiv:1710.05941. gelu: Hendrycks & Gimpel,
arXiv:1606.08415.
"""

import math

import numpy as np

from ..types import Array
from .sigmoid import sigmoid_forward


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
    >>> clipped_relu_forward(np.array([-1.0, 2.0, 9.0]), limit=6.0).tolist()
    [0.0, 2.0, 6.0]
    """
    return np.minimum(np.maximum(x, x.dtype.type(0)), x.dtype.type(limit))


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
    >>> clipped_relu_backward(np.ones(3), np.array([0.0, 2.0, 6.0]), limit=6.0).tolist()
    [0.0, 1.0, 0.0]
    """
    return np.where((y > 0) & (y < limit), dy, dy.dtype.type(0))


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
    >>> leaky_relu_forward(np.array([-2.0, 3.0]), slope=0.5).tolist()
    [-1.0, 3.0]
    """
    return np.where(x > 0, x, x.astype(np.float64) * slope).astype(x.dtype)


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
    >>> leaky_relu_backward(np.ones(2), np.array([-1.0, 3.0]), slope=0.5).tolist()
    [0.5, 1.0]
    """
    return np.where(y > 0, dy, dy.astype(np.float64) * slope).astype(dy.dtype)


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
    >>> elu_forward(np.array([-100.0, 0.0, 3.0]), alpha=2.0).tolist()
    [-2.0, 0.0, 3.0]
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x.astype(np.float64), 0.0))).astype(x.dtype)


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

    Notes
    -----
    With y = alpha * exp(x) - alpha the slope alpha * exp(x) is y + alpha.

    Examples
    --------
    >>> elu_backward(np.ones(3), np.array([-2.0, -0.5, 3.0]), alpha=2.0).tolist()
    [0.0, 1.5, 1.0]
    """
    return np.where(y > 0, dy, dy * (y.astype(np.float64) + alpha)).astype(dy.dtype)


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
    >>> tanh_forward(np.array([-100.0, 0.0, 1.0])).round(4).tolist()
    [-1.0, 0.0, 0.7616]
    """
    return np.tanh(x.astype(np.float64)).astype(x.dtype)


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
    >>> tanh_backward(np.ones(3), np.array([-1.0, 0.0, 0.5])).tolist()
    [0.0, 1.0, 0.75]
    """
    return (dy * (1.0 - y.astype(np.float64) ** 2)).astype(dy.dtype)


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
    >>> hard_sigmoid_forward(np.array([-9.0, 0.0, 9.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return (np.clip(x.astype(np.float64) + 3.0, 0.0, 6.0) / 6.0).astype(x.dtype)


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

    Notes
    -----
    Keras 2 had another ramp, min(max(x / 5 + 1 / 2, 0), 1). This is Keras 3's.

    Examples
    --------
    >>> hard_sigmoid_backward(np.full(3, 6.0), np.array([0.0, 0.5, 1.0])).tolist()
    [0.0, 1.0, 0.0]
    """
    return np.where((y > 0) & (y < 1), dy.astype(np.float64) / 6.0, 0.0).astype(dy.dtype)


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
    >>> softplus_forward(np.array([-100.0, 0.0, 100.0])).round(4).tolist()
    [0.0, 0.6931, 100.0]
    """
    x64 = x.astype(np.float64)
    return (np.maximum(x64, 0.0) + np.log1p(np.exp(-np.abs(x64)))).astype(x.dtype)


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

    Notes
    -----
    The right form cannot overflow. The slope is sigmoid(x), and exp(-y) = 1 / (1 + exp(x)) is what it lacks to 1.

    Examples
    --------
    >>> softplus_backward(np.ones(2), np.log([1.0, 2.0])).round(4).tolist()
    [0.0, 0.5]
    """
    return (dy * -np.expm1(-y.astype(np.float64))).astype(dy.dtype)


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
    >>> silu_forward(np.array([-2.0, 0.0, 2.0])).round(4).tolist()
    [-0.2384, 0.0, 1.7616]
    """
    return (x * sigmoid_forward(x.astype(np.float64))).astype(x.dtype)


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
    >>> silu_backward(np.ones(2), np.array([0.0, 100.0])).round(4).tolist()
    [0.5, 1.0]
    """
    x64 = x.astype(np.float64)
    s = sigmoid_forward(x64)
    return (dy * s * (1.0 + x64 * (1.0 - s))).astype(dy.dtype)


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
    >>> gelu_forward(np.array([-2.0, 0.0, 2.0])).round(4).tolist()
    [-0.0455, 0.0, 1.9545]
    """
    x64 = x.astype(np.float64)
    return (x64 * _below(x64)).astype(x.dtype)


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

    Notes
    -----
    Exact, which is Keras's default; its approximate=True uses a tanh instead, and is off by up to 5e-4.

    Examples
    --------
    >>> gelu_backward(np.ones(2), np.array([0.0, 100.0])).round(4).tolist()
    [0.5, 1.0]
    """
    x64 = x.astype(np.float64)
    density = np.exp(-x64 * x64 / 2.0) / math.sqrt(2.0 * math.pi)
    return (dy * (_below(x64) + x64 * density)).astype(dy.dtype)


def _below(x: Array) -> Array:
    """Return the share of a normal distribution below x: (1 + erf(x / sqrt(2))) / 2, by erfc where 1 + erf cancels."""
    return np.array([math.erfc(-value / math.sqrt(2.0)) / 2.0 for value in x.ravel()]).reshape(x.shape)
