"""Convolution: every filter slides over every image and, at each stop, sums what it sees times its weights.

Forward   y[n,i,j,f] = bias[f] + sum_abc x[n, i*sh + a*dh - top, j*sw + b*dw - left, c] * kernel[a,b,c,f]
Backward  each product x * kernel in that sum hands dy * kernel to its x, and dy * x to its kernel.

The public functions check their arguments and choose one of several ways to the same sums; what each part is for:

settings, output_shape      check what the caller gave: a Settings, and (N, OH, OW, F)
Epilogue                    what is done to the sums before they are written
suits_winograd              whether Winograd's method applies; whether it is faster here is `winograd.pays`
_winograd, _winograd_kernel by Winograd's method: a quarter of the multiplications (algorithms/winograd.py)
_direct                     by the register tile (machine/tile), along the padded images (algorithms/direct.py); for a
                            1x1 kernel, as in _input_product, a product of matrices (algorithms/matmul.py)
_im2col                     windows copied out, then a product of matrices: what textbooks show, to compare with
input_gradient.phase        dx, one of every sh rows and sw columns at a time (algorithms/input_gradient.py)
direct_gradient             dkernel, on the register tile (algorithms/direct_gradient.py)
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..arguments import integer
from ..types import Array, Pads, Pair
from .algorithms import (
    direct,
    direct_gradient,
    im2col,
    input_gradient,
    insert_zeros,
    matmul,
    output_sizes,
    packing,
    subsample,
    winograd,
    winograd_gradient,
    zero_pad,
)
from .fused.activation import LIMITS, NO_LIMIT, activate
from .machine import checks, memory

ALGORITHMS = "auto", "direct", "winograd", "im2col"


class Settings(NamedTuple):
    """How the windows lie, checked."""

    strides: Pair
    pads: Pads
    dilation: Pair
    groups: int

    @property
    def pads_before(self) -> Pair:
        """Return the pads above and to the left."""
        return self.pads[0][0], self.pads[1][0]


class Epilogue(NamedTuple):
    """What is done to the sums before they are written: y = min(max(sums * scale + bias + residual, 0), limit)."""

    bias: Array | None
    scale: Array | None
    residual: Array | None
    limit: float  # below 0: no limit, and no 0 either


PLAIN = Settings((1, 1), ((0, 0), (0, 0)), (1, 1), 1)


def settings(strides: Pair, pads: Pads, dilation: Pair, groups: int) -> Settings:
    """Check the settings of a convolution."""
    try:
        return _checked(strides, pads, dilation, groups)
    except TypeError:  # lists have no hash
        return _checked.__wrapped__(strides, pads, dilation, groups)


@lru_cache(1024, typed=True)  # typed: groups=True is refused though it equals 1
def _checked(strides, pads, dilation, groups):
    """Check settings that have a hash, once."""
    groups = integer("groups", groups)
    return Settings(checks.pair(strides, "strides"), checks.pads(pads), checks.pair(dilation, "dilation"), groups)


@lru_cache(1024)
def output_shape(
    input_shape: tuple[int, ...], kernel_shape: tuple[int, ...], window: Settings
) -> tuple[int, int, int, int]:
    """Check that all fits together and return (N, OH, OW, F)."""
    n, *sizes, channels = input_shape
    *taps, share, filters = kernel_shape
    groups = window.groups
    if channels % groups or filters % groups:
        raise ValueError(
            f"`groups` must divide the {channels} channels and the {filters} filters. Received: groups={groups}."
        )
    if share != channels // groups:
        raise ValueError(
            f"`kernel` must have C // groups = {channels // groups} input channels. "
            f"Received: kernel.shape={tuple(kernel_shape)}."
        )
    oh, ow = output_sizes("kernel", sizes, taps, window.strides, window.pads, window.dilation)
    return n, oh, ow, filters


def conv2d_forward(
    x: Array,
    kernel: Array,
    bias: Array | None,
    strides: Pair,
    pads: Pads,
    dilation: Pair = (1, 1),
    groups: int = 1,
    *,
    activation: str | None = None,
    algorithm: str = "auto",
    scale: Array | None = None,
    residual: Array | None = None,
) -> Array:
    """Slide every filter over every image and add its bias: y = activation(scale * sum + bias + residual).

    sum[n,i,j,f] = sum_abc x[n, i*sh+a*dh-top, j*sw+b*dw-left, c] * kernel[a,b,c,f]    (outside x counts as 0)

    Parameters
    ----------
    x : (N, H, W, C) float32 or float64
        images or activations, any scale
    kernel : (KH, KW, C // groups, F), dtype of x
        the filters' weights
    bias : (F,), dtype of x, or None
        added to every output of its filter
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side
    groups : int, divides C and F
        filter f sees only the channels of group f // (F // groups)
    activation : None, "relu", "relu6", "sigmoid" or "softmax"
        applied to y
    algorithm : "auto", "direct", "winograd" or "im2col"
        "direct": the register tile slides over the images. "winograd": a quarter of the multiplications, for 3x3 and
        stride 1; where x is not finite it is computed directly after all. "im2col": windows copied out, then a matrix
        product. "auto": direct or Winograd, whichever is faster for these shapes
    scale : (F,), dtype of x, or None
        multiplies the sums before the bias is added: a batch normalization that follows
    residual : shape and dtype of y, or None
        added before the activation; for a 1x1 kernel without groups only

    Returns
    -------
    y : (N, OH, OW, F), dtype of x
        OH = (H + top + bottom - ((KH - 1) * dh + 1)) // sh + 1

    Raises
    ------
    ValueError
        `kernel` must have C // groups = 3 input channels. Received: kernel.shape=(3, 3, 4, 8).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> y = kernels.conv2d_forward(x, np.ones((2, 2, 1, 1)), None, strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> y[0, :, :, 0].tolist()  # 0 + 1 + 3 + 4 = 8
    [[8.0, 12.0], [20.0, 24.0]]
    """
    x = checks.floats(x, "x", 4)
    kernel = checks.floats(kernel, "kernel", 4, x.dtype)
    window = settings(strides, pads, dilation, groups)
    if algorithm not in ALGORITHMS:
        raise ValueError(
            f'`algorithm` must be "auto", "direct", "winograd" or "im2col". Received: algorithm={algorithm!r}.'
        )
    shape = output_shape(x.shape, kernel.shape, window)
    bias, scale = _vector(bias, "bias", kernel), _vector(scale, "scale", kernel)
    if residual is not None:
        residual = checks.floats(residual, "residual", 4, x.dtype)
        checks.shape(residual, "residual", shape)
        if kernel.shape[:2] != (1, 1) or window.groups != 1 or algorithm == "im2col":
            raise ValueError(
                "`residual` needs a 1x1 kernel, groups=1 and no im2col. Received: "
                f"kernel.shape={kernel.shape}, groups={window.groups}, algorithm={algorithm!r}."
            )
    y = memory.empty(shape, x.dtype)
    suits = suits_winograd(kernel.shape, window)
    if algorithm == "winograd" and not suits:
        raise ValueError(
            '`algorithm="winograd"` needs a 3x3 kernel and strides, dilation and groups of 1. Received: kernel.shape='
            f"{kernel.shape}, strides={window.strides}, dilation={window.dilation}, groups={window.groups}."
        )
    fast = algorithm == "winograd" or algorithm == "auto" and suits and winograd.pays(shape, kernel.shape, x.dtype)
    limit = LIMITS.get(activation, NO_LIMIT)
    if y.size and not (fast and _winograd(x, packing.pack(kernel, 1, scale), bias, y, window.pads_before, limit)):
        compute = _im2col if algorithm == "im2col" else _direct
        compute(x, kernel, y, window, Epilogue(bias, scale, residual, limit))
    return y if activation in LIMITS else activate(y, activation)


def _vector(array, name, kernel):
    """Check one number a filter, or None."""
    if array is not None:
        array = checks.floats(array, name, 1, kernel.dtype)
        checks.shape(array, name, kernel.shape[3:])
    return array


def suits_winograd(kernel_shape: tuple[int, ...], window: Settings) -> bool:
    """Tell whether Winograd's method applies: a 3x3 kernel, strides, dilation and groups of 1."""
    return tuple(kernel_shape[:2]) == (3, 3) and (window.strides, window.dilation, window.groups) == ((1, 1), (1, 1), 1)


def _winograd(x, packed, bias, y, pads_before, limit=NO_LIMIT):
    """Convolve by Winograd's method; False if x is not finite, and y then not to be used."""
    blocks, _, v = packed
    frame = [winograd.tile_pads((x.shape[i], y.shape[i]), pads_before[i - 1]) for i in (1, 2)]
    return winograd.convolve(zero_pad(x, tuple(frame)), blocks.reshape(-1), bias, y, v, limit)


def _im2col(x, kernel, y, window, epilogue):
    """Copy every window out, then multiply two matrices: simple, and KH * KW times the memory."""
    count, padded = y.shape[3], zero_pad(x, window.pads)
    rows = im2col.copy_windows(padded, y.shape, kernel.shape, window.strides, window.dilation, window.groups)
    columns = kernel.reshape(1, 1, -1, count)
    _direct(rows, columns, y.reshape(1, 1, -1, count), PLAIN._replace(groups=window.groups), epilogue)


def _direct(x, kernel, y, window, epilogue):
    """Convolve on the register tile; a 1x1 kernel without groups is a product of two matrices."""
    n, oh, ow, count = y.shape
    padded = zero_pad(x, window.pads)
    bias, scale, residual, limit = epilogue
    copies = window.strides != (1, 1)  # as `subsample` does: too long where there is little to multiply
    small = copies and kernel.size <= direct.FEW_WEIGHTS and residual is None
    if kernel.shape[:2] == (1, 1) and window.groups == 1 and not small:
        pixels = subsample(padded, window.strides).reshape(-1, x.shape[3])
        added = None if residual is None else residual.reshape(-1, count)
        matrix, out = kernel.reshape(-1, count), y.reshape(-1, count)
        matmul(pixels, matrix, out, bias=bias, scale=scale, residual=added, limit=limit)
        return
    packed, filters, v = packing.pack(kernel, window.groups, scale)
    taps = direct.taps_of(kernel.shape[:2], x.shape[3], padded.shape[2], window.dilation, window.groups)
    windows = direct.Windows(direct.Outputs(n, oh, ow), direct.steps_of(padded.shape, window.strides), taps, filters)
    y_steps = direct.Steps(0, oh * ow * count, ow * count, count)
    direct.convolve(padded.reshape(-1), packed, bias, y, windows, y_steps, v, limit)


def conv2d_backward_input(
    dy: Array,
    kernel: Array,
    input_shape: tuple[int, ...],
    strides: Pair,
    pads: Pads,
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> Array:
    """Hand every output's gradient back to the pixels that its filter saw.

    dx[n,h,w,c] = sum over all (i,j,f,a,b) with i*sh+a*dh-top = h, j*sw+b*dw-left = w of dy[n,i,j,f] * kernel[a,b,c,f]

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64
        gradient of the loss with respect to y
    kernel : (KH, KW, C // groups, F), dtype of dy
        as given to `conv2d_forward`
    input_shape : (N, H, W, C) int
        the shape of x
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side
    groups : int, divides C and F
        filter f sees only the channels of group f // (F // groups)

    Returns
    -------
    dx : (N, H, W, C), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dy, kernel = np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1))
    >>> dx = kernels.conv2d_backward_input(dy, kernel, (1, 3, 3, 1), strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> dx[0, :, :, 0].tolist()  # how many windows see each pixel
    [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    """
    dy = checks.floats(dy, "dy", 4)
    kernel = checks.floats(kernel, "kernel", 4, dy.dtype)
    window = settings(strides, pads, dilation, groups)
    checks.shape(dy, "dy", output_shape(tuple(input_shape), kernel.shape, window))
    dx = memory.empty(tuple(input_shape), dy.dtype)
    if any(s > 1 and d > 1 for s, d in zip(window.strides, window.dilation, strict=True)):  # no layer does both
        kernel, window = input_gradient.side_by_side(kernel, window.dilation), window._replace(dilation=(1, 1))
    one_by_one = kernel.shape[:2] == (1, 1) and window.groups == 1 and not np.any(window.pads)
    gaps = max(s - k for s, k in zip(window.strides, kernel.shape, strict=False)) > 0  # pixels that no window sees
    if not dy.size or (gaps and not one_by_one):
        dx[:] = 0
    if not (dx.size and dy.size):
        return dx
    if suits_winograd(kernel.shape, window) and winograd.pays(dx.shape, kernel.shape, dy.dtype):
        top, left = window.pads_before  # dx: dy in pads of 2 - top and so on, convolved with the flipped kernel
        flipped = packing.pack_flipped(kernel, (0, 0), window.strides, 1)
        if _winograd(dy, flipped, None, dx, (2 - top, 2 - left)):
            return dx
    if one_by_one:
        _input_product(dy, kernel, dx, window.strides)
    else:
        for p, q in np.ndindex(min(window.strides[0], kernel.shape[0]), min(window.strides[1], kernel.shape[1])):
            input_gradient.phase(
                dy, kernel, dx, (p, q), window.strides, window.pads_before, window.dilation, window.groups
            )
    return dx


def _input_product(dy, kernel, dx, strides):
    """Write dx of a 1x1 kernel: dy @ kernel.T, with zeros at the pixels that the strides step over."""
    seen = dx if strides == (1, 1) else memory.empty((*dy.shape[:3], dx.shape[3]), dy.dtype)
    rows, matrix = dy.reshape(-1, dy.shape[3]), kernel.reshape(-1, dy.shape[3])
    matmul(rows, matrix, seen.reshape(-1, dx.shape[3]), transpose_b=True)
    if seen is not dx:
        insert_zeros(seen, dx, strides)


def conv2d_backward_kernel(
    dy: Array, x: Array, kernel_size: Pair, strides: Pair, pads: Pads, dilation: Pair = (1, 1), groups: int = 1
) -> Array:
    """Sum, for every weight, what it was multiplied by times the gradient of where the product went.

    dkernel[a,b,c,f] = sum_nij dy[n,i,j,f] * x[n, i*sh+a*dh-top, j*sw+b*dw-left, c]

    Parameters
    ----------
    dy : (N, OH, OW, F) float32 or float64
        gradient of the loss with respect to y
    x : (N, H, W, C), dtype of dy
        as given to `conv2d_forward`
    kernel_size : (KH, KW) int
        the window, taps
    strides : (sh, sw) int
        from window to window, pixels
    pads : ((top, bottom), (left, right)) int
        zeros around every image, pixels
    dilation : (dh, dw) int
        from tap to tap, pixels; 1 is side by side
    groups : int, divides C and F
        filter f sees only the channels of group f // (F // groups)

    Returns
    -------
    dkernel : (KH, KW, C // groups, F), dtype of dy

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> dy, x = np.ones((1, 2, 2, 1)), np.arange(9.0).reshape(1, 3, 3, 1)
    >>> dkernel = kernels.conv2d_backward_kernel(dy, x, (2, 2), strides=(1, 1), pads=((0, 0), (0, 0)))
    >>> dkernel[:, :, 0, 0].tolist()
    [[8.0, 12.0], [20.0, 24.0]]
    """
    dy = checks.floats(dy, "dy", 4)
    x = checks.floats(x, "x", 4, dy.dtype)
    kernel_size = checks.pair(kernel_size, "kernel_size")
    window = settings(strides, pads, dilation, groups)
    shape = (*kernel_size, x.shape[3] // window.groups, dy.shape[3])
    checks.shape(dy, "dy", output_shape(x.shape, shape, window))
    dkernel = memory.empty(shape, dy.dtype)
    if not dy.size:
        dkernel[:] = 0
        return dkernel
    fast = suits_winograd(shape, window) and winograd.pays(dy.shape, shape, dy.dtype)
    if fast and _winograd_kernel(dy, x, dkernel, window.pads_before):
        return dkernel
    padded = zero_pad(x, window.pads)
    if kernel_size == (1, 1) and window.groups == 1:
        pixels = subsample(padded, window.strides).reshape(-1, x.shape[3])
        matmul(pixels, dy.reshape(-1, shape[3]), dkernel.reshape(shape[2:]), transpose_a=True)
        return dkernel
    filters, v = packing.filters_of(shape[3], window.groups, dy.dtype)
    taps = direct.taps_of(kernel_size, x.shape[3], padded.shape[2], window.dilation, window.groups)
    steps = direct.steps_of(padded.shape, window.strides)
    windows = direct.Windows(direct.Outputs(*dy.shape[:3]), steps, taps, filters)
    direct_gradient.sum_over_pixels(dy.reshape(-1), padded.reshape(-1), dkernel, windows, v)
    return dkernel


def _winograd_kernel(dy, x, dkernel, pads_before):
    """Sum the kernel's gradient by Winograd's method; False if x or dy is not finite."""
    frame = [winograd.tile_pads((x.shape[i], dy.shape[i]), pads_before[i - 1]) for i in (1, 2)]
    rest = [(0, -dy.shape[i] % 4) for i in (1, 2)]
    _, v = packing.filters_of(dy.shape[3], 1, dy.dtype)
    return winograd_gradient.kernel_gradient(zero_pad(dy, tuple(rest)), zero_pad(x, tuple(frame)), dkernel, v)
