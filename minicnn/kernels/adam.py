"""Adam: w, m and v in one pass over memory; NumPy's expressions would make some fifteen."""

import math

from .machine import checks, jit, run

BLOCK = 1 << 14  # elements a job


@jit
def _step(start, stop, w, g, m, v, rate, keep_1, keep_2, epsilon):
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        m[i] += (g[i] - m[i]) * keep_1
        v[i] += (g[i] * g[i] - v[i]) * keep_2
        w[i] -= rate * m[i] / (math.sqrt(v[i]) + epsilon)


def adam_step(w, g, m, v, rate, beta_1, beta_2, epsilon):
    """Move the weights down their gradient, each by its own step, in place.

    Parameters
    ----------
    w, m, v : any shape, float32 or float64, C-contiguous, changed in place      g : shape and dtype of w
    rate : float, learning rate with the correction for early steps
    beta_1, beta_2, epsilon : float
    """
    w = checks.in_place(w, "w")
    g = checks.floats(g, "g", dtype=w.dtype)
    checks.shape(g, "g", w.shape)
    m, v = checks.in_place(m, "m", like=w), checks.in_place(v, "v", like=w)
    scalar = w.dtype.type
    run(
        _step,
        -(-w.size // BLOCK),
        8 * w.size,
        w.reshape(-1),
        g.reshape(-1),
        m.reshape(-1),
        v.reshape(-1),
        scalar(rate),
        scalar(1 - beta_1),
        scalar(1 - beta_2),
        scalar(epsilon),
    )
