"""Dense: y = x @ kernel + bias;  dx = dy @ kernel.T;  dkernel = x.T @ dy."""

import numpy as np

from . import checks, direct, memory, tile
from .jit import jit
from .relu import relu_forward
from .sigmoid import sigmoid_forward
from .softmax import softmax_forward
from .threads import run

CHUNK = 512  # inputs of one partial product: 64 KB of weights, in reach of the second cache for every tile of pictures
PACK_FROM = 64  # pictures, from which on it pays to lay weights out side by side before they are read so often
ACTIVATIONS = {"relu": relu_forward, "sigmoid": sigmoid_forward, "softmax": softmax_forward}


@jit
def _partial_products(start, stop, x, kernel, partial, shape, inputs, count, packed):
    """Job: `CHUNK` inputs of all pictures, one block of filters. partial (chunks, blocks, N, V*L), flat."""
    n, t, width = x.size // inputs, len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    blocks = (count + width - 1) // width
    one_row = (shape[0][:1], shape[1])
    panel = np.empty(CHUNK * width if packed else 0, x.dtype)
    for job in range(start, stop):
        chunk, block = job // blocks, job % blocks
        first, size = chunk * CHUNK, min(CHUNK, inputs - chunk * CHUNK)
        w, iw_first, iw_step = kernel, first * count + block * width, count
        if packed:
            w, iw_first, iw_step = panel, 0, width
            for d in range(size):
                at = (first + d) * count + block * width
                tile.store(tile.load(one_row, kernel, at, 0, count - block * width), panel, d * width, 0, width)
        for j in range((n + t - 1) // t):
            picture = min(j * t, n - t)
            sums = tile.zeros(shape, x)
            iw = iw_first
            for ix in range(picture * inputs + first, picture * inputs + first + size):
                sums = tile.fma(sums, x, ix, inputs, w, iw)
                iw += iw_step
            tile.store(sums, partial, (job * n + picture) * width, width, width)


@jit
def _finish(start, stop, partial, bias, y, relu):
    """Job: one picture. Add the partial products in order, and the bias."""
    chunks, blocks, _, width = partial.shape
    for n in range(start, stop):
        for block in range(blocks):
            out = y[n, block * width:(block + 1) * width]
            out[:] = bias[block * width:(block + 1) * width]
            for chunk in range(chunks):
                for lane in range(out.size):
                    out[lane] += partial[chunk, block, n, lane]
            if relu:
                for lane in range(out.size):
                    if out[lane] <= 0:
                        out[lane] = 0


@jit
def _backward_input(start, stop, dy, kernel, dx, shape, inputs, count):
    """Job: V registers of inputs. Their weights are transposed into a panel, filters down, inputs across."""
    n, t, size = dy.size // count, len(shape[0]), tile.REGISTER_BYTES // dy.itemsize
    width = len(shape[1]) * size
    panel = np.empty(count * width, dy.dtype)
    for job in range(start, stop):
        first = job * width
        for d in range(first, first + width, size):
            for f in range(0, count, size):
                if d + size <= inputs and f + size <= count:
                    tile.transpose(kernel, d * count + f, count, panel, f * width + d - first, width)
                else:
                    for g in range(f, min(f + size, count)):
                        for i in range(d, d + size):
                            panel[g * width + i - first] = kernel[i * count + g] if i < inputs else 0
        for j in range((n + t - 1) // t):
            picture = min(j * t, n - t)
            sums = tile.zeros(shape, dy)
            for f in range(count):
                sums = tile.fma(sums, dy, picture * count + f, count, panel, f * width)
            tile.store(sums, dx, picture * inputs + first, inputs, inputs - first)


@jit
def _backward_kernel(start, stop, dy, x, dkernel, shape, inputs, count):
    """Job: T inputs, all filters. dy is packed (blocks, N, V*L): filters in the lanes."""
    n, t, width = x.size // inputs, len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    for job in range(start, stop):
        first = min(job * t, inputs - t)  # the last tile overlaps its neighbour, and writes the same sums
        for block in range((count + width - 1) // width):
            sums = tile.zeros(shape, x)
            iw = block * n * width
            for picture in range(n):
                sums = tile.fma(sums, x, picture * inputs + first, 1, dy, iw)
                iw += width
            tile.store(sums, dkernel, first * count + block * width, count, count - block * width)


def activate(y, activation):
    """Apply the activation of that name, or none.

    Raises
    ------
    ValueError: `activation` must be None, "relu", "sigmoid" or "softmax". Received: activation='tanh'.
    """
    if activation is None:
        return y
    if activation not in ACTIVATIONS:
        raise ValueError('`activation` must be None, "relu", "sigmoid" or "softmax". '
                         f"Received: activation={activation!r}.")
    return ACTIVATIONS[activation](y)


def dense_forward(x, kernel, bias, *, activation=None):
    """Weigh every input for every output, sum, and add the bias.

    y[n,f] = bias[f] + sum_d x[n,d] * kernel[d,f]

    Parameters
    ----------
    x : (N, D) float32 or float64       kernel : (D, F)         bias : (F,) or None for no bias
    activation : None, "relu", "sigmoid" or "softmax", applied to y

    Returns
    -------
    y : (N, F), dtype of x

    Notes
    -----
    With few pictures and many inputs there are few outputs, each a long sum, and reading the weights once takes most
    of the time. So the sum is cut into chunks of inputs, which threads share and which are added in order.
    """
    x = checks.floats(x, "x", 2)
    kernel = checks.floats(kernel, "kernel", 2, x.dtype)
    checks.shape(kernel, "kernel", (x.shape[1], kernel.shape[1]))
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", (kernel.shape[1],))
    else:
        bias = np.zeros(kernel.shape[1], x.dtype)
    (n, inputs), count = x.shape, kernel.shape[1]
    y = memory.empty((n, count), x.dtype)
    if y.size:
        v = tile.columns(count, x.dtype)
        width = v * tile.lanes(x.dtype)
        partial = memory.empty((-(-inputs // CHUNK), -(-count // width), n, width), x.dtype)
        packed = count % width > 0 or n >= PACK_FROM
        run(_partial_products, partial.shape[0] * partial.shape[1], x.size * count // 16, x.reshape(-1),
            kernel.reshape(-1), partial.reshape(-1), tile.shape(tile.rows(n, v), v), inputs, count, packed)
        run(_finish, n, partial.size, partial, bias, y, activation == "relu")
    return y if activation == "relu" else activate(y, activation)


def dense_backward_input(dy, kernel):
    """Hand every output's gradient back along its weights.

    dx[n,d] = sum_f dy[n,f] * kernel[d,f]

    Parameters
    ----------
    dy : (N, F) float32 or float64      kernel : (D, F)

    Returns
    -------
    dx : (N, D), dtype of dy
    """
    dy = checks.floats(dy, "dy", 2)
    kernel = checks.floats(kernel, "kernel", 2, dy.dtype)
    checks.shape(kernel, "kernel", (kernel.shape[0], dy.shape[1]))
    dx = memory.empty((dy.shape[0], kernel.shape[0]), dy.dtype)
    (n, count), inputs = dy.shape, len(kernel)
    if not count:
        dx[:] = 0
    elif dx.size:
        v = tile.columns(inputs, dy.dtype)
        run(_backward_input, -(-inputs // (v * tile.lanes(dy.dtype))), dx.size * count // 16, dy.reshape(-1),
            kernel.reshape(-1), dx.reshape(-1), tile.shape(tile.rows(n, v), v), inputs, count)
    return dx


def dense_backward_kernel(dy, x):
    """Sum over the batch, for every weight, its input times its output's gradient.

    dkernel[d,f] = sum_n x[n,d] * dy[n,f]

    Parameters
    ----------
    dy : (N, F) float32 or float64      x : (N, D), as given to `dense_forward`

    Returns
    -------
    dkernel : (D, F), dtype of dy
    """
    dy = checks.floats(dy, "dy", 2)
    x = checks.floats(x, "x", 2, dy.dtype)
    checks.shape(x, "x", (dy.shape[0], x.shape[1]))
    dkernel = memory.empty((x.shape[1], dy.shape[1]), dy.dtype)
    (n, inputs), count = x.shape, dy.shape[1]
    if dkernel.size:
        packed, _, v = direct.pack(dy.reshape(1, 1, n, count), 1)
        t = tile.rows(inputs, v)
        run(_backward_kernel, -(-inputs // t), x.size * count // 16 + dkernel.size, packed, x.reshape(-1),
            dkernel.reshape(-1), tile.shape(t, v), inputs, count)
    return dkernel
