"""Global pooling: every channel of a picture becomes one number, its mean or its maximum.

Forward   y[n,c] = mean (or max) over h,w of x[n,h,w,c]
Backward  mean: every pixel gets dy / (H * W).   max: the pixels that hold the maximum share dy evenly.

Source: Keras 3 GlobalAveragePooling2D and GlobalMaxPooling2D.
"""

import numpy as np


def global_avgpool2d_forward(x):
    """Average every channel over the whole picture.

    y[n,c] = sum_hw x[n,h,w,c] / (H * W)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64

    Returns
    -------
    y : (N, C), dtype of x
    """
    return (x.astype(np.float64).sum(axis=(1, 2)) / (x.shape[1] * x.shape[2])).astype(x.dtype)


def global_avgpool2d_backward(dy, input_shape):
    """Hand the gradient back in equal parts.

    dx[n,h,w,c] = dy[n,c] / (H * W)

    Parameters
    ----------
    dy : (N, C) float32 or float64          input_shape : (N, H, W, C), the shape of x

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
    """
    share = dy.astype(np.float64) / (input_shape[1] * input_shape[2])
    return np.broadcast_to(share[:, None, None], input_shape).astype(dy.dtype)


def global_maxpool2d_forward(x):
    """Keep the largest number of every channel.

    y[n,c] = max over h,w of x[n,h,w,c]

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64, at least one pixel

    Returns
    -------
    y : (N, C), dtype of x
    """
    return x.max(axis=(1, 2))


def global_maxpool2d_backward(dy, x, y):
    """Share every gradient evenly among the pixels that hold the maximum.

    dx[n,h,w,c] = dy[n,c] / (how often y[n,c] stands in x[n,:,:,c]) where x[n,h,w,c] = y[n,c], else 0

    Parameters
    ----------
    dy : (N, C) float32 or float64
    x : (N, H, W, C), as given to `global_maxpool2d_forward`, and y : (N, C), what it gave

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Notes
    -----
    Keras reduces with a maximum here, which splits ties evenly; its windowed max pooling gives all to the first.
    A channel with NaN gets 0: NaN equals nothing.
    """
    winners = x == y[:, None, None]  # (N, H, W, C)
    share = dy.astype(np.float64) / np.maximum(winners.sum(axis=(1, 2)), 1)  # (N, C)
    return np.where(winners, share[:, None, None], 0.0).astype(dy.dtype)
