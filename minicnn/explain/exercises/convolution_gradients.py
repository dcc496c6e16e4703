"""The exercises of convolution's gradients: with respect to the picture, the kernel and the bias."""

from typing import Any

import numpy as np

from ... import kernels, reference
from ...types import Array, Pads, Pair
from .cases import NO_PADS, drawn, filter_of, picture
from .convolution import cases_with, large_with, turned
from .exercise import Arguments, Exercise, Mistake, Nudge

# ---- with respect to the input --------------------------------------------------------------------------------------

_INPUT = "dy", "kernel", "input_shape", "strides", "pads"


def _spread(dy: Array, kernel: Array, input_shape: tuple[int, ...], strides: Pair, pads: Pads, add: bool = True):
    """Hand gradients back into a padded picture, the zeros of padding still round it."""
    (kh, kw, _, _), (sh, sw) = kernel.shape, strides
    dpadded = np.pad(np.zeros(input_shape), ((0, 0), *pads, (0, 0)))
    for n, i, j in np.ndindex(*dy.shape[:3]):
        window = n, slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
        dpadded[window] = (dpadded[window] if add else 0) + kernel @ dy[n, i, j]
    return dpadded


def _overwritten(dy: Array, kernel: Array, input_shape: tuple[int, ...], strides: Pair, pads: Pads):
    (top, _), (left, _), (_, height, width, _) = *pads, input_shape
    dx = _spread(dy, kernel, input_shape, strides, pads, add=False)
    return dx[:, top : top + height, left : left + width].astype(dy.dtype)


def _cut_wrong(dy: Array, kernel: Array, input_shape: tuple[int, ...], strides: Pair, pads: Pads):
    (_, bottom), (_, right), (_, height, width, _) = *pads, input_shape
    dx = _spread(dy, kernel, input_shape, strides, pads)
    return dx[:, bottom : bottom + height, right : right + width].astype(dy.dtype)


def _input_with(**changed: Any):
    """Make the mistake of computing with other arguments."""

    def wrong(dy: Array, kernel: Array, input_shape: tuple[int, ...], strides: Pair, pads: Pads):
        case: Arguments = {"dy": dy, "kernel": kernel, "input_shape": input_shape, "strides": strides, "pads": pads}
        case |= {name: change(case) for name, change in changed.items()}
        return reference.conv2d_backward_input(*case.values())

    return wrong


