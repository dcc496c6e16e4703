"""Batch normalization: moments, forward, backward. A few operations a number: what counts is memory.

Forward   y = (x - mean) / s * gamma + beta,   s = sqrt(variance + epsilon)
Backward  dbeta = sum of dy,   dgamma = sum of dy * (x - mean) / s                     over all rows, count of them
          dx = gamma / s * (dy - dbeta / count - (x - mean) / s * dgamma / count)      the last two in training only

Where a convolution goes before it, a prediction needs neither: fused/batch_normalization_fold.py makes one product.
"""

import numpy as np

from ..types import Array
from .fused.activation import only_limit
from .fused.batch_normalization_fold import batch_normalization_fold
from .machine import ceil_div, checks, jit, memory, run, sums

ROWS = 256  # rows (pixels) a job; sums over them are one partial result


# ---- loops over rows side by side, see machine/sums.py: all arrays are flat, vectors are repeated row by row --------


@jit
def _repeated(vector, dtype):
    """Return numbers of each channel for as many rows as stand side by side."""
    channels = vector.size
    wide = np.empty(sums.side_by_side(channels), dtype)
    for i in range(wide.size):
        wide[i] = vector[i % channels]
    return wide


@jit(contract=False)
def _normalize(x, mean, scale, beta, y):
    """Write y = (x - mean) * scale + beta, each step rounded: so the way back finds the same bits.

    The mean goes first, so that a channel that never changes comes out as beta exactly.
    """
    for i in range(x.size):
        y[i] = (x[i] - mean[i]) * scale[i] + beta[i]


@jit
def _moments(start, stop, x, channels, partial):
    """Job: of ROWS rows the mean and the sum of squared distances from it, in float64.

    The second look at x finds it in the caches.
    """
    total = _repeated(np.zeros(channels), np.float64)
    rows = ROWS * channels
    for job in range(start, stop):
        mean, squares = partial[job]
        first, last = job * rows, min((job + 1) * rows, x.size)
        total[:] = 0
        for at in range(first, last, total.size):
            some = x[at : min(at + total.size, last)]
            for i in range(some.size):
                total[i] += some[i]
        sums.fold(total, mean)
        mean /= (last - first) // channels
        middle = _repeated(mean, np.float64)
        total[:] = 0
        for at in range(first, last, total.size):
            some = x[at : min(at + total.size, last)]
            for i in range(some.size):
                total[i] += (some[i] - middle[i]) ** 2
        sums.fold(total, squares)


@jit
def _join_moments(start, stop, partial, rows, mean, variance):
    """Job: one channel. Squared distances from the mean of all are those from a job's own, and the two means' own."""
    for c in range(start, stop):
        middle = 0.0
        for job in range(len(partial)):
            middle += partial[job, 0, c] * min(ROWS, rows - job * ROWS)
        middle /= rows
        squares = 0.0
        for job in range(len(partial)):
            squares += partial[job, 1, c] + (partial[job, 0, c] - middle) ** 2 * min(ROWS, rows - job * ROWS)
        mean[c], variance[c] = middle, squares / rows


@jit
def _forward(start, stop, x, mean, scale, beta, residual, y, limit):
    """Job: ROWS rows. residual: of size 0, or what is added to y; limit: see fused/activation.py."""
    zero, rows = x.dtype.type(0), ROWS * mean.size
    mean, scale, beta = _repeated(mean, x.dtype), _repeated(scale, x.dtype), _repeated(beta, x.dtype)
    last = min(stop * rows, x.size)
    for at in range(start * rows, last, mean.size):
        to = min(at + mean.size, last)
        out = y[at:to]
        _normalize(x[at:to], mean, scale, beta, out)
        if residual.size:
            more = residual[at:to]
            for i in range(out.size):
                out[i] += more[i]
        if limit >= zero:
            for i in range(out.size):
                v = zero if out[i] <= zero else out[i]  # a comparison with NaN is false: NaN stays
                out[i] = limit if v > limit else v


@jit
def _through(dy, x, mean, scale, beta, limit, room):
    """Return the gradient before the activation, which what went into it tells: dy itself where there is none."""
    zero, dm = x.dtype.type(0), room[: x.size]
    if limit < zero:
        return dy
    _normalize(x, mean, scale, beta, dm)
    no_limit = limit == np.inf
    for i in range(dm.size):
        v, number = dm[i], dy[i]
        dm[i] = number if (v > zero) & (no_limit | (v < limit)) else zero
    return dm


@jit
def _gradient_sums(start, stop, dy, x, mean, scale, beta, limit, partial):
    """Job: the sums of dm and of dm * (x - mean) of ROWS rows, in float64; dm is dy before the activation."""
    rows = ROWS * mean.size
    mean, scale, beta = _repeated(mean, x.dtype), _repeated(scale, x.dtype), _repeated(beta, x.dtype)
    room, plain, weighted = np.empty_like(mean), np.empty(mean.size), np.empty(mean.size)
    for job in range(start, stop):
        last = min((job + 1) * rows, x.size)
        plain[:] = 0
        weighted[:] = 0
        for at in range(job * rows, last, mean.size):
            to = min(at + mean.size, last)
            some = x[at:to]
            dm = _through(dy[at:to], some, mean, scale, beta, limit, room)
            for i in range(dm.size):
                plain[i] += dm[i]
            for i in range(dm.size):
                weighted[i] += np.float64(dm[i]) * (some[i] - mean[i])
        sums.fold(plain, partial[job, 0])
        sums.fold(weighted, partial[job, 1])


