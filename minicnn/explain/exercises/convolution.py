"""The exercise of convolution, forward, and the cases that it shares with its gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import kernels, reference
from ...types import Array, Pads, Pair
from .cases import NO_PADS, Draw, drawn, filter_of, picture
from .exercise import Arguments, Exercise, Mistake

PICTURE: Array = picture([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
FILTER: Array = filter_of([[1, 2], [0, -1]])  # another one when it is turned, flipped or transposed


def _drawn(draw: Draw) -> Arguments:
    """Draw all that the four functions take."""
    shape = n, height, width, channels = draw.images()
    pads = draw.one_of(NO_PADS, NO_PADS, ((1, 1), (1, 1)), ((0, 1), (0, 1)), ((1, 0), (2, 1)))
    window = draw.window((height, width), pads)
    strides = draw.one_of((1, 1), (1, 1), (2, 2), (1, 2), (2, 1))
    filters = draw.one_of(1, 1, 2, 3)
    sizes = zip((height, width), window, strides, map(sum, pads), strict=True)
    dy = draw.array(n, *(reference.output_size(*axis) for axis in sizes), filters)
    kernel, bias = draw.array(*window, channels, filters), draw.array(filters)
    x = draw.array(*shape)
    return {"x": x, "kernel": kernel, "bias": draw.one_of(bias, None), "dy": dy, "strides": strides, "pads": pads}


def cases_with(*names: str) -> Callable[[], list[Arguments]]:
    """Make a function that draws cases with these arguments alone."""

    def make(draw: Draw) -> Arguments:
        case = _drawn(draw)
        case |= {"input_shape": case["x"].shape, "kernel_size": case["kernel"].shape[:2]}
        return {name: case[name] for name in names}

    return lambda: drawn(make, 300)


def large_with(*names: str) -> Callable[[], Arguments]:
    """Make a function that makes the case for the clock: eight filters over two small pictures."""

    def make() -> Arguments:
        rng = np.random.default_rng(0)
        shapes = {"x": (2, 24, 24, 3), "kernel": (3, 3, 3, 8), "bias": (8,), "dy": (2, 24, 24, 8)}
        arrays = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
        case = arrays | {"strides": (1, 1), "pads": ((1, 1), (1, 1))}
        case |= {"input_shape": shapes["x"], "kernel_size": (3, 3)}
        return {name: case[name] for name in names}

    return make


def turned(pads: Pads) -> Pads:
    """Exchange before and after."""
    (top, bottom), (left, right) = pads
    return (bottom, top), (right, left)


# ---- forward --------------------------------------------------------------------------------------------------------

_FORWARD = "x", "kernel", "bias", "strides", "pads"


def _forward_with(**changed: Any):
    """Make the mistake of computing with other arguments, each a function of the right ones."""

    def wrong(x: Array, kernel: Array, bias: Array | None, strides: Pair, pads: Pads):
        case: Arguments = {"x": x, "kernel": kernel, "bias": bias, "strides": strides, "pads": pads}
        return reference.conv2d_forward(*(case | {name: change(case) for name, change in changed.items()}).values())

    return wrong


def _biased(often: Callable[[Array], int]):
    """Make the mistake of adding the bias more often: as often as the kernel says."""
    return _forward_with(bias=lambda case: None if case["bias"] is None else case["bias"] * often(case["kernel"]))


def _unmoved(x: Array, kernel: Array, bias: Array | None, strides: Pair, pads: Pads):
    """Make the right shape, of windows that do not keep their stride."""
    _, oh, ow, _ = reference.conv2d_forward(x, kernel, bias, strides, pads).shape
    return reference.conv2d_forward(x, kernel, bias, (1, 1), pads)[:, :oh, :ow]


CONV2D: Exercise = Exercise(
    "conv2d",
    "convolution: filters slide over pictures",
    """\
A filter slides over a picture. At each stop it multiplies elementwise
what it sees with its own weights, adds all products up, over all channels, and
adds its bias. F filters make F maps.

    y[n,i,j,f] = bias[f] + sum over a, b, c of
                 x[n, i*sh + a - top, j*sw + b - left, c] * kernel[a,b,c,f]

where what lies outside x counts as 0. The filter is not turned around. n counts
pictures, i and j stops, a and b rows and columns of the filter, c channels.

    x        (N, H, W, C)    pictures: how many, height, width, channels
    kernel   (KH, KW, C, F)  F filters
    bias     (F,), or None   where there is no bias
    strides  (sh, sw)        from stop to stop: pixels down, pixels right
    pads     ((top, bottom), (left, right))    zeros around every picture
    ->
    y        (N, OH, OW, F), the dtype of x
             OH = (H + top + bottom - KH) // sh + 1
             OW = (W + left + right - KW) // sw + 1

Loops are welcome: first right, then fast. np.pad makes the zeros.""",
    "conv2d_forward(x, kernel, bias, strides, pads)",
    ("y",),
    lambda x, kernel, bias, strides, pads: reference.conv2d_forward(x, kernel, bias, strides, pads),
    {"x": PICTURE, "kernel": FILTER, "bias": np.array([10.0]), "strides": (1, 1), "pads": NO_PADS},
    cases_with(*_FORWARD),
    (
        Mistake(
            "the kernel is flipped: networks do not turn it around, as mathematics' convolution does",
            _forward_with(kernel=lambda case: case["kernel"][::-1, ::-1]),
        ),
        Mistake("the bias is not added", _forward_with(bias=lambda case: None)),
        Mistake(
            "the padding is on the wrong side: pads are ((top, bottom), (left, right)), before comes first",
            _forward_with(pads=lambda case: turned(case["pads"])),
        ),
        Mistake(
            "the pads of rows and columns are exchanged: ((top, bottom), (left, right))",
            _forward_with(pads=lambda case: case["pads"][::-1]),
        ),
        Mistake("there is no padding: `pads` is left out", _forward_with(pads=lambda case: NO_PADS)),
        Mistake(
            "the strides are exchanged: sh is the step down, sw the step to the right",
            _forward_with(strides=lambda case: case["strides"][::-1]),
        ),
        Mistake("the stride is left out: window i begins at i * sh", _forward_with(strides=lambda case: (1, 1))),
        Mistake("the stride is left out: window i begins at i * sh", _unmoved),
        Mistake(
            "sh is taken for both axes: sh is the step down, sw the step to the right",
            _forward_with(strides=lambda case: (case["strides"][0],) * 2),
        ),
        Mistake(
            "the bias is added with every product: add it once for each output, after the sum",
            _biased(lambda kernel: kernel[..., 0].size),
        ),
        Mistake(
            "the bias is added with every channel: add it once for each output, after the sum",
            _biased(lambda kernel: kernel.shape[2]),
        ),
        Mistake(
            "only the first channel is summed: a filter has weights for every channel",
            _forward_with(x=lambda case: case["x"][..., :1], kernel=lambda case: case["kernel"][:, :, :1]),
        ),
        Mistake(
            "rows and columns of the kernel are exchanged: kernel[a, b] meets row i*sh + a, column j*sw + b",
            _forward_with(kernel=lambda case: case["kernel"].transpose(1, 0, 2, 3)),
        ),
    ),
    fast=kernels.conv2d_forward,
    large=large_with(*_FORWARD),
)
