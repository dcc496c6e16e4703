"""The exercises about dense layers, and flatten, which stands before them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import kernels, reference
from ...types import Array
from .cases import Draw, drawn, drawn_parts
from .exercise import Arguments, Exercise, Mistake, Nudge


def _drawn(draw: Draw) -> Arguments:
    n, d, f = draw.one_of(1, 2, 3), draw.one_of(1, 2, 3, 5), draw.one_of(1, 2, 3)
    arrays = {"x": draw.array(n, d), "kernel": draw.array(d, f), "bias": draw.array(f), "dy": draw.array(n, f)}
    return arrays | {"bias": draw.one_of(arrays["bias"], arrays["bias"], None)}


def _large(*names: str):
    """Make a function that makes the case for the clock."""

    def make() -> Arguments:
        rng = np.random.default_rng(0)
        shapes = {"x": (64, 512), "kernel": (512, 32), "bias": (32,), "dy": (64, 32)}
        return {name: rng.normal(size=shapes[name]).astype("float32") for name in names}

    return make


X = np.array([[1.0, 2.0, -1.0], [0.0, 1.0, 3.0]])
KERNEL = np.array([[1.0, -1.0], [2.0, 0.0], [0.0, 3.0]])

# ---- forward --------------------------------------------------------------------------------------------------------

DENSE: Exercise = Exercise(
    "dense",
    "dense: every output is a weighted sum of every input",
    """\
Each output weighs all inputs of its row, adds them up, and adds its bias.

    y[n,f] = bias[f] + sum over d of x[n,d] * kernel[d,f]

    x       (N, D)    a row an example
    kernel  (D, F)    a row an input, a column an output
    bias    (F,), or None
    ->
    y       (N, F), the dtype of x""",
    "dense_forward(x, kernel, bias)",
    ("y",),
    lambda x, kernel, bias: reference.dense_forward(x, kernel, bias),
    {"x": X, "kernel": KERNEL, "bias": np.array([10.0, 20.0])},
    drawn_parts(_drawn, "x", "kernel", "bias"),
    (
        Mistake("the bias is not added", lambda x, kernel, bias: reference.dense_forward(x, kernel, None)),
        Mistake(
            "the bias is added once for every input: add it once for each output, after the sum",
            lambda x, kernel, bias: reference.dense_forward(x, kernel, bias if bias is None else bias * x.shape[1]),
        ),
        Mistake(
            "the bias is taken off",
            lambda x, kernel, bias: reference.dense_forward(x, kernel, bias if bias is None else -bias),
        ),
        Mistake(
            "the result is turned: a row an example, (N, F)",
            lambda x, kernel, bias: reference.dense_forward(x, kernel, bias).T,
        ),
        Mistake(
            "the kernel is turned: it is (D, F), a column an output; kernel.T has the wrong weights",
            lambda x, kernel, bias: reference.dense_forward(x, kernel.T, bias),
        ),
    ),
    fast=kernels.dense_forward,
    large=_large("x", "kernel", "bias"),
)

# ---- backward -------------------------------------------------------------------------------------------------------


def _backward(dy: Array, x: Array, kernel: Array) -> tuple[Array, Array, Array]:
    return (
        reference.dense_backward_input(dy, kernel),
        reference.dense_backward_kernel(dy, x),
        reference.bias_backward(dy),
    )


def _fast(dy: Array, x: Array, kernel: Array) -> tuple[Array, Array, Array]:
    return kernels.dense_backward_input(dy, kernel), kernels.dense_backward_kernel(dy, x), kernels.bias_backward(dy)


def _backward_with(change: Any) -> Callable[..., Any]:
    """Make the mistake of changing the results: change(dx, dkernel, dbias, dy, x, kernel) returns the wrong ones."""
    return lambda dy, x, kernel: change(*_backward(dy, x, kernel), dy, x, kernel)


DENSE_BACKWARD: Exercise = Exercise(
    "dense_backward",
    "dense backward: the gradients of input, kernel and bias",
    """\
Each product x * kernel in the forward's sum hands dy * kernel to its x and
dy * x to its weight; the bias was added once in every row.

    dx[n,d]      = sum over f of dy[n,f] * kernel[d,f]      dy @ kernel.T
    dkernel[d,f] = sum over n of x[n,d] * dy[n,f]           x.T @ dy
    dbias[f]     = sum over n of dy[n,f]

    dy      (N, F)    gradient of the loss at y
    x       (N, D)    as the forward had it
    kernel  (D, F)
    ->
    dx, dkernel, dbias    (N, D), (D, F), (F,), the dtype of dy

