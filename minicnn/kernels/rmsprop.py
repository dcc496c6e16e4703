"""RMSprop: w and its means in one pass over memory; NumPy's expressions would make some ten."""

import math
from typing import NamedTuple

import numpy as np

from ..types import Array
from .machine import ceil_div, checks, jit, run

BLOCK = 1 << 14  # elements a job


class How(NamedTuple):
    """The numbers of a step, in the dtype of the weights.

    Attributes
    ----------
    rate, rho, epsilon, keep, momentum : float
        As given to `rmsprop_step`.
    take : float
        1 - rho: what of the gradient's square is taken into the mean.
    """

    rate: float
    rho: float
    take: float
    epsilon: float
    keep: float
    momentum: float


@jit
def _plain(start, stop, w, g, v, how):
    """Job: `BLOCK` weights."""
    rate, rho, take, epsilon, keep, _ = how
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        v[i] = rho * v[i] + take * (g[i] * g[i])
        w[i] = keep * w[i] - rate * g[i] / math.sqrt(v[i] + epsilon)


@jit
def _general(start, stop, w, g, v, m, mean, how):
    """Job: `BLOCK` weights, with momentum where there is m, centered where there is a mean."""
    rate, rho, take, epsilon, keep, momentum = how
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        v[i] = rho * v[i] + take * (g[i] * g[i])
        spread = v[i]
        if mean.size:
            mean[i] = rho * mean[i] + take * g[i]
            spread = v[i] - mean[i] * mean[i]
        step = rate * g[i] / math.sqrt(spread + epsilon)
        if m.size:
            m[i] = momentum * m[i] + step
            step = m[i]
        w[i] = keep * w[i] - step


def rmsprop_step(
    w: Array,
    g: Array,
    v: Array,
    rate: float,
    rho: float,
    epsilon: float,
    keep: float = 1.0,
    momentum: float = 0.0,
    m: Array | None = None,
    mean: Array | None = None,
) -> None:
    """Move the weights down their gradient, each divided by the root of its mean square, in place.

    Parameters
    ----------
    w : any shape, float32 or float64, C-contiguous
        the weights, changed in place
    g : shape and dtype of w
        gradient of the loss with respect to w
    v : shape and dtype of w
        mean of the squared gradients, changed in place
    rate : float
        length of a step for a gradient of the size of its mean
    rho : float, 0 <= rho < 1
        what is kept of the means
    epsilon : float, positive
        keeps a weight that gets no gradient from dividing by 0
    keep : float
        what weight decay leaves of w before the step
    momentum : float, 0 <= momentum <= 1
        what is kept of the last step, where there is m
    m : shape and dtype of w, or None
        the last step, changed in place
    mean : shape and dtype of w, or None
        mean of the gradients, changed in place, where its square is to be taken from v

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> w, g, v = np.ones(2), np.array([3.0, -0.1]), np.zeros(2)
    >>> kernels.rmsprop_step(w, g, v, rate=0.1, rho=0.75, epsilon=1e-9)
    >>> w.round(3).tolist()  # 0.1 * g / sqrt(0.25 * g^2)
    [0.8, 1.2]
    """
    w = checks.in_place(w, "w")
    g = checks.floats(g, "g", dtype=w.dtype)
    checks.shape(g, "g", w.shape)
    v = checks.in_place(v, "v", like=w)
    how = tuple(map(w.dtype.type, How(rate, rho, 1 - rho, epsilon, keep, momentum)))
    jobs, flat = ceil_div(w.size, BLOCK), [array.reshape(-1) for array in (w, g, v)]
    if m is None and mean is None:
        run(_plain, jobs, 8 * w.size, *flat, how)
        return
    none = np.empty(0, w.dtype)
    m = none if m is None else checks.in_place(m, "m", like=w)
    mean = none if mean is None else checks.in_place(mean, "mean", like=w)
    run(_general, jobs, 8 * w.size, *flat, m.reshape(-1), mean.reshape(-1), how)
