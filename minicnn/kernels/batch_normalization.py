"""Batch normalization: moments, forward, backward. A few operations a number: what counts is memory.

Forward   y = (x - mean) / s * gamma + beta,   s = sqrt(variance + epsilon)
Backward  dbeta = sum of dy,   dgamma = sum of dy * (x - mean) / s                     over all rows, count of them
          dx = gamma / s * (dy - dbeta / count - (x - mean) / s * dgamma / count)      the last two in training only

Where a convolution goes before it, a prediction needs neither: `batch_normalization_fold` makes both one product.
"""

import numpy as np

from ..types import Array
from .fused.activation import only_limit
from .machine import ceil_div, checks, jit, memory, run

ROWS = 256  # rows (pixels) a job; sums over them are one partial result


@jit
def _sums(start, stop, x, partial):
    """Job: the sum of ROWS rows, in float64."""
    for job in range(start, stop):
        total = partial[job]
        total[:] = 0
        for i in range(job * ROWS, min((job + 1) * ROWS, x.shape[0])):
            row = x[i]
            for c in range(row.size):
                total[c] += row[c]


@jit
def _square_sums(start, stop, x, mean, partial):
    """Job: the sum of squared distances from the mean of ROWS rows, in float64."""
    for job in range(start, stop):
        total = partial[job]
        total[:] = 0
        for i in range(job * ROWS, min((job + 1) * ROWS, x.shape[0])):
            row = x[i]
            for c in range(row.size):
                total[c] += (row[c] - mean[c]) ** 2


@jit
def _gradient_sums(start, stop, dy, x, mean, partial):
    """Job: the sums of dy and of dy * (x - mean) of ROWS rows, in float64."""
    for job in range(start, stop):
        plain, weighted = partial[job]
        plain[:] = 0
        weighted[:] = 0
        for i in range(job * ROWS, min((job + 1) * ROWS, x.shape[0])):
            u, v = dy[i], x[i]
            for c in range(u.size):
                plain[c] += u[c]
                weighted[c] += u[c] * (v[c] - mean[c])


@jit
def _forward(start, stop, x, mean, scale, beta, y, limit):
    """Job: ROWS rows. The mean goes first, so that a channel that never changes comes out as beta exactly."""
    zero = x.dtype.type(0)
    for i in range(start * ROWS, min(stop * ROWS, x.shape[0])):
        row, out = x[i], y[i]
        if limit < zero:
            for c in range(out.size):
                out[c] = (row[c] - mean[c]) * scale[c] + beta[c]
        else:
            for c in range(out.size):
                v = (row[c] - mean[c]) * scale[c] + beta[c]
                v = zero if v <= zero else v  # a comparison with NaN is false: NaN stays
                out[c] = limit if v > limit else v


@jit
def _fold(start, stop, mean, variance, gamma, beta, bias, epsilon, scale, shift):
    """Job: one channel, in float64."""
    for c in range(start, stop):
        factor = gamma[c] / np.sqrt(np.float64(variance[c]) + epsilon)
        scale[c] = factor
        shift[c] = beta[c] + factor * (np.float64(bias[c]) - np.float64(mean[c]))


@jit
def _backward(start, stop, dy, x, mean, scale, dbeta, slope, dx):
    """Job: ROWS rows. scale: gamma / s; dbeta: divided by the count; slope: dgamma / count / s."""
    for i in range(start * ROWS, min(stop * ROWS, x.shape[0])):
        u, v, out = dy[i], x[i], dx[i]
        for c in range(out.size):
            out[c] = scale[c] * (u[c] - dbeta[c] - (v[c] - mean[c]) * slope[c])


