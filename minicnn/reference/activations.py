"""Activation functions: one number in, one number out. (`relu`, `sigmoid` and `softmax` have files of their own.)

Each function stands beside its derivative. Where y alone tells the slope, the backward takes y, so that x need not be
kept; SiLU and GELU fall and rise again, so the same y comes from two x: theirs takes x.

Source: Keras 3 activations; the papers at each function.
"""

import math

import numpy as np

from .sigmoid import sigmoid_forward


def clipped_relu_forward(x, limit):
    """Cut off what is negative and what lies above a limit. ReLU6 is this with 6.

    y = min(max(x, 0), limit)

    Parameters
    ----------
    x : any shape, float32 or float64      limit : float, positive

    Returns
    -------
    y : shape and dtype of x
    """
    return np.minimum(np.maximum(x, x.dtype.type(0)), x.dtype.type(limit))


def clipped_relu_backward(dy, y, limit):
    """Scale the gradient by the slope.

    dx = dy where 0 < y < limit, else 0

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape of dy, the output of `clipped_relu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    Source: Keras 3 ReLU(max_value); Howard et al., MobileNets, arXiv:1704.04861.
    """
    return np.where((y > 0) & (y < limit), dy, dy.dtype.type(0))


def leaky_relu_forward(x, slope):
    """Let a part of what is negative through.

    y = x where x > 0, else slope * x

    Parameters
    ----------
    x : any shape, float32 or float64      slope : float, 0 <= slope

    Returns
    -------
    y : shape and dtype of x
    """
    return np.where(x > 0, x, x.astype(np.float64) * slope).astype(x.dtype)


def leaky_relu_backward(dy, y, slope):
    """Scale the gradient by the slope.

    dx = dy where y > 0, else slope * dy

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape of dy, the output of `leaky_relu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    Source: Maas et al., Rectifier nonlinearities improve neural network acoustic models, ICML 2013.
    """
    return np.where(y > 0, dy, dy.astype(np.float64) * slope).astype(dy.dtype)


def elu_forward(x, alpha):
    """Let what is negative run out softly, towards -alpha.

    y = x where x > 0, else alpha * (exp(x) - 1)

    Parameters
    ----------
    x : any shape, float32 or float64      alpha : float, positive

    Returns
    -------
    y : shape and dtype of x
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x.astype(np.float64), 0.0))).astype(x.dtype)


def elu_backward(dy, y, alpha):
    """Scale the gradient by the slope.

    dx = dy where y > 0, else dy * (y + alpha)

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape of dy, the output of `elu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    With y = alpha * exp(x) - alpha the slope alpha * exp(x) is y + alpha.
    Source: Clevert et al., ELU, arXiv:1511.07289.
    """
    return np.where(y > 0, dy, dy * (y.astype(np.float64) + alpha)).astype(dy.dtype)


def tanh_forward(x):
    """Squeeze every number between -1 and 1.

    y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    return np.tanh(x.astype(np.float64)).astype(x.dtype)


def tanh_backward(dy, y):
    """Scale the gradient by the slope.

    dx = dy * (1 - y**2)

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape of dy, the output of `tanh_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    dy/dx = 1 / cosh(x)**2 = 1 - y**2.
    """
    return (dy * (1.0 - y.astype(np.float64) ** 2)).astype(dy.dtype)


def hard_sigmoid_forward(x):
    """Approximate the sigmoid by a straight ramp from -3 to 3.

    y = min(max(x + 3, 0), 6) / 6

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    return (np.clip(x.astype(np.float64) + 3.0, 0.0, 6.0) / 6.0).astype(x.dtype)


def hard_sigmoid_backward(dy, y):
    """Scale the gradient by the slope.

    dx = dy / 6 where 0 < y < 1, else 0

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape of dy, the output of `hard_sigmoid_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    Keras 2 had another ramp, min(max(x / 5 + 1 / 2, 0), 1). This is Keras 3's.
    """
    return np.where((y > 0) & (y < 1), dy.astype(np.float64) / 6.0, 0.0).astype(dy.dtype)


def softplus_forward(x):
    """A ReLU without the corner.

    y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    x64 = x.astype(np.float64)
    return (np.maximum(x64, 0.0) + np.log1p(np.exp(-np.abs(x64)))).astype(x.dtype)


def softplus_backward(dy, y):
    """Scale the gradient by the slope.

    dx = dy * (1 - exp(-y))

    Parameters
    ----------
    dy : any shape, float32 or float64      y : shape of dy, the output of `softplus_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    The right form cannot overflow. The slope is sigmoid(x), and exp(-y) = 1 / (1 + exp(x)) is what it lacks to 1.
    """
    return (dy * -np.expm1(-y.astype(np.float64))).astype(dy.dtype)


def silu_forward(x):
    """Weigh every number with its own sigmoid; also called swish.

    y = x * sigmoid(x)

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    return (x * sigmoid_forward(x.astype(np.float64))).astype(x.dtype)


def silu_backward(dy, x):
    """Scale the gradient by the slope.

    dx = dy * s * (1 + x * (1 - s)),   s = sigmoid(x)

    Parameters
    ----------
    dy : any shape, float32 or float64      x : shape of dy, as given to `silu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    Source: Elfwing et al., arXiv:1702.03118; Ramachandran et al., arXiv:1710.05941.
    """
    x64 = x.astype(np.float64)
    s = sigmoid_forward(x64)
    return (dy * s * (1.0 + x64 * (1.0 - s))).astype(dy.dtype)


def gelu_forward(x):
    """Weigh every number with the share of a normal distribution that lies below it.

    y = x * P(x),   P(x) = (1 + erf(x / sqrt(2))) / 2

    Parameters
    ----------
    x : any shape, float32 or float64

    Returns
    -------
    y : shape and dtype of x
    """
    x64 = x.astype(np.float64)
    return (x64 * _below(x64)).astype(x.dtype)


def gelu_backward(dy, x):
    """Scale the gradient by the slope.

    dx = dy * (P(x) + x * p(x)),   p(x) = exp(-x**2 / 2) / sqrt(2 pi)

    Parameters
    ----------
    dy : any shape, float32 or float64      x : shape of dy, as given to `gelu_forward`

    Returns
    -------
    dx : shape and dtype of dy

    Notes
    -----
    Exact, which is Keras's default; its approximate=True uses a tanh instead, and is off by up to 5e-4.
    Source: Hendrycks & Gimpel, arXiv:1606.08415.
    """
    x64 = x.astype(np.float64)
    density = np.exp(-x64 * x64 / 2.0) / math.sqrt(2.0 * math.pi)
    return (dy * (_below(x64) + x64 * density)).astype(dy.dtype)


def _below(x):
    """Give the share of a normal distribution below x: (1 + erf(x / sqrt(2))) / 2, by erfc where 1 + erf cancels."""
    return np.array([math.erfc(-value / math.sqrt(2.0)) / 2.0 for value in x.ravel()]).reshape(x.shape)