@jit
def _join_gradients(start, stop, partial, variance, epsilon, count, dgamma, dbeta, taken):
    """Job: one channel, in float64. taken: what mean and variance take back, for dx; count: infinite for constants."""
    for c in range(start, stop):
        plain = weighted = 0.0
        for job in range(len(partial)):
            plain += partial[job, 0, c]
            weighted += partial[job, 1, c]
        inverse = 1.0 / np.sqrt(np.float64(variance[c]) + epsilon)
        dgamma[c], dbeta[c] = weighted * inverse, plain
        taken[0, c], taken[1, c] = plain / count, weighted * inverse * inverse / count


@jit
def _backward(start, stop, dy, x, mean, scale, beta, limit, taken, dx):
    """Job: ROWS rows. scale: gamma / s; taken: dbeta / count, and dgamma / count / s."""
    rows = ROWS * mean.size
    mean, scale, beta = _repeated(mean, x.dtype), _repeated(scale, x.dtype), _repeated(beta, x.dtype)
    plain, slope, room = _repeated(taken[0], x.dtype), _repeated(taken[1], x.dtype), np.empty_like(mean)
    last = min(stop * rows, x.size)
    for at in range(start * rows, last, mean.size):
        to = min(at + mean.size, last)
        some, out = x[at:to], dx[at:to]
        dm = _through(dy[at:to], some, mean, scale, beta, limit, room)
        for i in range(out.size):
            out[i] = scale[i] * (dm[i] - plain[i] - (some[i] - mean[i]) * slope[i])


# ---- what others call -----------------------------------------------------------------------------------------------


def _rows(array, name, dtype=None):
    """Check an array (..., C) and return it as (rows, C)."""
    array = checks.floats(array, name, dtype=dtype)
    if array.ndim < 1 or array.shape[-1] < 1:
        raise ValueError(f"`{name}` must have a last axis of 1 or more. Received: {name}.shape={array.shape}.")
    return array.reshape(array.size // array.shape[-1], array.shape[-1])


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
    Each group of 256 rows is measured by itself, twice over: first for its mean, since the difference of mean squares
    would cancel where that is large. The groups are joined in order (Chan, Golub & LeVeque 1983), all in float64: the
    same bits with any number of threads. x is read from memory once.

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
    count, channels = rows.shape
    jobs = ceil_div(count, ROWS)
    partial = np.empty((jobs, 2, channels))
    run(_moments, jobs, 2 * rows.size, rows.reshape(-1), channels, partial)
    mean, variance = np.empty(channels, rows.dtype), np.empty(channels, rows.dtype)
    run(_join_moments, channels, 2 * partial.size, partial, count, mean, variance)
    return mean, variance


def batch_normalization_forward(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None,
    beta: Array | None,
    epsilon: float,
    *,
    activation: str | None = None,
    residual: Array | None = None,
) -> Array:
    """Shift and scale every channel.

    y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, and what is added

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
    residual : shape and dtype of x, optional
        added before the activation

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
    more = np.empty(0, rows.dtype)
    if residual is not None:
        more = checks.floats(residual, "residual", dtype=rows.dtype).reshape(-1)
        checks.shape(residual, "residual", x.shape)
    y, jobs = memory.empty(rows.shape, rows.dtype), ceil_div(len(rows), ROWS)
    arrays = rows.reshape(-1), mean, scale, beta, more, y.reshape(-1)
    run(_forward, jobs, rows.size, *arrays, rows.dtype.type(limit))
    return y.reshape(x.shape)


def batch_normalization_backward(
    dy: Array,
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None,
    epsilon: float,
    training: bool,
    *,
    activation: str | None = None,
    beta: Array | None = None,
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
    activation : None, "relu" or "relu6"
        as given to `batch_normalization_forward`, without a residual: the gradient goes back through it first
    beta : (C,), dtype of x, or None for 0
        the learnt mean, which tells with an activation where y was cut

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
    limit = only_limit(activation)
    rows = _rows(x, "x")
    dy_rows = _rows(dy, "dy", rows.dtype)
    checks.shape(dy, "dy", x.shape)
    mean, variance = (
        checks.floats(array, name, 1, rows.dtype) for array, name in ((mean, "mean"), (variance, "variance"))
    )
    checks.shape(mean, "mean", rows.shape[-1:])
    scale, _ = batch_normalization_fold(mean, variance, gamma, beta, epsilon)
    beta = np.zeros_like(mean) if beta is None else checks.floats(beta, "beta", 1)
    jobs, (count, channels) = ceil_div(len(rows), ROWS), rows.shape
    partial, taken = np.empty((jobs, 2, channels)), np.empty((2, channels))
    arrays = dy_rows.reshape(-1), rows.reshape(-1), mean, scale, beta, rows.dtype.type(limit)
    run(_gradient_sums, jobs, 2 * rows.size, *arrays, partial)
    dgamma, dbeta = np.empty_like(mean), np.empty_like(mean)
    fixed = not (training and count)  # constants take nothing back
    how = np.float64(epsilon), np.inf if fixed else np.float64(count)
    run(_join_gradients, channels, 2 * partial.size, partial, variance, *how, dgamma, dbeta, taken)
    dx = memory.empty(rows.shape, rows.dtype)
    run(_backward, jobs, 2 * rows.size, *arrays, taken, dx.reshape(-1))
    return dx.reshape(dy.shape), dgamma, dbeta
