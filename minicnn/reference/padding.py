"""Where a window may stand: pads and output sizes, for convolution and pooling alike.

span   = (k - 1) * d + 1                                  pixels that a window of k taps, d apart, reaches over
output = (size + before + after - span) // s + 1          the floor: a last window that does not fit is left out
same   : output = ceil(size / s), so before + after = max((ceil(size / s) - 1) * s + span - size, 0)

Source: TensorFlow's notes on padding (tf.nn); Dumoulin & Visin, A guide to convolution arithmetic, arXiv:1603.07285.
"""


def effective_size(k, d):
    """Count the pixels that a window of `k` taps reaches over when the taps stand `d` apart.

    span = (k - 1) * d + 1

    Parameters
    ----------
    k : int, taps           d : int, pixels from tap to tap (1 = side by side)

    Returns
    -------
    span : int, pixels
    """
    return (k - 1) * d + 1


def same_pads(size, k, s, d=1):
    """Choose the zeros before and after one axis for padding="same", as TensorFlow does.

    total = max((ceil(size / s) - 1) * s + span - size, 0),   before = total // 2,   after = total - before

    Parameters
    ----------
    size : int, pixels of the input along this axis, or None where it is open
    k : int, taps           s : int, stride in pixels           d : int, dilation in pixels

    Returns
    -------
    before, after : int, pixels         0, 0 while the size is open

    Notes
    -----
    The odd pixel goes after. So size 4, k 3, s 2 pads (0, 1), where a symmetric framework would pad (1, 0) or (1, 1).
    A stride longer than the span needs no padding at all: the maximum with 0. Each pad is smaller than the span,
    so every window touches at least one real pixel.
    """
    if size is None:
        return 0, 0
    windows = -(-size // s)  # ceil(size / s)
    total = max((windows - 1) * s + effective_size(k, d) - size, 0)
    return total // 2, total - total // 2


def output_size(size, k, s, pad, d=1):
    """Count the places where a window can stand along one axis.

    output = (size + pad - span) // s + 1

    Parameters
    ----------
    size : int, pixels of the input along this axis, or None where it is open
    k : int, taps           s : int, stride in pixels           d : int, dilation in pixels
    pad : int, pixels before plus pixels after

    Returns
    -------
    output : int, windows, at least 1; None while the size is open

    Raises
    ------
    ValueError: A window must fit into its input. Received: a window over 5 pixels on an input of 3 pixels; ...

    Notes
    -----
    The floor leaves out a last window that would stick out: 6 pixels under 3 taps with stride 2 give 2, not 2.5.
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


def window_pads(padding, spatial, window, strides, dilation=(1, 1)):
    """Turn the word "valid" or "same" into pixels for both axes of a picture.

    Parameters
    ----------
    padding : "valid" (none) or "same" (see `same_pads`)
    spatial : (H, W) int, pixels, or None where open
    window : (KH, KW) int, taps         strides : (sh, sw) int, pixels      dilation : (dh, dw) int, pixels

    Returns
    -------
    pads : ((top, bottom), (left, right)) int, pixels

    Raises
    ------
    ValueError: `padding` must be "valid" or "same". Received: padding='full'.
    ValueError: A window must fit into its input. (see `output_size`)
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
