"""Multiply: several arrays, elementwise; sizes of 1 are broadcast."""

import numpy as np

from .machine import broadcast, checks, jit, memory, run, tape


@jit
def _multiply(start, stop, a, b, y, walk):
    """Job: see broadcast.py. All arrays are flat."""
    (a_steps, b_steps, y_steps), (a_step, b_step) = walk.steps, (walk.steps[0][3], walk.steps[1][3])
    for job in range(start, stop):
        place = broadcast.place_of(job, walk)
        for row in range(place.row, place.row_stop):
            ia = broadcast.offset(place, row, a_steps)
            ib = broadcast.offset(place, row, b_steps)
            iy = broadcast.offset(place, row, y_steps)
            out = y[iy : iy + place.count]
            if a_step and b_step:
                u, v = a[ia : ia + out.size], b[ib : ib + out.size]
                for i in range(out.size):
                    out[i] = u[i] * v[i]
            else:
                for i in range(out.size):
                    out[i] = a[ia + i * a_step] * b[ib + i * b_step]


def multiply_forward(xs):
    """Multiply elementwise.

    Parameters
    ----------
    xs : list of at least two arrays, float32 or float64, of one rank and dtype     sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of xs
    """
    y, *others = broadcast.of_one_rank(xs)
    for x in others:
        y = _product(y, x)
    return y


def _product(a, b):
    shape = np.broadcast_shapes(a.shape, b.shape)
    way = broadcast.walk(a.shape, b.shape, shape)
    if way is None:
        tape.refuse()
        return a * b
    y = memory.empty(shape, a.dtype)
    run(
        _multiply,
        way.jobs,
        y.size,
        a.reshape(-1),
        b.reshape(-1),
        y.reshape(-1),
        way,
    )
    return y


def multiply_backward(dy, xs):
    """Hand each factor the gradient times the product of the others, summed where it was broadcast.

    Parameters
    ----------
    dy : shape of y, float32 or float64     xs : as given to `multiply_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy
    """
    xs = broadcast.of_one_rank(xs)
    dy = checks.floats(dy, "dy", xs[0].ndim, xs[0].dtype)
    checks.shape(dy, "dy", np.broadcast_shapes(*(x.shape for x in xs)))
    return [
        broadcast.unbroadcast(multiply_forward([dy, *xs[:index], *xs[index + 1 :]]), x.shape)
        for index, x in enumerate(xs)
    ]
