"""Layer normalization: every example by itself, to mean 0 and variance 1. In NumPy, whose passes memory limits too."""

from collections.abc import Sequence

import numpy as np

from ..types import Array
from .machine import broadcast, checks, tape

TINY = 1e-25  # below, a variance in float32 lacks squares that count; above, an epsilon hides it


def layer_normalization_forward(x: Array, axes: Sequence[int], gamma: Array, beta: Array, epsilon: float) -> Array:
    """Normalize over some axes of every example: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta.

    Parameters
    ----------
    x : (N, ...) float32 or float64
    axes : sequence of int, each at least 1
        over which mean and variance are taken
    gamma, beta : rank and dtype of x, sizes of x or 1
        scale and shift
    epsilon : float
        added to the variance

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, one = np.array([[1.0, 3.0], [50.0, 10.0]]), np.ones((1, 1))
    >>> kernels.layer_normalization_forward(x, [1], 2 * one, one, 0.0).tolist()
    [[-1.0, 3.0], [3.0, -1.0]]
    """
    x, gamma = _checked(x, "x", gamma, "gamma")
    _, beta = _checked(x, "x", beta, "beta")
    tape.refuse()
    y, inverse = _centred(x, tuple(axes), epsilon)
    y *= inverse * gamma
    y += beta
    return y


def layer_normalization_backward(
    dy: Array, x: Array, axes: Sequence[int], gamma: Array, epsilon: float
) -> tuple[Array, Array, Array]:
    """Return the gradients of x, gamma and beta.

    Parameters
    ----------
    dy : (N, ...) float32 or float64
        gradient of the loss with respect to y
    x : shape and dtype of dy
        as given to `layer_normalization_forward`
    axes, gamma, epsilon
        as given to `layer_normalization_forward`

    Returns
    -------
    dx : shape and dtype of dy
    dgamma, dbeta : shape of gamma, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dy, x = np.array([[1.0, 0.0, 0.0]]), np.array([[1.0, 2.0, 3.0]])
    >>> dx, dgamma, dbeta = kernels.layer_normalization_backward(dy, x, [1], np.ones((1, 3)), 0.0)
    >>> dx.round(3).tolist(), dgamma.round(3).tolist(), dbeta.tolist()
    ([[0.204, -0.408, 0.204]], [[-1.225, 0.0, 0.0]], [[1.0, 0.0, 0.0]])
    """
    dy, gamma = _checked(dy, "dy", gamma, "gamma")
    x = checks.floats(x, "x", dy.ndim, dy.dtype)
    checks.shape(x, "x", dy.shape)
    axes = tuple(axes)
    xhat, inverse = _centred(x, axes, epsilon)
    xhat *= inverse
    dbeta, dgamma = (broadcast.unbroadcast(item, gamma.shape) for item in (dy, dy * xhat))
    dx = dy * gamma
    mean = dx.mean(axis=axes, keepdims=True, dtype=np.float64).astype(dy.dtype)
    along = (dx * xhat).mean(axis=axes, keepdims=True, dtype=np.float64).astype(dy.dtype)
    dx -= mean
    xhat *= along
    dx -= xhat
    dx *= inverse
    return dx, dgamma, dbeta.copy() if dbeta is dy else dbeta


def _centred(x, axes, epsilon):
    """Return x minus its mean, a fresh array, and 1 / sqrt(variance + epsilon). Sums run in float64."""
    centred = x - x.mean(axis=axes, keepdims=True, dtype=np.float64).astype(x.dtype)
    with np.errstate(over="ignore"):
        variance = np.square(centred).mean(axis=axes, keepdims=True, dtype=np.float64)
    if np.isinf(variance).any() or (epsilon < TINY and (variance < TINY).any()):  # squares that float32 does not hold
        variance = np.square(centred, dtype=np.float64).mean(axis=axes, keepdims=True)
    return centred, (1 / np.sqrt(variance + epsilon)).astype(x.dtype)


def _checked(x, name, factor, factor_name):
    """Check an array and what scales or shifts it."""
    x = checks.floats(x, name)
    factor = checks.floats(factor, factor_name, x.ndim, x.dtype)
    if any(size not in (1, own) for size, own in zip(factor.shape, x.shape, strict=True)):
        raise ValueError(
            f"`{factor_name}` must have sizes of 1, or those of {name} {x.shape}. "
            f"Received: {factor_name}.shape={factor.shape}."
        )
    return x, factor
