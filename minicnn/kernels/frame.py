"""Zero padding and cropping: a frame of zeros put around pictures, or one taken away; each is the other's backward."""

from .algorithms.padding import zero_pad
from .machine import checks, tape


def zero_padding2d_forward(x, pads):
    """Put zeros around every picture.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64     pads : ((top, bottom), (left, right)) int, pixels

    Returns
    -------
    y : (N, top + H + bottom, left + W + right, C), dtype of x
    """
    x = checks.floats(x, "x", 4)
    y = zero_pad(x, checks.pads(pads))
    if y is not x:
        return y
    tape.refuse()
    return x.copy()


def cropping2d_forward(x, crops):
    """Take a frame away from every picture.

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64     crops : ((top, bottom), (left, right)) int, pixels

    Returns
    -------
    y : (N, H - top - bottom, W - left - right, C), dtype of x

    Raises
    ------
    ValueError: `crops` must leave at least one pixel of (4, 4). Received: crops=((2, 2), (0, 0)).
    """
    x = checks.floats(x, "x", 4)
    (top, bottom), (left, right) = crops = checks.pads(crops)
    height, width = x.shape[1] - top - bottom, x.shape[2] - left - right
    if min(height, width) < 1:
        raise ValueError(f"`crops` must leave at least one pixel of {x.shape[1:3]}. Received: crops={crops}.")
    tape.refuse()
    return x[:, top : top + height, left : left + width].copy()


def zero_padding2d_backward(dy, pads):
    """Drop the gradients of the frame. Arguments as for `cropping2d_forward`."""
    return cropping2d_forward(dy, pads)


def cropping2d_backward(dy, crops):
    """Give what was cut off a gradient of 0. Arguments as for `zero_padding2d_forward`."""
    return zero_padding2d_forward(dy, crops)
