"""Where a window may stand: pads and output sizes, for convolution and pooling alike.

span   = (k - 1) * d + 1                                  pixels that a window of k taps, d apart, reaches over
output = (size + before + after - span) // s + 1          the floor: a last window that does not fit is left out
same   : output = ceil(size / s), so before + after = max((ceil(size / s) - 1) * s + span - size, 0)

The kernels count their windows themselves (kernels/algorithms/windows.py), and so does who reads other programs' files
(files/onnx_reader/windows.py): neither room imports this one. So what is written here stays a second opinion, to hold
the kernels against.

Source: TensorFlow's notes on padding (tf.nn); Dumoulin & Visin, A guide to convolution arithmetic, arXiv:1603.07285.
"""

import math
from collections.abc import Sequence
from typing import overload

import numpy as np

from ..types import Array, Pads, Pair


def effective_size(k: int, d: int) -> int:
    """Count the pixels that a window of `k` taps reaches over when the taps stand `d` apart.

    span = (k - 1) * d + 1

    Parameters
    ----------
    k : int
        taps of the window
    d : int
        from tap to tap, pixels; 1 is side by side

    Returns
    -------
    span : int
        pixels

    Examples
    --------
    >>> from minicnn.reference import effective_size
    >>> effective_size(3, 1), effective_size(3, 2)
    (3, 5)
    """
    return (k - 1) * d + 1


def same_pads(size: int | None, k: int, s: int, d: int = 1) -> Pair:
    """Choose the zeros before and after one axis for padding="same", as TensorFlow does.

    total = max((ceil(size / s) - 1) * s + span - size, 0),   before = total // 2,   after = total - before

    Parameters
    ----------
    size : int or None
        pixels of the input along this axis; None where it is open
    k : int
        taps of the window
    s : int
        stride, pixels
    d : int
        from tap to tap, pixels; 1 is side by side

    Returns
    -------
    before : int
        pixels; 0 while the size is open
    after : int
        pixels; 0 while the size is open

    Notes
    -----
    The odd pixel goes after. So size 4, k 3, s 2 pads (0, 1), where a symmetric framework would pad (1, 0) or (1, 1).
    A stride longer than the span needs no padding at all: the maximum with 0. Each pad is smaller than the span,
    so every window touches at least one real pixel.

    Examples
    --------
    >>> from minicnn.reference import same_pads
    >>> same_pads(4, k=3, s=1), same_pads(4, k=3, s=2)
    ((1, 1), (0, 1))
    """
    if size is None:
        return 0, 0
    windows = math.ceil(size / s)
    total = max((windows - 1) * s + effective_size(k, d) - size, 0)
    return total // 2, total - total // 2


@overload
def output_size(size: int, k: int, s: int, pad: int, d: int = 1) -> int: ...


@overload
def output_size(size: None, k: int, s: int, pad: int, d: int = 1) -> None: ...


@overload
def output_size(size: int | None, k: int, s: int, pad: int, d: int = 1) -> int | None: ...


def output_size(size: int | None, k: int, s: int, pad: int, d: int = 1) -> int | None:
    """Count the places where a window can stand along one axis.

    output = (size + pad - span) // s + 1

    Parameters
    ----------
    size : int or None
        pixels of the input along this axis; None where it is open
    k : int
        taps of the window
    s : int
        stride, pixels
    pad : int
        pixels before and after, together
    d : int
        from tap to tap, pixels; 1 is side by side

    Returns
    -------
    output : int, or None while the size is open
        windows, at least 1

    Raises
    ------
    ValueError
        A window must fit into its input. Received: a window over 5 pixels on an input of 3 pixels; ...

    Notes
    -----
    The floor leaves out a last window that would stick out: 6 pixels under 3 taps with stride 2 give 2, not 2.5.

    Examples
    --------
    >>> from minicnn.reference import output_size
    >>> output_size(6, k=3, s=1, pad=0), output_size(6, k=3, s=2, pad=0)
    (4, 2)
    """
    if size is None:
        return None
    span = effective_size(k, d)
    if span > size + pad:
        raise ValueError(
            f"A window must fit into its input. Received: a window over {span} pixels (size {k}, dilation {d}) on an "
            f"input of {size + pad} pixels; choose a smaller window, a larger input or padding='same'."
        )
    return (size + pad - span) // s + 1


def window_pads(
    padding: str, spatial: Sequence[int | None], window: Pair, strides: Pair, dilation: Pair = (1, 1)
) -> Pads:
    """Turn the word "valid" or "same" into pixels for both axes of an image.

    Parameters
    ----------
    padding : "valid" or "same"
        "valid" pads nothing; "same": see `same_pads`
    spatial : (H, W) int or None
        pixels; None where the size is open
    window : (KH, KW) int
        taps
    strides : (sh, sw) int
        from window to window, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side

    Returns
    -------
    pads : ((top, bottom), (left, right)) int
        pixels

    Raises
    ------
    ValueError
        `padding` must be "valid" or "same". Received: padding='full'.
    ValueError
        A window must fit into its input. (see `output_size`)

    Examples
    --------
    >>> from minicnn.reference import window_pads
    >>> window_pads("same", (4, 4), window=(3, 3), strides=(2, 2))
    ((0, 1), (0, 1))
    """
    axes = list(zip(spatial, window, strides, dilation, strict=True))
    if padding == "valid":
        for size, k, s, d in axes:
            output_size(size, k, s, 0, d)
        return (0, 0), (0, 0)
    if padding == "same":
        rows, columns = (same_pads(size, k, s, d) for size, k, s, d in axes)
        return rows, columns
    raise ValueError(f'`padding` must be "valid" or "same". Received: padding={padding!r}.')


def framed(x: Array, pads: Pads) -> Array:
    """Put zeros around every image, in float64: see the package's docstring.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
    pads : ((top, bottom), (left, right)) int, pixels

    Returns
    -------
    padded : (N, top + H + bottom, left + W + right, C) float64

    Examples
    --------
    >>> framed(np.ones((1, 1, 2, 1)), ((1, 0), (0, 1)))[0, :, :, 0].tolist()
    [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    """
    return np.pad(x.astype(np.float64), ((0, 0), *pads, (0, 0)))