def _rows(array, name, dtype=None):
    """Check an array (..., C) and return it as (rows, C)."""
    array = checks.floats(array, name, dtype=dtype)
    if array.ndim < 1 or array.shape[-1] < 1:
        raise ValueError(f"`{name}` must have a last axis of 1 or more. Received: {name}.shape={array.shape}.")
    return array.reshape(array.size // array.shape[-1], array.shape[-1])


def _vector(array, name, like):
    """Check one number a channel and return it in float64."""
    array = checks.floats(array, name, 1, like.dtype)
    checks.shape(array, name, like.shape[-1:])
    return array.astype(np.float64)


def _scale(variance, gamma, epsilon, rows):
    """Return gamma / sqrt(variance + epsilon), in float64."""
    inverse = 1.0 / np.sqrt(variance + epsilon)
    return inverse if gamma is None else inverse * _vector(gamma, "gamma", rows)


def batch_normalization_fold(
    mean: Array, variance: Array, gamma: Array | None, beta: Array | None, epsilon: float, bias: Array | None = None
) -> tuple[Array, Array]:
    """Return a normalization as one product and one sum: y = x * scale + shift, where x still lacks its bias.

    scale = gamma / sqrt(variance + epsilon)            shift = beta + scale * (bias - mean)

    Parameters
    ----------
    mean : (C,) float32 or float64
        the remembered one
    variance : (C,), dtype of mean
        the remembered one
    gamma : (C,), dtype of mean, or None for 1
        the learnt scale
    beta : (C,), dtype of mean, or None for 0
        the learnt mean
    epsilon : float, positive
        keeps a channel that never changes from dividing by 0
    bias : (C,), dtype of mean, or None for 0
        what x still lacks: a convolution's bias

    Returns
    -------
    scale : (C,), dtype of mean
    shift : (C,), dtype of mean

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> scale, shift = kernels.batch_normalization_fold(np.array([2.0]), np.array([4.0]), None, None, 0.0)
    >>> scale.tolist(), shift.tolist()
    ([0.5], [-1.0])
    """
    mean = checks.floats(mean, "mean", 1)
    arrays = {"variance": variance, "gamma": gamma, "beta": beta, "bias": bias}
    for name, array in arrays.items():
        if array is None:
            arrays[name] = (np.ones if name == "gamma" else np.zeros)(len(mean), mean.dtype)
        else:
            arrays[name] = checks.floats(array, name, 1, mean.dtype)
            checks.shape(array, name, mean.shape)
    scale, shift = np.empty_like(mean), np.empty_like(mean)
    run(_fold, len(mean), 0, mean, *arrays.values(), np.float64(epsilon), scale, shift)
    return scale, shift


def batch_normalization_moments(x: Array) -> tuple[Array, Array]:
    """Measure every channel's mean and variance (divided by the count).

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
    Twice over x, first for the mean: the difference of mean squares would cancel where the mean is large. Rows are
    summed in groups of 256 and the groups in order, in float64: the same bits with any number of threads.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> mean, variance = kernels.batch_normalization_moments(np.array([[1.0], [3.0]]))
    >>> mean.tolist(), variance.tolist()
    ([2.0], [1.0])
    """
    rows = _rows(x, "x")
    if not len(rows):
        raise ValueError(f"`x` must hold at least one row. Received: x.shape={x.shape}.")
    jobs = ceil_div(len(rows), ROWS)
    partial = np.empty((jobs, rows.shape[1]))
    run(_sums, jobs, rows.size, rows, partial)
    mean = partial.sum(axis=0) / len(rows)
    run(_square_sums, jobs, rows.size, rows, mean, partial)
    return mean.astype(x.dtype), (partial.sum(axis=0) / len(rows)).astype(x.dtype)


def batch_normalization_forward(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None,
    beta: Array | None,
    epsilon: float,
    *,
    activation: str | None = None,
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
    activation : None, "relu" or "relu6"
        applied to y

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, mean, variance = np.array([[1.0], [3.0]]), np.array([2.0]), np.array([1.0])
    >>> kernels.batch_normalization_forward(x, mean, variance, np.array([10.0]), None, epsilon=0.0).tolist()
    [[-10.0], [10.0]]
    """
    limit = only_limit(activation)
    rows = _rows(x, "x")
    mean = checks.floats(mean, "mean", 1, rows.dtype)
    checks.shape(mean, "mean", rows.shape[-1:])
    scale, _ = batch_normalization_fold(mean, variance, gamma, beta, epsilon)
    beta = np.zeros_like(mean) if beta is None else checks.floats(beta, "beta", 1)
    y = memory.empty(rows.shape, rows.dtype)
    run(_forward, ceil_div(len(rows), ROWS), rows.size, rows, mean, scale, beta, y, rows.dtype.type(limit))
    return y.reshape(x.shape)


def batch_normalization_backward(
    dy: Array, x: Array, mean: Array, variance: Array, gamma: Array | None, epsilon: float, training: bool
) -> tuple[Array, Array, Array]:
    """Turn the gradient at y into those at x, gamma and beta.

    dbeta  = sum of dy,   dgamma = sum of dy * (x - mean) / s,   s = sqrt(variance + epsilon)
    dx     = gamma / s * (dy - dbeta / count - (x - mean) / s * dgamma / count)      the last two in training only

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

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dy, x = np.array([[1.0], [0.0]]), np.array([[1.0], [3.0]])
    >>> mean, variance = np.array([2.0]), np.array([1.0])
    >>> dx, dgamma, dbeta = kernels.batch_normalization_backward(dy, x, mean, variance, None, 0.0, training=False)
    >>> dx.tolist(), dgamma.tolist(), dbeta.tolist()
    ([[1.0], [0.0]], [-1.0], [1.0])
    """
    rows = _rows(x, "x")
    dy_rows = _rows(dy, "dy", rows.dtype)
    checks.shape(dy, "dy", x.shape)
    mean, variance = _vector(mean, "mean", rows), _vector(variance, "variance", rows)
    inverse, scale = _scale(variance, None, epsilon, rows), _scale(variance, gamma, epsilon, rows)
    jobs = ceil_div(len(rows), ROWS)
    partial = np.empty((jobs, 2, rows.shape[1]))
    run(_gradient_sums, jobs, 2 * rows.size, dy_rows, rows, mean, partial)
    dbeta, weighted = partial.sum(axis=0)  # (C,) each
    dgamma = weighted * inverse
    count = len(rows) if training and len(rows) else np.inf  # constants take nothing back
    vectors = [vector.astype(rows.dtype) for vector in (mean, scale, dbeta / count, dgamma * inverse / count)]
    dx = memory.empty(rows.shape, rows.dtype)
    run(_backward, jobs, 2 * rows.size, dy_rows, rows, *vectors, dx)
    return dx.reshape(dy.shape), dgamma.astype(dy.dtype), dbeta.astype(dy.dtype)
