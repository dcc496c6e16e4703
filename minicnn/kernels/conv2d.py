"""Convolution: every filter slides over every picture. Forward and both gradients."""

from functools import lru_cache

import numpy as np

from .algorithms import direct, winograd, winograd_gradient
from .algorithms.matmul import matmul
from .algorithms.padding import every, spread, zero_pad
from .dense import LIMITS, activate
from .machine import checks, jit, memory, run

# "auto" takes Winograd for 3x3, stride 1, float32, from so many channels and filters and so many 4x4 tiles on.
# Direct / Winograd, times on one core with AVX-512, best of many (N, H = W, C, F):
#   1, 32,  16,  16: 1.2        4, 28,  64,  64: 2.0        1, 14, 256, 256 (16 tiles): 0.9
#   1, 32,  32,  32: 1.8        1, 28, 128, 128: 1.8        2, 14, 256, 256 (32 tiles): 1.2
#   1, 32,  32,  64: 1.9        8,  7, 256, 160: 1.3        1, 14, 512, 512 (16 tiles): 0.4
# With few tiles the transform of the kernel, as long as 2 or 3 tiles' work for each filter, is not earned back.
WINOGRAD_FROM = 32, 32


@lru_cache(1024)
def output_shape(input_shape, kernel_shape, strides, pads, dilation, groups):
    """Check that all fits together and give (N, OH, OW, F)."""
    n, *sizes, channels = input_shape
    *window, share, filters = kernel_shape
    if channels % groups or filters % groups:
        raise ValueError(
            f"`groups` must divide the {channels} channels and the {filters} filters. Received: groups={groups}."
        )
    if share != channels // groups:
        raise ValueError(
            f"`kernel` must have C // groups = {channels // groups} input channels. "
            f"Received: kernel.shape={tuple(kernel_shape)}."
        )
    output = []
    for size, k, s, pad, d in zip(sizes, window, strides, pads, dilation, strict=True):
        span = (k - 1) * d + 1
        if span > size + sum(pad) or k < 1:
            raise ValueError(
                f"A window must fit into its padded input of {size + sum(pad)} pixels. "
                f"Received: a window over {span} pixels."
            )
        output.append((size + sum(pad) - span) // s + 1)
    return (n, *output, filters)


def settings(strides, pads, dilation, groups):
    if isinstance(groups, bool) or int(groups) != groups or groups < 1:
        raise ValueError(f"`groups` must be a whole number, 1 or more. Received: groups={groups!r}.")
    return (checks.pair(strides, "strides"), checks.pads(pads), checks.pair(dilation, "dilation"), int(groups))


def conv2d_forward(
    x,
    kernel,
    bias,
    strides,
    pads,
    dilation=(1, 1),
    groups=1,
    *,
    activation=None,
    algorithm="auto",
    scale=None,
    residual=None,
):
    """Slide every filter over every image and add its bias.

    y[n,i,j,f] = bias[f] + sum_abc x[n, i*sh+a*dh-top, j*sw+b*dw-left, c] * kernel[a,b,c,f]    (outside x counts as 0)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64     images or activations, any scale
    kernel : (KH, KW, C // groups, F), dtype of x     bias : (F,), dtype of x, or None
    strides : (sh, sw) int, pixels          pads : ((top, bottom), (left, right)) int, pixels
    dilation : (dh, dw) int, pixels         groups : int, divides C and F
    activation : None, "relu", "relu6", "sigmoid" or "softmax", applied to y
    algorithm : "direct" (the register tile slides over the pictures), "winograd" (3x3, stride 1: a quarter of the
        multiplications; where x is not finite it is computed directly after all), "im2col" (windows copied out, then a
        matrix product) or "auto": direct or Winograd, whichever is faster for these shapes
    scale : (F,), dtype of x, multiplies the sums before the bias is added: a batch normalization that follows
    residual : shape and dtype of y, added before the activation; for a 1x1 kernel without groups only

    Returns
    -------
    y : (N, OH, OW, F), dtype of x          OH = (H + top + bottom - ((KH - 1) * dh + 1)) // sh + 1

    Raises
    ------
    ValueError: `kernel` must have C // groups = 3 input channels. Received: kernel.shape=(3, 3, 4, 8).
    """
    x = checks.floats(x, "x", 4)
    kernel = checks.floats(kernel, "kernel", 4, x.dtype)
    strides, pads, dilation, groups = settings(strides, pads, dilation, groups)
    if algorithm not in ("auto", "direct", "winograd", "im2col"):
        raise ValueError(
            f'`algorithm` must be "auto", "direct", "winograd" or "im2col". Received: algorithm={algorithm!r}.'
        )
    shape = output_shape(x.shape, kernel.shape, strides, pads, dilation, groups)
    if bias is not None:
        bias = checks.floats(bias, "bias", 1, x.dtype)
        checks.shape(bias, "bias", (kernel.shape[3],))
    if scale is not None:
        scale = checks.floats(scale, "scale", 1, x.dtype)
        checks.shape(scale, "scale", (kernel.shape[3],))
    if residual is not None:
        residual = checks.floats(residual, "residual", 4, x.dtype)
        checks.shape(residual, "residual", shape)
        if kernel.shape[:2] != (1, 1) or groups != 1 or algorithm == "im2col":
            raise ValueError(
                "`residual` needs a 1x1 kernel, groups=1 and no im2col. Received: "
                f"kernel.shape={kernel.shape}, groups={groups}, algorithm={algorithm!r}."
            )
    y = memory.empty(shape, x.dtype)
    limit = LIMITS.get(activation, -1.0)
    plain = is_plain(kernel.shape, strides, dilation, groups)
    if algorithm == "winograd" and not plain:
        raise ValueError(
            '`algorithm="winograd"` needs a 3x3 kernel and strides, dilation and groups of 1. Received: '
            f"kernel.shape={kernel.shape}, strides={strides}, dilation={dilation}, groups={groups}."
        )
    fast = algorithm == "winograd" or algorithm == "auto" and plain and winograd_pays(shape, kernel.shape, x.dtype)
    befores = (pads[0][0], pads[1][0])
    if y.size and not (fast and _winograd(x, direct.pack(kernel, 1, scale), bias, y, befores, limit)):
        compute = _im2col if algorithm == "im2col" else _direct
        compute(x, kernel, bias, y, strides, pads, dilation, groups, limit, scale, residual)
    return y if activation in LIMITS else activate(y, activation)


def is_plain(kernel_shape, strides, dilation, groups):
    return tuple(kernel_shape[:2]) == (3, 3) and (strides, dilation, groups) == ((1, 1), (1, 1), 1)


def winograd_pays(output_shape, kernel_shape, dtype):
    """Decide by shapes alone: see WINOGRAD_FROM."""
    n, oh, ow, count = output_shape
    channels, tiles = WINOGRAD_FROM
    return dtype == np.float32 and min(*kernel_shape[2:], count) >= channels and n * -(-oh // 4) * -(-ow // 4) >= tiles


def _winograd(x, packed, bias, y, befores, limit=-1.0):
    """Convolve by Winograd's method; False if x is not finite, and y then not to be used."""
    weights, _, v = packed
    frame = [winograd.padded_size((x.shape[i], y.shape[i]), befores[i - 1]) for i in (1, 2)]
    return winograd.convolve(zero_pad(x, tuple(frame)), weights.reshape(-1), bias, y, v, limit)


@jit
def _copy_windows(start, stop, x, patches, kernel_size, strides, dilation, groups):
    """Job: one row of outputs. patches (N, OH, OW, groups, KH, KW, C // groups)."""
    oh, share = patches.shape[1], x.shape[3] // groups
    for job in range(start, stop):
        n, i = job // oh, job % oh
        for j in range(patches.shape[2]):
            for g in range(groups):
                for a in range(kernel_size[0]):
                    for b in range(kernel_size[1]):
                        pixel = x[n, i * strides[0] + a * dilation[0], j * strides[1] + b * dilation[1]]
                        patches[n, i, j, g, a, b] = pixel[g * share : (g + 1) * share]


def _im2col(x, kernel, bias, y, strides, pads, dilation, groups, limit, scale, residual):
    """Copy every window out, then multiply two matrices: simple, and KH * KW times the memory."""
    n, oh, ow, count = y.shape
    patches = memory.empty((n, oh, ow, groups, *kernel.shape[:3]), x.dtype)
    run(_copy_windows, n * oh, patches.size, zero_pad(x, pads), patches, kernel.shape[:2], strides, dilation, groups)
    rows = patches.reshape(1, 1, n * oh * ow, groups * kernel[..., 0].size)
    _direct(
        rows,
        kernel.reshape(1, 1, -1, count),
        bias,
        y.reshape(1, 1, -1, count),
        (1, 1),
        ((0, 0), (0, 0)),
        (1, 1),
        groups,
        limit,
        scale,
        residual,
    )


def _direct(x, kernel, bias, y, strides, pads, dilation, groups, limit, scale, residual):
    n, oh, ow, count = y.shape
    padded = zero_pad(x, pads)
    copies = strides != (1, 1)  # which takes too long where there is little to multiply
    small = copies and kernel.size <= direct.NEAREST and residual is None
    if kernel.shape[:2] == (1, 1) and groups == 1 and not small:
        pixels = every(padded, strides).reshape(-1, x.shape[3])
        matmul(
            pixels,
            kernel.reshape(-1, count),
            y.reshape(-1, count),
            bias=bias,
            scale=scale,
            residual=None if residual is None else residual.reshape(-1, count),
            limit=limit,
        )
        return
    packed, filters, v = direct.pack(kernel, groups, scale)
    taps = direct.taps(kernel.shape[:2], x.shape[3], padded.shape[2], dilation, groups)
    x_steps = direct.steps(padded.shape, strides)
    y_steps = direct.Steps(0, oh * ow * count, ow * count, count)
    sizes = (n, oh, ow)
    direct.convolve(padded.reshape(-1), packed, bias, y, sizes, x_steps, y_steps, taps, filters, v, limit)


def conv2d_backward_input(dy, kernel, input_shape, strides, pads, dilation=(1, 1), groups=1):
    """Hand every output's gradient back to the pixels that its filter saw.

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64  kernel : (KH, KW, C // groups, F)
    input_shape : (N, H, W, C)              strides, pads, dilation, groups : as in `conv2d_forward`

    Returns
    -------
    dx : (N, H, W, C), dtype of dy
    """
    dy = checks.floats(dy, "dy", 4)
    kernel = checks.floats(kernel, "kernel", 4, dy.dtype)
    strides, pads, dilation, groups = settings(strides, pads, dilation, groups)
    checks.shape(dy, "dy", output_shape(tuple(input_shape), kernel.shape, strides, pads, dilation, groups))
    dx = memory.empty(tuple(input_shape), dy.dtype)
    one_by_one = kernel.shape[:2] == (1, 1) and groups == 1 and not np.any(pads)
    gaps = max(s - k for s, k in zip(strides, kernel.shape, strict=False)) > 0  # pixels that no window sees
    if not dy.size or (gaps and not one_by_one):
        dx[:] = 0
    plain = is_plain(kernel.shape, strides, dilation, groups)
    befores = (2 - pads[0][0], 2 - pads[1][0])
    if (
        dx.size
        and plain
        and dy.size
        and winograd_pays(dx.shape, kernel.shape, dy.dtype)
        and _winograd(dy, direct.pack_flipped(kernel, (0, 0), strides, 1), None, dx, befores)
    ):
        return dx
    if dy.size and dx.size and one_by_one:
        seen = dx if strides == (1, 1) else memory.empty((*dy.shape[:3], dx.shape[3]), dy.dtype)
        matmul(
            dy.reshape(-1, dy.shape[3]),
            kernel.reshape(-1, dy.shape[3]),
            seen.reshape(-1, dx.shape[3]),
            transpose_b=True,
        )
        if seen is not dx:
            spread(seen, dx, strides)
    elif dy.size and dx.size:
        for p in range(min(strides[0], kernel.shape[0])):
            for q in range(min(strides[1], kernel.shape[1])):
                _input_phase(dy, kernel, dx, (p, q), strides, pads, dilation, groups)
    return dx


def _input_phase(dy, kernel, dx, phase, strides, pads, dilation, groups):
    """Write every sh-th row and sw-th column of dx: those that the kernel's rows and columns from `phase` on reach.

    With h + top = p + sh*i these rows are dx[h] = sum_a dy[i - a] * kernel[p + sh*a]: a convolution of dy, stride 1,
    with a part of the kernel, flipped. So a strided gradient needs no zeros between the pixels of dy: the sh*sw small
    convolutions together multiply as often as the forward pass does.
    """
    (top, _), (left, _) = pads
    starts, counts, frame = [], [], []
    axes = zip(dx.shape[1:3], dy.shape[1:3], kernel.shape, phase, strides, (top, left), dilation, strict=False)
    for size, out, k, p, s, pad, d in axes:
        first, last = -((p - pad) // s), (size - 1 + pad - p) // s  # i of the first and the last such row
        starts.append(p + s * first - pad)
        counts.append(last - first + 1)
        frame.append(((-(-(k - p) // s) - 1) * d - first, last - out + 1))
    if min(counts) < 1:
        return
    n, height, width, channels = dx.shape
    padded = zero_pad(dy, tuple(frame))
    packed, filters, v = direct.pack_flipped(kernel, phase, strides, groups)
    taps = direct.taps(packed.shape[1:3], dy.shape[3], padded.shape[2], dilation, groups)
    x_steps = direct.steps(padded.shape, (1, 1))
    y_steps = direct.Steps(
        (starts[0] * width + starts[1]) * channels,
        height * width * channels,
        strides[0] * width * channels,
        strides[1] * channels,
    )
    direct.convolve(padded.reshape(-1), packed.reshape(-1), None, dx, (n, *counts), x_steps, y_steps, taps, filters, v)


def conv2d_backward_kernel(dy, x, kernel_size, strides, pads, dilation=(1, 1), groups=1):
    """Sum, for every weight, what it was multiplied by times the gradient of where the product went.

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64  x : (N, H, W, C)
    kernel_size : (KH, KW) int              strides, pads, dilation, groups : as in `conv2d_forward`

    Returns
    -------
    dkernel : (KH, KW, C // groups, F), dtype of dy
    """
    dy = checks.floats(dy, "dy", 4)
    x = checks.floats(x, "x", 4, dy.dtype)
    kernel_size = checks.pair(kernel_size, "kernel_size")
    strides, pads, dilation, groups = settings(strides, pads, dilation, groups)
    shape = (*kernel_size, x.shape[3] // groups, dy.shape[3])
    checks.shape(dy, "dy", output_shape(x.shape, shape, strides, pads, dilation, groups))
    dkernel = memory.empty(shape, dy.dtype)
    if not dy.size:
        dkernel[:] = 0
        return dkernel
    if (
        is_plain(shape, strides, dilation, groups)
        and winograd_pays(dy.shape, shape, dy.dtype)
        and _winograd_kernel(dy, x, dkernel, pads)
    ):
        return dkernel
    padded = zero_pad(x, pads)
    if kernel_size == (1, 1) and groups == 1:
        matmul(
            every(padded, strides).reshape(-1, x.shape[3]),
            dy.reshape(-1, shape[3]),
            dkernel.reshape(shape[2:]),
            transpose_a=True,
        )
        return dkernel
    filters, v = direct.filters(shape[3], groups, dy.dtype)
    taps = direct.taps(kernel_size, x.shape[3], padded.shape[2], dilation, groups)
    direct.sum_over_pixels(
        dy.reshape(-1), padded.reshape(-1), dkernel, dy.shape[:3], direct.steps(padded.shape, strides), taps, filters, v
    )
    return dkernel


def _winograd_kernel(dy, x, dkernel, pads):
    """Sum the kernel's gradient by Winograd's method; False if x or dy is not finite."""
    frame = [winograd.padded_size((x.shape[i], dy.shape[i]), pads[i - 1][0]) for i in (1, 2)]
    rest = [(0, -dy.shape[i] % 4) for i in (1, 2)]
    _, v = direct.filters(dy.shape[3], 1, dy.dtype)
    return winograd_gradient.kernel_gradient(zero_pad(dy, tuple(rest)), zero_pad(x, tuple(frame)), dkernel, v)
