"""Global pooling: every channel of an image becomes one number, its mean or its maximum."""

import numpy as np

from ..types import Array
from .machine import ceil_div, checks, jit, memory, run

CHANNELS = 64  # channels a job: one image alone still gives every thread work


@jit
def _average(start, stop, x, y):
    """Job: CHANNELS channels of one image, summed in float64."""
    n_pixels, channels = x.shape[1:]
    blocks = ceil_div(channels, CHANNELS)
    total = np.empty(CHANNELS, np.float64)
    for job in range(start, stop):
        n, first = job // blocks, job % blocks * CHANNELS
        count = min(CHANNELS, channels - first)
        total[:] = 0
        for pixel in range(n_pixels):
            row = x[n, pixel, first : first + count]
            for c in range(count):
                total[c] += row[c]
        for c in range(count):
            y[n, first + c] = total[c] / n_pixels


@jit
def _maximum(start, stop, x, y):
    """Job: CHANNELS channels of one image."""
    n_pixels, channels = x.shape[1:]
    blocks = ceil_div(channels, CHANNELS)
    for job in range(start, stop):
        n, first = job // blocks, job % blocks * CHANNELS
        best = y[n, first : min(first + CHANNELS, channels)]
        best[:] = x[n, 0, first : first + best.size]
        for pixel in range(1, n_pixels):
            row = x[n, pixel, first : first + best.size]
            for c in range(best.size):
                if not row[c] <= best[c] and best[c] == best[c]:  # NaN wins, and stays
                    best[c] = row[c]


@jit
def _share(start, stop, dy, x, y, dx):
    """Job: one image. Count the pixels that hold each maximum, then share its gradient."""
    n_pixels, channels = x.shape[1:]
    winners = np.empty(channels, dy.dtype)
    zero = dy.dtype.type(0)
    for n in range(start, stop):
        winners[:] = 0
        for pixel in range(n_pixels):
            for c in range(channels):
                winners[c] += x[n, pixel, c] == y[n, c]
        for pixel in range(n_pixels):
            for c in range(channels):
                dx[n, pixel, c] = dy[n, c] / winners[c] if x[n, pixel, c] == y[n, c] else zero


def _pixels(x):
    """Check images and return them as (N, H * W, C)."""
    x = checks.floats(x, "x", 4)
    if 0 in x.shape[1:]:
        raise ValueError(f"`x` must have at least one pixel and one channel. Received: x.shape={x.shape}.")
    return x.reshape(len(x), -1 if len(x) else x.shape[1] * x.shape[2], x.shape[3])


def _reduce(kernel, x):
    """Run a kernel that makes one number of every channel of an image."""
    pixels = _pixels(x)
    n, _, channels = pixels.shape
    y = memory.empty((n, channels), pixels.dtype)
    run(kernel, n * ceil_div(channels, CHANNELS), pixels.size, pixels, y)
    return y


def global_avgpool2d_forward(x: Array) -> Array:
    """Average every channel over the whole image.

    y[n,c] = sum_hw x[n,h,w,c] / (H * W)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, at least one pixel

    Returns
    -------
    y : (N, C), dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.global_avgpool2d_forward(np.arange(8.0).reshape(1, 2, 2, 2)).tolist()
    [[3.0, 4.0]]
    """
    return _reduce(_average, x)


def global_avgpool2d_backward(dy: Array, input_shape: tuple[int, ...]) -> Array:
    """Hand the gradient back in equal parts.

    dx[n,h,w,c] = dy[n,c] / (H * W)

    Parameters
    ----------
    dy : (N, C) float32 or float64
        gradient of the loss with respect to y
    input_shape : (N, H, W, C) int
        the shape of x

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.global_avgpool2d_backward(np.array([[4.0]]), (1, 2, 2, 1)).ravel().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    dy = checks.floats(dy, "dy", 2)
    checks.shape(dy, "dy", (input_shape[0], input_shape[3]))
    dx = memory.empty(tuple(input_shape), dy.dtype)
    dx[...] = (dy / dy.dtype.type(input_shape[1] * input_shape[2]))[:, None, None]
    return dx


def global_maxpool2d_forward(x: Array) -> Array:
    """Keep the largest number of every channel; NaN travels.

    y[n,c] = max over h,w of x[n,h,w,c]

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, at least one pixel

    Returns
    -------
    y : (N, C), dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> kernels.global_maxpool2d_forward(np.arange(8.0).reshape(1, 2, 2, 2)).tolist()
    [[6.0, 7.0]]
    """
    return _reduce(_maximum, x)


def global_maxpool2d_backward(dy: Array, x: Array, y: Array) -> Array:
    """Share every gradient evenly among the pixels that hold the maximum, as Keras does.

    dx[n,h,w,c] = dy[n,c] / (pixels of the image whose x is y[n,c]) where x[n,h,w,c] = y[n,c], else 0

    Parameters
    ----------
    dy : (N, C) float32 or float64
        gradient of the loss with respect to y
    x : (N, H, W, C), dtype of dy
        as given to `global_maxpool2d_forward`
    y : (N, C), dtype of dy
        what `global_maxpool2d_forward` returned

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x = np.array([[1.0, 5.0], [5.0, 0.0]]).reshape(1, 2, 2, 1)
    >>> dx = kernels.global_maxpool2d_backward(np.array([[4.0]]), x, np.array([[5.0]]))
    >>> dx[0, :, :, 0].tolist()  # two maxima share
    [[0.0, 2.0], [2.0, 0.0]]
    """
    dy = checks.floats(dy, "dy", 2)
    x, y = checks.floats(x, "x", 4, dy.dtype), checks.floats(y, "y", 2, dy.dtype)
    checks.shape(dy, "dy", (x.shape[0], x.shape[3]))
    checks.shape(y, "y", dy.shape)
    pixels = _pixels(x)
    dx = memory.empty(pixels.shape, dy.dtype)
    run(_share, len(dy), 2 * x.size, dy, pixels, y, dx)
    return dx.reshape(x.shape)
