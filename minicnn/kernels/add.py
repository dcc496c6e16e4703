"""Add: several arrays, elementwise; sizes of 1 are broadcast."""

from collections.abc import Sequence

import numpy as np

from ..types import Array
from .machine import broadcast, ceil_div, checks, jit, memory, run, tape

BLOCK = 1 << 14  # numbers a job


@jit
def _add(start, stop, a, b, y):
    """Job: BLOCK numbers."""
    a, b, y = a[start * BLOCK : stop * BLOCK], b[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(y.size):
        y[i] = a[i] + b[i]


@jit
def _add_broadcast(start, stop, a, b, y, walk):
    """Job: see broadcast.py. All arrays are flat."""
    (a_steps, b_steps, y_steps), (a_step, b_step) = walk.steps, (walk.steps[0][3], walk.steps[1][3])
    for job in range(start, stop):
        place = broadcast.place_of(job, walk)
        for row in range(place.row, place.row_stop):
            ia = broadcast.offset(place, row, a_steps)
            ib = broadcast.offset(place, row, b_steps)
            iy = broadcast.offset(place, row, y_steps)
            for i in range(place.length):
                y[iy + i] = a[ia + i * a_step] + b[ib + i * b_step]


def add_forward(xs: Sequence[Array]) -> Array:
    """Add elementwise.

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
    >>> kernels.add_forward([np.ones((2, 2)), np.array([[0.0, 4.0]])]).tolist()
    [[1.0, 5.0], [1.0, 5.0]]
    """
    total, *others = broadcast.of_one_rank(xs)
    own = None  # where the sum so far lies, once it is an array of our own
    for x in others:
        total = own = _sum(total, x, own)
    return total


def _sum(a: Array, b: Array, y: Array | None) -> Array:
    """Add two arrays, into `y` if it is there and large enough."""
    shape = a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape)
    if y is None or y.shape != shape:
        y = memory.empty(shape, a.dtype)
    flat = a.reshape(-1), b.reshape(-1), y.reshape(-1)
    if a.shape == b.shape:
        run(_add, ceil_div(y.size, BLOCK), y.size, *flat)
        return y
    way = broadcast.walk(a.shape, b.shape, shape)
    if way is None:
        tape.refuse()
        return a + b
    run(_add_broadcast, way.jobs, y.size, *flat, way)
    return y


def add_backward(dy: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Hand each summand the gradient, summed where it was broadcast; the others get `dy` itself.

    Parameters
    ----------
    dy : the broadcast shape, float32 or float64
        gradient of the loss with respect to y
    shapes : list of tuples of int
        shapes of the arrays given to `add_forward`

    Returns
    -------
    dxs : list of arrays, each of its x's shape, dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dx, dbias = kernels.add_backward(np.ones((2, 2)), [(2, 2), (1, 2)])
    >>> dx.tolist(), dbias.tolist()
    ([[1.0, 1.0], [1.0, 1.0]], [[2.0, 2.0]])
    """
    dy = checks.floats(dy, "dy", len(shapes[0]))
    checks.shape(dy, "dy", np.broadcast_shapes(*shapes))
    return [broadcast.unbroadcast(dy, shape) for shape in shapes]
