"""The gradient of a convolution's input, as sh * sw small convolutions of dy."""

import numpy as np

from ...types import Array, Pair
from ..machine import ceil_div
from . import direct, packing
from .padding import zero_pad


def phase(
    dy: Array, kernel: Array, dx: Array, first: Pair, strides: Pair, pads_before: Pair, dilation: Pair, groups: int
) -> None:
    """Write every sh-th row and sw-th column of dx: those that the kernel's rows and columns from `first` on reach.

    With h + top = p + sh*i these rows are dx[h] = sum_a dy[i - a*dh] * kernel[p + sh*a]: a convolution of dy, stride 1,
    with a part of the kernel, flipped. So a strided gradient needs no zeros between the pixels of dy: the sh*sw small
    convolutions together multiply as often as the forward pass does. On one axis sh and dh must not both be above 1,
    since the rows would begin at p*dh: see `side_by_side`.
    """
    starts, counts, frame = [], [], []
    axes = zip(dx.shape[1:3], dy.shape[1:3], kernel.shape, first, strides, pads_before, dilation, strict=False)
    for size, out, k, p, s, pad, d in axes:
        low, high = -((p - pad) // s), (size - 1 + pad - p) // s  # i of the first and the last such row
        starts.append(p + s * low - pad)
        counts.append(high - low + 1)
        frame.append(((ceil_div(k - p, s) - 1) * d - low, high - out + 1))
    if min(counts) < 1:
        return
    n, height, width, channels = dx.shape
    padded = zero_pad(dy, tuple(frame))
    packed, filters, v = packing.pack_flipped(kernel, first, strides, groups)
    taps = direct.taps_of(packed.shape[1:3], dy.shape[3], padded.shape[2], dilation, groups)
    y_steps = direct.Steps(
        (starts[0] * width + starts[1]) * channels,
        height * width * channels,
        strides[0] * width * channels,
        strides[1] * channels,
    )
    windows = direct.Windows(direct.Outputs(n, *counts), direct.steps_of(padded.shape, (1, 1)), taps, filters)
    direct.convolve(padded.reshape(-1), packed.reshape(-1), None, dx, windows, y_steps, v)


def side_by_side(kernel: Array, dilation: Pair) -> Array:
    """Return a dilated kernel with the zeros between its taps written out: the same convolution, dilation 1."""
    (kh, kw), (dh, dw) = kernel.shape[:2], dilation
    wide = np.zeros(((kh - 1) * dh + 1, (kw - 1) * dw + 1, *kernel.shape[2:]), kernel.dtype)
    wide[::dh, ::dw] = kernel
    return wide
