"""Normalization with constants: y = (x - mean) / max(sqrt(variance), 1e-7)."""

import numpy as np

from ..types import Array
from .machine import broadcast, checks, jit, memory, run, tape

EPSILON = 1e-7


@jit(contract=False)
def _forward(start, stop, x, mean, variance, y, walk, epsilon):
    """Job: see broadcast.py. All arrays are flat."""
    steps = walk.steps
    step, constant = steps[0][3], steps[1][3]
    for job in range(start, stop):
        place = broadcast.place_of(job, walk)
        for row in range(place.row, place.row_stop):
            ix = broadcast.offset(place, row, steps[0])
            im = broadcast.offset(place, row, steps[1])
            iy = broadcast.offset(place, row, steps[3])
            for i in range(place.length):
                deviation = max(np.sqrt(variance[im + i * constant]), epsilon)
                y[iy + i] = (x[ix + i * step] - mean[im + i * constant]) / deviation


def normalization_forward(x: Array, mean: Array, variance: Array) -> Array:
    """Subtract a mean and divide by a deviation.

    Parameters
    ----------
    x : any shape, float32 or float64
        numbers of any scale
    mean : x's rank, dtype of x
        sizes agree with x's, or are 1
    variance : shape of mean, dtype of x
        0 or more

    Returns
    -------
    y : shape and dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.normalization_forward(np.array([[1.0, 5.0]]), np.array([[3.0, 3.0]]), np.array([[4.0, 1.0]])).tolist()
    [[-1.0, 2.0]]
    """
    x = checks.floats(x, "x")
    mean, variance = (checks.floats(item, "mean and variance", dtype=x.dtype) for item in (mean, variance))
    checks.shape(variance, "variance", mean.shape)
    if np.broadcast_shapes(x.shape, mean.shape) != x.shape:
        raise ValueError(
            f"`mean` must have sizes of 1, or those of x. Received: mean.shape={mean.shape}, x.shape={x.shape}."
        )
    way = broadcast.walk(x.shape, mean.shape, variance.shape, x.shape)
    if way is None:
        tape.refuse()
        return (x - mean) / _deviation(variance)
    y = memory.empty(x.shape, x.dtype)
    run(
        _forward,
        way.jobs,
        4 * x.size,
        x.reshape(-1),
        mean.reshape(-1),
        variance.reshape(-1),
        y.reshape(-1),
        way,
        x.dtype.type(EPSILON),
    )
    return y


def _deviation(variance):
    """Return the square root of the variance, never below EPSILON."""
    return np.maximum(np.sqrt(variance), variance.dtype.type(EPSILON))


def normalization_backward(dy: Array, variance: Array) -> Array:
    """Divide the gradient by the same deviation.

    Parameters
    ----------
    dy : any shape, float32 or float64
        gradient of the loss with respect to y
    variance : shape of mean, dtype of x
        0 or more

    Returns
    -------
    dx : shape and dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.normalization_backward(np.ones((1, 2)), np.array([[4.0, 1.0]])).tolist()
    [[0.5, 1.0]]
    """
    dy = checks.floats(dy, "dy")
    return dy / _deviation(checks.floats(variance, "variance", dtype=dy.dtype))
