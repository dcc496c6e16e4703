"""SGD: w and m in one pass over memory; NumPy's four expressions would make eight."""

from . import checks
from .jit import jit
from .threads import run

BLOCK = 1 << 14  # elements a job


@jit
def _plain(start, stop, w, g, lr):
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        w[i] -= lr * g[i]


@jit
def _momentum(start, stop, w, g, m, lr, momentum):
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        m[i] = momentum * m[i] - lr * g[i]
        w[i] += m[i]


@jit
def _nesterov(start, stop, w, g, m, lr, momentum):
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        step = lr * g[i]
        m[i] = momentum * m[i] - step
        w[i] += momentum * m[i] - step


def sgd_step(w, g, m, learning_rate, momentum, nesterov):
    """Move the weights down their gradient, in place.

    Parameters
    ----------
    w : any shape, float32 or float64, C-contiguous, changed in place      g : shape and dtype of w
    m : like w, changed in place, or None without momentum
    learning_rate, momentum : float                                        nesterov : bool
    """
    w = checks.in_place(w, "w")
    g = checks.floats(g, "g", dtype=w.dtype)
    checks.shape(g, "g", w.shape)
    jobs, scalar = -(-w.size // BLOCK), w.dtype.type
    if m is None:
        run(_plain, jobs, w.size, w.reshape(-1), g.reshape(-1), scalar(learning_rate))
        return
    m = checks.in_place(m, "m", like=w)
    run(_nesterov if nesterov else _momentum, jobs, 2 * w.size, w.reshape(-1), g.reshape(-1), m.reshape(-1),
        scalar(learning_rate), scalar(momentum))
