"""One formula for the numbers of two arrays whose sizes agree or are 1: subtraction, maximum, minimum, PReLU."""

import numpy as np

from ...types import Array
from . import broadcast, memory, tape
from .jit import jit
from .threads import run

SUBTRACT, MAXIMUM, MINIMUM, PRELU = range(4)


@jit
def _pairs(start, stop, a, b, y, walk, formula):
    """Job: see broadcast.py. All arrays are flat."""
    (a_steps, b_steps, y_steps), (a_step, b_step) = walk.steps, (walk.steps[0][3], walk.steps[1][3])
    zero = a.dtype.type(0)
    for job in range(start, stop):
        place = broadcast.place_of(job, walk)
        for row in range(place.row, place.row_stop):
            ia = broadcast.offset(place, row, a_steps)
            ib = broadcast.offset(place, row, b_steps)
            iy = broadcast.offset(place, row, y_steps)
            out = y[iy : iy + place.length]
            if formula == SUBTRACT:
                for i in range(out.size):
                    out[i] = a[ia + i * a_step] - b[ib + i * b_step]
            elif formula == MAXIMUM:
                for i in range(out.size):
                    u, v = a[ia + i * a_step], b[ib + i * b_step]
                    out[i] = u if u >= v or u != u else v  # a NaN of either stays
            elif formula == MINIMUM:
                for i in range(out.size):
                    u, v = a[ia + i * a_step], b[ib + i * b_step]
                    out[i] = u if u <= v or u != u else v
            else:
                for i in range(out.size):
                    u = a[ia + i * a_step]
                    out[i] = u if u > zero else u * b[ib + i * b_step]


def apply(formula: int, a: Array, b: Array) -> Array:
    """Apply a formula to two arrays of one rank and dtype, as `checks.plain` returns them.

    Parameters
    ----------
    formula : SUBTRACT, MAXIMUM, MINIMUM or PRELU
        PRELU: a where a > 0, else a * b
    a, b : arrays
        sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of a

    Examples
    --------
    >>> apply(MAXIMUM, np.array([[1.0, 5.0]]), np.array([[3.0]])).tolist()
    [[3.0, 5.0]]
    """
    shape = np.broadcast_shapes(a.shape, b.shape)
    way = broadcast.walk(a.shape, b.shape, shape)
    if way is None:  # more axes, broadcast in turns, than a walk has
        tape.refuse()
        a, b = np.broadcast_to(a, shape).copy(), np.broadcast_to(b, shape).copy()
        way = broadcast.walk(shape, shape, shape)
    assert way is not None  # two arrays of one shape have a walk
    y = memory.empty(shape, a.dtype)
    run(_pairs, way.jobs, y.size, a.reshape(-1), b.reshape(-1), y.reshape(-1), way, formula)
    return y