CONV2D_INPUT: Exercise = Exercise(
    "conv2d_input",
    "convolution: the gradient with respect to the picture",
    """\
Backward, third part. `dy` says how the loss changes with each output. Each
product x * kernel in the forward's sum hands dy * kernel back to its x; a pixel
that many windows have seen adds up what they all hand back.

    dx[n,h,w,c] = sum over all i, j, f, a, b
                  with i*sh + a - top = h and j*sw + b - left = w
                  of dy[n,i,j,f] * kernel[a,b,c,f]

    dy           (N, OH, OW, F)   gradient of the loss at y
    kernel       (KH, KW, C, F)
    input_shape  (N, H, W, C)     the shape of x, a tuple
    strides      (sh, sw)
    pads         ((top, bottom), (left, right))
    ->
    dx           (N, H, W, C), the dtype of dy

What falls on the zeros of the padding is dropped. Walk over the outputs as the
forward does, and add into a padded dx; cut the padding off at the end.""",
    "conv2d_backward_input(dy, kernel, input_shape, strides, pads)",
    ("dx",),
    lambda dy, kernel, input_shape, strides, pads: reference.conv2d_backward_input(
        dy, kernel, input_shape, strides, pads
    ),
    {
        "dy": np.ones((1, 2, 2, 1)),
        "kernel": filter_of([[1, 2], [3, 4]]),
        "input_shape": (1, 3, 3, 1),
        "strides": (1, 1),
        "pads": NO_PADS,
    },
    cases_with(*_INPUT),
    (
        Mistake(
            "the kernel is flipped once too often: dy[i, j] * kernel[a, b] goes to row i*sh + a, column j*sw + b",
            _input_with(kernel=lambda case: case["kernel"][::-1, ::-1]),
        ),
        Mistake("windows that overlap overwrite each other: add (+=), do not set (=)", _overwritten),
        Mistake("the padding is cut off on the wrong side: dx begins at row `top`, column `left`", _cut_wrong),
        Mistake(
            "the padding is still there: cut it off at the end",
            lambda *case: _spread(*case).astype(case[0].dtype),
        ),
        Mistake(
            "where bottom is 0, `top:-bottom` is empty, and so for columns: cut out top : top + H",
            lambda *case: _spread(*case)[:, case[4][0][0] : -case[4][0][1], case[4][1][0] : -case[4][1][1]],
        ),
        Mistake(
            "only the first filter hands something back: sum over all filters",
            _input_with(dy=lambda case: case["dy"][..., :1], kernel=lambda case: case["kernel"][..., :1]),
        ),
        Mistake("the stride is left out: output i belongs to row i * sh", _input_with(strides=lambda case: (1, 1))),
        Mistake(
            "the strides are exchanged: sh is the step down, sw the step to the right",
            _input_with(strides=lambda case: case["strides"][::-1]),
        ),
        Mistake("`pads` is left out", _input_with(pads=lambda case: NO_PADS)),
    ),
    nudges=(
        Nudge(
            "dx",
            lambda case: np.zeros(case["input_shape"]),
            lambda case, x: float(
                np.vdot(reference.conv2d_forward(x, case["kernel"], None, case["strides"], case["pads"]), case["dy"])
            ),
        ),
    ),
    fast=kernels.conv2d_backward_input,
    large=large_with(*_INPUT),
)

# ---- with respect to the kernel -------------------------------------------------------------------------------------

_KERNEL = "dy", "x", "kernel_size", "strides", "pads"


def _kernel_with(result: Any = lambda dkernel, case: dkernel, **changed: Any):
    """Make the mistake of computing with other arguments, or of changing the result."""

    def wrong(dy: Array, x: Array, kernel_size: Pair, strides: Pair, pads: Pads):
        case: Arguments = {"dy": dy, "x": x, "kernel_size": kernel_size, "strides": strides, "pads": pads}
        changes = {name: change(case) for name, change in changed.items()}
        return result(reference.conv2d_backward_kernel(*(case | changes).values()), case)

    return wrong


def _kernel_loss(case: Arguments, kernel: Array) -> float:
    y = reference.conv2d_forward(case["x"], kernel, None, case["strides"], case["pads"])
    return float(np.vdot(y, case["dy"]))


def _start_kernel(case: Arguments) -> Array:
    size: Pair = case["kernel_size"]
    return np.zeros((*size, case["x"].shape[3], case["dy"].shape[3]))


