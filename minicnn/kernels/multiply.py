"""Multiply: several arrays, elementwise; sizes of 1 are broadcast."""

from collections.abc import Sequence

import numpy as np

from ..types import Array
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
            out = y[iy : iy + place.length]
            if a_step and b_step:
                u, v = a[ia : ia + out.size], b[ib : ib + out.size]
                for i in range(out.size):
                    out[i] = u[i] * v[i]
            else:
                for i in range(out.size):
                    out[i] = a[ia + i * a_step] * b[ib + i * b_step]


def multiply_forward(xs: Sequence[Array]) -> Array:
    """Multiply elementwise.

    Parameters
    ----------
    xs : list of arrays of one rank and dtype, float32 or float64
        sizes agree, or are 1

    Returns
    -------
    y : the broadcast shape, dtype of xs

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.multiply_forward([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0, 0.0]])]).tolist()
    [[10.0, 0.0], [30.0, 0.0]]
    """
    y, *others = broadcast.of_one_rank(xs)
    for x in others:
        y = _product(y, x)
    return y


def _product(a, b):
    """Multiply two arrays."""
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


def multiply_backward(dy: Array, xs: Sequence[Array]) -> list[Array]:
    """Hand each factor the gradient times the product of the others, summed where it was broadcast.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    xs : list of arrays, dtype of dy
        as given to `multiply_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, factors = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0, 0.0]])
    >>> dx, dfactors = kernels.multiply_backward(np.ones((2, 2)), [x, factors])
    >>> dx.tolist(), dfactors.tolist()
    ([[10.0, 0.0], [10.0, 0.0]], [[4.0, 6.0]])
    """
    xs = broadcast.of_one_rank(xs)
    dy = checks.floats(dy, "dy", xs[0].ndim, xs[0].dtype)
    checks.shape(dy, "dy", np.broadcast_shapes(*(x.shape for x in xs)))
    return [
        broadcast.unbroadcast(multiply_forward([dy, *xs[:index], *xs[index + 1 :]]), x.shape)
        for index, x in enumerate(xs)
    ]