Sums over the batch, not means: the loss has divided already.""",
    "dense_backward(dy, x, kernel)",
    ("dx", "dkernel", "dbias"),
    _backward,
    {"dy": np.array([[1.0, 0.0], [2.0, 1.0]]), "x": X, "kernel": KERNEL},
    drawn_parts(_drawn, "dy", "x", "kernel"),
    (
        Mistake(
            "the bias gradient is not summed over the batch",
            _backward_with(lambda dx, dkernel, dbias, dy, x, kernel: (dx, dkernel, dy)),
        ),
        Mistake(
            "the bias gradient is a mean over the batch: it must be the sum",
            _backward_with(lambda dx, dkernel, dbias, dy, x, kernel: (dx, dkernel, dy.mean(0))),
        ),
        Mistake(
            "the kernel's gradient is a mean over the batch: it must be the sum",
            _backward_with(lambda dx, dkernel, dbias, dy, x, kernel: (dx, dkernel / dy.dtype.type(len(dy)), dbias)),
        ),
        Mistake(
            "kernel and bias gradients are means over the batch: they must be sums",
            _backward_with(
                lambda dx, dkernel, dbias, dy, x, kernel: (dx, dkernel / dy.dtype.type(len(dy)), dy.mean(0))
            ),
        ),
        Mistake(
            "the bias gradient is summed over the outputs: each output has its own bias, sum over the rows, axis=0",
            _backward_with(lambda dx, dkernel, dbias, dy, x, kernel: (dx, dkernel, dy.sum(1))),
        ),
        Mistake(
            "all gradients are divided by the batch: the loss has divided already",
            _backward_with(
                lambda dx, dkernel, dbias, dy, x, kernel: tuple(
                    each / dy.dtype.type(len(dy)) for each in (dx, dkernel, dbias)
                )
            ),
        ),
        Mistake(
            "the kernel is not turned: dx[n,d] sums over f, dy @ kernel.T",
            lambda dy, x, kernel: (dy @ kernel, *_backward(dy, x, kernel)[1:]),
        ),
        Mistake(
            "the kernel's gradient is turned: it has the kernel's shape, (D, F): x.T @ dy",
            _backward_with(lambda dx, dkernel, dbias, dy, x, kernel: (dx, dkernel.T, dbias)),
        ),
        Mistake(
            "dx and dkernel are exchanged: return dx, dkernel, dbias",
            _backward_with(lambda dx, dkernel, dbias, dy, x, kernel: (dkernel, dx, dbias)),
        ),
        Mistake(
            "only the last row counts in the kernel's gradient: sum over the batch",
            _backward_with(
                lambda dx, dkernel, dbias, dy, x, kernel: (dx, reference.dense_backward_kernel(dy[-1:], x[-1:]), dbias)
            ),
        ),
    ),
    nudges=(
        Nudge(
            "dx",
            lambda case: case["x"].astype(np.float64),
            lambda case, x: float(np.vdot(x @ case["kernel"], case["dy"])),
        ),
        Nudge(
            "dkernel",
            lambda case: case["kernel"].astype(np.float64),
            lambda case, kernel: float(np.vdot(case["x"] @ kernel, case["dy"])),
        ),
        Nudge(
            "dbias",
            lambda case: np.zeros(case["dy"].shape[1]),
            lambda case, bias: float((bias * case["dy"]).sum()),
        ),
    ),
    fast=_fast,
    large=_large("dy", "x", "kernel"),
)

# ---- flatten --------------------------------------------------------------------------------------------------------

FLATTEN: Exercise = Exercise(
    "flatten",
    "flatten: the maps of a picture become one row of numbers",
    """\
Before a dense layer the maps of each picture become one row: row by row, pixel
by pixel, channel by channel. Nothing is computed.

    y[n, (h * W + w) * C + c] = x[n,h,w,c]

    x    (N, H, W, C)
    ->
    y    (N, H * W * C), the dtype of x""",
    "flatten_forward(x)",
    ("y",),
    lambda x: reference.flatten_forward(x),
    {"x": np.arange(1.0, 13.0).reshape(1, 2, 3, 2)},
    lambda: drawn(lambda draw: {"x": draw.array(*draw.images())}),
    (
        Mistake("the batch is flattened too: one row a picture", lambda x: x.reshape(-1)),
        Mistake(
            "whole channels stand one after the other, as PyTorch has them: here a pixel's channels stand together",
            lambda x: x.transpose(0, 3, 1, 2).reshape(len(x), -1),
        ),
        Mistake(
            "the pictures are read column by column: go row by row",
            lambda x: x.transpose(0, 2, 1, 3).reshape(len(x), -1),
        ),
        Mistake(
            "the order is Fortran's, the first axis fastest: leave `order` at NumPy's default, the last axis fastest",
            lambda x: x.reshape(len(x), -1, order="F"),
        ),
        Mistake("the result is turned: a row a picture, (N, H * W * C)", lambda x: x.reshape(len(x), -1).T),
    ),
    fast=kernels.flatten_forward,
    large=lambda: {"x": np.zeros((64, 32, 32, 8), np.float32)},
)
