"""Batch normalization: every channel is brought to mean 0 and variance 1, then to a mean and a scale that are learnt.

Forward   y = (x - mean) / sqrt(variance + epsilon) * gamma + beta
          mean and variance are the batch's own in training, remembered ones (constants) at inference
Backward  with s = sqrt(variance + epsilon), xhat = (x - mean) / s, and sums over everything but the channel:
          dgamma = sum dy * xhat,   dbeta = sum dy
          dx = gamma / s * dy                                              at inference
          dx = gamma / s * (dy - dbeta / count - xhat * dgamma / count)    in training, where x moves mean and variance

Source: Ioffe & Szegedy, Batch normalization, arXiv:1502.03167; Keras 3 BatchNormalization.
"""

import numpy as np

from ..types import Array


def batch_normalization_moments(x: Array) -> tuple[Array, Array]:
    """Measure every channel's mean and variance.

    mean = sum x / count,   variance = sum (x - mean)**2 / count        over every axis but the last

    Parameters
    ----------
    x : (..., C) float32 or float64
        channels last

    Returns
    -------
    mean : (C,), dtype of x
    variance : (C,), dtype of x

    Notes
    -----
    Divided by count, not by count - 1, also where the result goes into the moving variance: so does Keras (measured).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> mean, variance = reference.batch_normalization_moments(np.array([[1.0], [3.0]]))
    >>> mean.tolist(), variance.tolist()
    ([2.0], [1.0])
    """
    rows = x.reshape(-1, x.shape[-1]).astype(np.float64)
    mean = rows.sum(axis=0) / len(rows)
    variance = ((rows - mean) ** 2).sum(axis=0) / len(rows)
    return mean.astype(x.dtype), variance.astype(x.dtype)


def batch_normalization_forward(
    x: Array, mean: Array, variance: Array, gamma: Array | None, beta: Array | None, epsilon: float
) -> Array:
    """Shift and scale every channel.

    y = (x - mean) / sqrt(variance + epsilon) * gamma + beta

    Parameters
    ----------
    x : (..., C) float32 or float64
        channels last
    mean : (C,), dtype of x
        the batch's, or the remembered one
    variance : (C,), dtype of x
        the batch's, or the remembered one
    gamma : (C,), dtype of x, or None for 1
        the learnt scale
    beta : (C,), dtype of x, or None for 0
        the learnt mean
    epsilon : float, positive
        keeps a channel that never changes from dividing by 0

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x, mean, variance = np.array([[1.0], [3.0]]), np.array([2.0]), np.array([1.0])
    >>> reference.batch_normalization_forward(x, mean, variance, np.array([10.0]), None, epsilon=0.0).tolist()
    [[-10.0], [10.0]]
    """
    y = (x.astype(np.float64) - mean) / _deviation(variance, epsilon)
    y = y if gamma is None else y * gamma
    return (y if beta is None else y + beta).astype(x.dtype)


def batch_normalization_backward(
    dy: Array, x: Array, mean: Array, variance: Array, gamma: Array | None, epsilon: float, training: bool
) -> tuple[Array, Array, Array]:
    """Turn the gradient at y into those at x, gamma and beta.

    Parameters
    ----------
    dy : (..., C) float32 or float64
        gradient of the loss with respect to y
    x : shape and dtype of dy
        as given to `batch_normalization_forward`
    mean : (C,), dtype of x
        the batch's, or the remembered one
    variance : (C,), dtype of x
        the batch's, or the remembered one
    gamma : (C,), dtype of x, or None for 1
        the learnt scale
    epsilon : float, positive
        keeps a channel that never changes from dividing by 0
    training : bool
        whether mean and variance are this x's own, and so follow it

    Returns
    -------
    dx : shape and dtype of dy
    dgamma : (C,), dtype of dy
    dbeta : (C,), dtype of dy

    Notes
    -----
    In training every column of dx sums to 0, and so does dx * xhat (but for epsilon): a shift or a scaling of the
    batch is undone by its own mean and variance, so neither can change the loss.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> dy, x = np.array([[1.0], [0.0]]), np.array([[1.0], [3.0]])
    >>> mean, variance = np.array([2.0]), np.array([1.0])
    >>> dx, dgamma, dbeta = reference.batch_normalization_backward(dy, x, mean, variance, None, 0.0, training=False)
    >>> dx.tolist(), dgamma.tolist(), dbeta.tolist()
    ([[1.0], [0.0]], [-1.0], [1.0])
    """
    deviation = _deviation(variance, epsilon)
    xhat = (x.astype(np.float64) - mean) / deviation  # (..., C)
    axes = tuple(range(x.ndim - 1))
    dgamma, dbeta = (dy * xhat).sum(axis=axes), dy.astype(np.float64).sum(axis=axes)  # (C,)
    dx = dy.astype(np.float64)
    if training and x.size:
        count = x.size // x.shape[-1]
        dx = dx - dbeta / count - xhat * dgamma / count
    dx = dx / deviation * (1.0 if gamma is None else gamma)
    return dx.astype(dy.dtype), dgamma.astype(dy.dtype), dbeta.astype(dy.dtype)


def _deviation(variance: Array, epsilon: float) -> Array:
    """Take the root in float64: see the package's docstring."""
    return np.sqrt(variance.astype(np.float64) + epsilon)
