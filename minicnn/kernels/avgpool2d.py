"""Average pooling: of every window, channel by channel, the mean of the pixels that lie on the image."""

from ..types import Array, Pads, Pair
from .machine import ceil_div, checks, jit, memory, run, sums
from .maxpool2d import pooling


@jit
def _forward(start, stop, x, y, pool):
    """Job: one row of outputs of one image."""
    ph, pw, sh, sw, top, left = pool
    height, width, channels = x.shape[1:]
    oh, ow = y.shape[1:3]
    one = x.dtype.type(1)
    for job in range(start, stop):
        n, i = job // oh, job % oh
        first, last = max(i * sh - top, 0), min(i * sh - top + ph, height)
        for j in range(ow):
            begin, end = max(j * sw - left, 0), min(j * sw - left + pw, width)
            total = y[n, i, j]
            total[:] = 0
            for h in range(first, last):
                for w in range(begin, end):
                    pixel = x[n, h, w]
                    for c in range(channels):
                        total[c] += pixel[c]
            share = one / x.dtype.type((last - first) * (end - begin))
            for c in range(channels):
                total[c] *= share


@jit
def _backward(start, stop, dy, dx, pool):
    """Job: one image."""
    ph, pw, sh, sw, top, left = pool
    height, width, channels = dx.shape[1:]
    one = dy.dtype.type(1)
    for n in range(start, stop):
        dx[n] = 0
        for i in range(dy.shape[1]):
            first, last = max(i * sh - top, 0), min(i * sh - top + ph, height)
            for j in range(dy.shape[2]):
                begin, end = max(j * sw - left, 0), min(j * sw - left + pw, width)
                share = one / dy.dtype.type((last - first) * (end - begin))
                gradient = dy[n, i, j]
                for h in range(first, last):
                    for w in range(begin, end):
                        pixel = dx[n, h, w]
                        for c in range(channels):
                            pixel[c] += gradient[c] * share


def avgpool2d_forward(x: Array, pool_size: Pair, strides: Pair, pads: Pads) -> Array:
    """Average every window.

    y[n,i,j,c] = mean over a < PH, b < PW of x[n, i*sh+a-top, j*sw+b-left, c]      (what lies outside x is left out)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    pool_size : (PH, PW) int
        the window, pixels
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        pixels around every image, each smaller than the window

    Returns
    -------
    y : (N, OH, OW, C), dtype of x

    Raises
    ------
    ValueError
        `pool_size` must fit into its padded input of 3 pixels. Received: a window over 4 pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> y = kernels.avgpool2d_forward(x, (2, 2), strides=(2, 2), pads=((0, 0), (0, 0)))
    >>> y[0, :, :, 0].tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    x = checks.floats(x, "x", 4)
    pool, shape = pooling(x.shape, pool_size, strides, pads)
    y = memory.empty(shape, sums.dtype_for(x.dtype, pool.ph * pool.pw))
    run(_forward, y.shape[0] * y.shape[1], y.size * pool.ph * pool.pw, x, y, tuple(pool))
    return sums.rounded(y, x.dtype)


def avgpool2d_backward(dy: Array, input_shape: tuple[int, ...], pool_size: Pair, strides: Pair, pads: Pads) -> Array:
    """Hand every output's gradient back in equal parts to the pixels that were averaged.

    dx[n,h,w,c] = sum of dy[n,i,j,c] / (pixels of the window on the image) over all windows (i,j) that hold (h,w)

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64
        gradient of the loss with respect to y
    input_shape : (N, H, W, C) int
        the shape of x
    pool_size : (PH, PW) int
        the window, pixels
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        pixels around every image, each smaller than the window

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dy = np.full((1, 1, 1, 1), 4.0)
    >>> dx = kernels.avgpool2d_backward(dy, (1, 2, 2, 1), (2, 2), strides=(2, 2), pads=((0, 0), (0, 0)))
    >>> dx[0, :, :, 0].tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    dy = checks.floats(dy, "dy", 4)
    pool, shape = pooling(input_shape, pool_size, strides, pads)
    checks.shape(dy, "dy", shape)
    windows = ceil_div(pool.ph, pool.sh) * ceil_div(pool.pw, pool.sw)  # that a pixel lies in
    dx = memory.empty(tuple(input_shape), sums.dtype_for(dy.dtype, windows))
    run(_backward, input_shape[0], dy.size * pool.ph * pool.pw + dx.size, dy, dx, tuple(pool))
    return sums.rounded(dx, dy.dtype)