CONV2D_KERNEL: Exercise = Exercise(
    "conv2d_kernel",
    "convolution: the gradient with respect to the kernel",
    """\
Backward, second part. A weight is used at every stop of its filter and in every
picture. Each time the product x * kernel hands dy * x to its weight; add all of
these up.

    dkernel[a,b,c,f] = sum over n, i, j of
                       dy[n,i,j,f] * x[n, i*sh + a - top, j*sw + b - left, c]

    dy           (N, OH, OW, F)   gradient of the loss at y
    x            (N, H, W, C)     the pictures, as the forward had them
    kernel_size  (KH, KW)
    strides      (sh, sw)
    pads         ((top, bottom), (left, right))
    ->
    dkernel      (KH, KW, C, F), the dtype of dy

It is a sum over the batch, not a mean: the loss has divided already.""",
    "conv2d_backward_kernel(dy, x, kernel_size, strides, pads)",
    ("dkernel",),
    lambda dy, x, kernel_size, strides, pads: reference.conv2d_backward_kernel(dy, x, kernel_size, strides, pads),
    {
        "dy": picture([[1, 0], [0, 2]]),
        "x": picture([[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        "kernel_size": (2, 2),
        "strides": (1, 1),
        "pads": NO_PADS,
    },
    cases_with(*_KERNEL),
    (
        Mistake(
            "the kernel's gradient is flipped: dkernel[a, b] meets row i*sh + a, column j*sw + b",
            _kernel_with(lambda dkernel, case: dkernel[::-1, ::-1]),
        ),
        Mistake(
            "only the last picture counts: sum over the batch, and begin with zeros before the first picture",
            _kernel_with(dy=lambda case: case["dy"][-1:], x=lambda case: case["x"][-1:]),
        ),
        Mistake(
            "only the first picture counts: sum over the batch",
            _kernel_with(dy=lambda case: case["dy"][:1], x=lambda case: case["x"][:1]),
        ),
        Mistake(
            "it is divided by the batch: it is a sum; the loss's mean has put 1 / N into dy already",
            _kernel_with(lambda dkernel, case: dkernel / dkernel.dtype.type(len(case["x"]))),
        ),
        Mistake(
            "the padding is on the wrong side: pads are ((top, bottom), (left, right)), before comes first",
            _kernel_with(pads=lambda case: turned(case["pads"])),
        ),
        Mistake("the stride is left out: window i begins at i * sh", _kernel_with(strides=lambda case: (1, 1))),
        Mistake(
            "the strides are exchanged: sh is the step down, sw the step to the right",
            _kernel_with(strides=lambda case: case["strides"][::-1]),
        ),
        Mistake(
            "there is no padding: `pads` is left out",
            _kernel_with(pads=lambda case: tuple((0, sum(pad)) for pad in case["pads"])),  # nothing beyond the picture
        ),
    ),
    nudges=(Nudge("dkernel", _start_kernel, _kernel_loss),),
    fast=kernels.conv2d_backward_kernel,
    large=large_with(*_KERNEL),
)

# ---- with respect to the bias ---------------------------------------------------------------------------------------

BIAS: Exercise = Exercise(
    "bias",
    "convolution and dense: the gradient with respect to the bias",
    """\
Backward, first part. A filter's bias was added to every output of its filter,
in every picture; so it gets the sum of all their gradients.

    dbias[f] = sum of dy[..., f] over every axis but the last

    dy      (N, OH, OW, F) after a convolution, (N, F) after a dense layer
    ->
    dbias   (F,), the dtype of dy""",
    "bias_backward(dy)",
    ("dbias",),
    lambda dy: reference.bias_backward(dy),
    {"dy": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])},
    lambda: drawn(
        lambda draw: {"dy": draw.array(*draw.one_of(draw.images(), (draw.one_of(1, 2, 3), draw.one_of(1, 2, 4))))}
    ),
    (
        Mistake(
            "the bias gradient is not summed over the batch: sum over the first axis too",
            lambda dy: dy.sum(axis=tuple(range(1, dy.ndim - 1))) if dy.ndim > 2 else dy,
        ),
        Mistake(
            "it is summed over the batch alone: sum over rows and columns of the maps too", lambda dy: dy.sum(axis=0)
        ),
        Mistake(
            "it is a mean over all that is summed: it must be the sum",
            lambda dy: dy.mean(axis=tuple(range(dy.ndim - 1))),
        ),
        Mistake(
            "it is divided by the batch: it is a sum; the loss's mean has put 1 / N into dy already",
            lambda dy: dy.sum(axis=tuple(range(dy.ndim - 1))) / dy.dtype.type(len(dy)),
        ),
        Mistake("the filters are summed together: each filter has a bias of its own", lambda dy: dy.sum()),
        Mistake("only the last picture counts: sum over the batch", lambda dy: reference.bias_backward(dy[-1:])),
    ),
    nudges=(
        Nudge(
            "dbias",
            lambda case: np.zeros(case["dy"].shape[-1]),
            lambda case, bias: float((case["dy"] * bias).sum()),
        ),
    ),
    fast=kernels.bias_backward,
    large=large_with("dy"),
)
