"""Global pooling: every channel of an image becomes one number, its mean or its maximum.

Forward   y[n,c] = mean (or max) over h,w of x[n,h,w,c]
Backward  mean: every pixel gets dy / (H * W).   max: the pixels that hold the maximum share dy evenly.

Source: Keras 3 GlobalAveragePooling2D and GlobalMaxPooling2D.
"""

import numpy as np

from ..types import Array


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
    >>> from minicnn import reference
    >>> reference.global_avgpool2d_forward(np.arange(8.0).reshape(1, 2, 2, 2)).tolist()
    [[3.0, 4.0]]
    """
    return (x.astype(np.float64).sum(axis=(1, 2)) / (x.shape[1] * x.shape[2])).astype(x.dtype)


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
    >>> from minicnn import reference
    >>> reference.global_avgpool2d_backward(np.array([[4.0]]), (1, 2, 2, 1)).ravel().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    share = dy.astype(np.float64) / (input_shape[1] * input_shape[2])
    return np.broadcast_to(share[:, None, None], input_shape).astype(dy.dtype)


def global_maxpool2d_forward(x: Array) -> Array:
    """Keep the largest number of every channel.

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
    >>> from minicnn import reference
    >>> reference.global_maxpool2d_forward(np.arange(8.0).reshape(1, 2, 2, 2)).tolist()
    [[6.0, 7.0]]
    """
    return x.max(axis=(1, 2))


def global_maxpool2d_backward(dy: Array, x: Array, y: Array) -> Array:
    """Share every gradient evenly among the pixels that hold the maximum.

    dx[n,h,w,c] = dy[n,c] / (how often y[n,c] stands in x[n,:,:,c]) where x[n,h,w,c] = y[n,c], else 0

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

    Notes
    -----
    Keras reduces with a maximum here, which splits ties evenly; its windowed max pooling gives all to the first.
    A channel with NaN gets 0: NaN equals nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import reference
    >>> x = np.array([[1.0, 5.0], [5.0, 0.0]]).reshape(1, 2, 2, 1)
    >>> dx = reference.global_maxpool2d_backward(np.array([[4.0]]), x, np.array([[5.0]]))
    >>> dx[0, :, :, 0].tolist()  # two maxima share
    [[0.0, 2.0], [2.0, 0.0]]
    """
    winners = x == y[:, None, None]  # (N, H, W, C)
    share = dy.astype(np.float64) / np.maximum(winners.sum(axis=(1, 2)), 1)  # (N, C)
    return np.where(winners, share[:, None, None], 0.0).astype(dy.dtype)
