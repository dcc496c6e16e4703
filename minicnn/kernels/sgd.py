"""SGD: w and m in one pass over memory; NumPy's four expressions would make eight.

Without   w -= lr * g
With      m = momentum * m - lr * g;   w += m            (nesterov:  w += momentum * m - lr * g)

A dense layer after many pixels holds most of a small net's weights. Its gradient x.T @ dy is as large as they are and
costs little to compute, so to write it and to read it again takes longer than the product itself. So `sgd_step`
also takes the gradient's two factors, a `Product`: it computes the gradient tile by tile, and moves the weights by each
tile while that is in registers. (The optimizer hands the factors over where nobody has read the gradient before.)
"""

from typing import NamedTuple

import numpy as np

from ..types import Array
from .dense import Product, dense_backward_kernel
from .machine import ceil_div, checks, jit, run, tile

BLOCK = 1 << 14  # elements a job
MOST_EXAMPLES = 256  # of a product that is made on the way: T numbers of each one's x must stay in the nearest cache


class Factors(NamedTuple):
    """The sizes of a product x.T @ dy: examples, inputs, units; and the numbers from one example's dy to the next.

    The last is in whole registers: after an example's units there are zeros.
    """

    examples: int
    inputs: int
    units: int
    stride: int


@jit
def _plain(start, stop, w, g, lr):
    """Job: `BLOCK` weights, without momentum."""
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        w[i] -= lr * g[i]


@jit
def _momentum(start, stop, w, g, m, lr, momentum):
    """Job: `BLOCK` weights, with momentum."""
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        m[i] = momentum * m[i] - lr * g[i]
        w[i] += m[i]


@jit
def _nesterov(start, stop, w, g, m, lr, momentum):
    """Job: `BLOCK` weights, with momentum that is looked ahead along."""
    for i in range(start * BLOCK, min(stop * BLOCK, w.size)):
        step = lr * g[i]
        m[i] = momentum * m[i] - step
        w[i] += momentum * m[i] - step


@jit
def _move(w, m, x, dy, shape, factors, rates, nesterov, row):
    """Move T rows of w (D, F), from `row` on. All arrays are flat; rates: -lr in every lane, then the momentum."""
    examples, inputs, units, stride = factors
    width = len(shape[1]) * (tile.REGISTER_BYTES // w.itemsize)
    for first in range(0, units, width):
        step = tile.zeros(shape, w)
        for n in range(examples):
            step = tile.fma(step, x, n * inputs + row, 1, dy, n * stride + first)
        step, at = tile.multiply(step, tile.repeat(shape, rates, 0)), row * units + first
        if m.size:
            share = tile.repeat(shape, rates, width)
            moved = tile.add(tile.multiply(share, tile.load(shape, m, at, units, units - first)), step)
            tile.store(moved, m, at, units, units - first)
            step = tile.add(tile.multiply(share, moved), step) if nesterov else moved
        tile.store(tile.add(tile.load(shape, w, at, units, units - first), step), w, at, units, units - first)


@jit
def _along_product(start, stop, w, m, x, dy, shape, factors, rates, nesterov, rows):
    """Job: `rows` rows of w. Tiles must not overlap, since they change what they read: the rest goes row by row."""
    t, one_row, factors = len(shape[0]), (shape[0][:1], shape[1]), Factors(*factors)
    for job in range(start, stop):
        row, last = job * rows, min((job + 1) * rows, factors.inputs)
        while row + t <= last:
            _move(w, m, x, dy, shape, factors, rates, nesterov, row)
            row += t
        while row < last:
            _move(w, m, x, dy, one_row, factors, rates, nesterov, row)
            row += 1


def sgd_step(
    w: Array, g: Array | Product, m: Array | None, learning_rate: float, momentum: float, nesterov: bool
) -> None:
    """Move the weights down their gradient, in place.

    Parameters
    ----------
    w : any shape, float32 or float64, C-contiguous
        the weights, changed in place
    g : shape and dtype of w, or a Product
        gradient of the loss with respect to w; a Product's gradient is x.T @ dy
    m : shape and dtype of w, or None
        the last step, changed in place, where there is momentum
    learning_rate : float
        length of a step for a gradient of 1
    momentum : float, 0 <= momentum < 1
        what is kept of the last step
    nesterov : bool
        look ahead along the momentum

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> w, m = np.ones(2), np.zeros(2)
    >>> kernels.sgd_step(w, np.array([1.0, -2.0]), m, learning_rate=0.5, momentum=0.5, nesterov=False)
    >>> w.tolist(), m.tolist()
    ([0.5, 2.0], [-0.5, 1.0])
    >>> kernel = np.zeros((1, 2))
    >>> product = kernels.Product(dy=np.array([[1.0, 10.0]]), x=np.array([[3.0]]))
    >>> kernels.sgd_step(kernel, product, None, learning_rate=1.0, momentum=0.0, nesterov=False)
    >>> kernel.tolist()
    [[-3.0, -30.0]]
    """
    w = checks.in_place(w, "w")
    m = None if m is None else checks.in_place(m, "m", like=w)
    if isinstance(g, Product) and 0 < len(g.x) <= MOST_EXAMPLES and w.size:
        _step_along(g, w, m, learning_rate, momentum, nesterov)
        return
    g = dense_backward_kernel(*g) if isinstance(g, Product) else checks.floats(g, "g", dtype=w.dtype)
    checks.shape(g, "g", w.shape)
    jobs, scalar = ceil_div(w.size, BLOCK), w.dtype.type
    if m is None:
        run(_plain, jobs, w.size, w.reshape(-1), g.reshape(-1), scalar(learning_rate))
        return
    run(
        _nesterov if nesterov else _momentum,
        jobs,
        2 * w.size,
        w.reshape(-1),
        g.reshape(-1),
        m.reshape(-1),
        scalar(learning_rate),
        scalar(momentum),
    )


def _step_along(
    product: Product, w: Array, m: Array | None, learning_rate: float, momentum: float, nesterov: bool
) -> None:
    """Move the weights by the gradient of a product, which is never written to memory."""
    dy = checks.floats(product.dy, "dy", 2, w.dtype)
    x = checks.floats(product.x, "x", 2, w.dtype)
    checks.shape(dy, "dy", (len(x), dy.shape[1]))
    checks.shape(w, "w", (x.shape[1], dy.shape[1]))
    (inputs, units), examples = w.shape, len(x)
    v = tile.columns(units, w.dtype)
    width = v * tile.lanes(w.dtype)
    t = next(t for t in tile.ROWS[v] if t <= inputs)
    padded = np.zeros((examples, ceil_div(units, width) * width), w.dtype)  # small: examples times units
    padded[:, :units] = dy
    rates = np.repeat(np.array([-learning_rate, momentum], w.dtype), width)
    rows, none = ceil_div(ceil_div(BLOCK, units), t) * t, np.empty(0, w.dtype)
    factors, flat_m = (examples, inputs, units, padded.shape[1]), none if m is None else m.reshape(-1)
    arrays = w.reshape(-1), flat_m, x.reshape(-1), padded.reshape(-1)
    jobs, shape = ceil_div(inputs, rows), tile.shape(t, v)
    run(_along_product, jobs, 2 * w.size, *arrays, shape, factors, rates, bool(nesterov), rows)
