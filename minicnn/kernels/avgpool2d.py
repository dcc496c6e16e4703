"""Average pooling: of every window, channel by channel, the mean of the pixels that lie on the picture."""

from .machine import checks, jit, memory, run
from .maxpool2d import pooled_shape


@jit
def _forward(start, stop, x, y, ph, pw, sh, sw, top, left):
    """Job: one row of outputs of one picture."""
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
def _backward(start, stop, dy, dx, ph, pw, sh, sw, top, left):
    """Job: one picture."""
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


def avgpool2d_forward(x, pool_size, strides, pads):
    """Average every window.

    y[n,i,j,c] = mean over a < PH, b < PW of x[n, i*sh+a-top, j*sw+b-left, c]      (what lies outside x is left out)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
    pool_size : (PH, PW) int, pixels        strides : (sh, sw) int, pixels
    pads : ((top, bottom), (left, right)) int, pixels, each smaller than the window

    Returns
    -------
    y : (N, OH, OW, C), dtype of x

    Raises
    ------
    ValueError: `pool_size` must fit into the padded input, 3 pixels. Received: pool_size=(4, 4).
    """
    x = checks.floats(x, "x", 4)
    (ph, pw), (sh, sw) = pool_size, strides = checks.pair(pool_size, "pool_size"), checks.pair(strides, "strides")
    pads = checks.pads(pads)
    y = memory.empty(pooled_shape(x.shape, pool_size, strides, pads), x.dtype)
    run(_forward, y.shape[0] * y.shape[1], y.size * ph * pw, x, y, ph, pw, sh, sw, pads[0][0], pads[1][0])
    return y


def avgpool2d_backward(dy, input_shape, pool_size, strides, pads):
    """Hand every output's gradient back in equal parts to the pixels that were averaged.

    Parameters
    ----------
    dy : (N, OH, OW, C) float32 or float64      input_shape : (N, H, W, C)
    pool_size, strides, pads : as given to `avgpool2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
    """
    dy = checks.floats(dy, "dy", 4)
    (ph, pw), (sh, sw) = pool_size, strides = checks.pair(pool_size, "pool_size"), checks.pair(strides, "strides")
    pads = checks.pads(pads)
    checks.shape(dy, "dy", pooled_shape(tuple(input_shape), pool_size, strides, pads))
    dx = memory.empty(tuple(input_shape), dy.dtype)
    run(_backward, input_shape[0], dy.size * ph * pw + dx.size, dy, dx, ph, pw, sh, sw, pads[0][0], pads[1][0])
    return dx
