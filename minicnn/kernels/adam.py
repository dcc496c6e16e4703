"""Adam: w, m and v in one pass over memory; NumPy's expressions would make some fifteen."""

import math
from typing import NamedTuple

from ..types import Array
from .machine import ceil_div, checks, jit, run

BLOCK = 1 << 14  # elements a job


class How(NamedTuple):
    """The numbers of a step, in the dtype of the weights.

    Attributes
    ----------
    rate, epsilon, keep : float
        As given to `adam_step`.
    take_1, take_2 : float
        1 - beta: what of the gradient and of its square is taken into the means.
    """

    rate: float
    take_1: float
    take_2: float
    epsilon: float
    keep: float


@jit
def _step(start, stop, w, g, m, v, how):
    """Job: `BLOCK` weights."""
    rate, take_1, take_2, epsilon, keep = how
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        m[i] += (g[i] - m[i]) * take_1
        v[i] += (g[i] * g[i] - v[i]) * take_2
        w[i] = keep * w[i] - rate * m[i] / (math.sqrt(v[i]) + epsilon)


@jit
def _step_below_the_top(start, stop, w, g, m, v, top, how):
    """Job: `BLOCK` weights, divided by the root of the largest v so far."""
    rate, take_1, take_2, epsilon, keep = how
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        m[i] += (g[i] - m[i]) * take_1
        v[i] += (g[i] * g[i] - v[i]) * take_2
        top[i] = top[i] if top[i] >= v[i] else v[i]
        w[i] = keep * w[i] - rate * m[i] / (math.sqrt(top[i]) + epsilon)


def adam_step(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    rate: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    keep: float = 1.0,
    top: Array | None = None,
) -> None:
    """Move the weights down their gradient, each by its own step, in place.

    Parameters
    ----------
    w : any shape, float32 or float64, C-contiguous
        the weights, changed in place
    g : shape and dtype of w
        gradient of the loss with respect to w
    m : shape and dtype of w
        mean of the gradients, changed in place
    v : shape and dtype of w
        mean of the squared gradients, changed in place
    rate : float
        learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) at step t = 1, 2, ...
    beta_1 : float, 0 <= beta_1 < 1
        what is kept of m
    beta_2 : float, 0 <= beta_2 < 1
        what is kept of v
    epsilon : float, positive
        keeps a weight that gets no gradient from dividing by 0
    keep : float
        what weight decay leaves of w before the step
    top : shape and dtype of w, or None
        the largest v so far, changed in place, where that is to be divided by (amsgrad)

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> w, g, m, v = np.ones(2), np.array([3.0, -0.1]), np.zeros(2), np.zeros(2)
    >>> kernels.adam_step(w, g, m, v, rate=0.1 * 0.001**0.5 / 0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    >>> w.round(3).tolist()  # the first step is as long as the learning rate, 0.1, whatever the gradient's size
    [0.9, 1.1]
    """
    w = checks.in_place(w, "w")
    g = checks.floats(g, "g", dtype=w.dtype)
    checks.shape(g, "g", w.shape)
    m, v = checks.in_place(m, "m", like=w), checks.in_place(v, "v", like=w)
    tops = [] if top is None else [checks.in_place(top, "top", like=w)]
    run(
        _step_below_the_top if tops else _step,
        ceil_div(w.size, BLOCK),
        8 * w.size,
        *(array.reshape(-1) for array in (w, g, m, v, *tops)),
        tuple(map(w.dtype.type, How(rate, 1 - beta_1, 1 - beta_2, epsilon, keep))),
    )
