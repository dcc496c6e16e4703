"""The exercises about windows: how many there are, the zeros around a picture, and windows as the rows of a matrix."""

import itertools
import math

import numpy as np

from ... import reference
from ...types import Array, Pair
from .cases import Draw, drawn, picture
from .exercise import Arguments, Exercise, Mistake

# ---- output_size ----------------------------------------------------------------------------------------------------


def _sizes() -> list[Arguments]:
    grid = itertools.product(range(1, 10), range(1, 5), range(1, 4), range(4))
    cases = [{"size": n, "k": k, "s": s, "pad": pad} for n, k, s, pad in grid if k <= n + pad]
    return sorted(cases, key=lambda case: sum(case.values()))


OUTPUT_SIZE: Exercise = Exercise(
    "output_size",
    "how many places a window has along one axis",
    """\
A window of k pixels slides along `size` pixels. It begins at the left end,
moves s pixels at a time, and must never stick out. `pad` pixels of zeros have
been added, at both ends together. At how many places does it stand?

    output = floor((size + pad - k) / s) + 1

    size    int    pixels of the picture along this axis
    k       int    pixels of the window
    s       int    stride: pixels from one place to the next
    pad     int    zeros before and after, together
    ->
    output  int""",
    "output_size(size, k, s, pad)",
    ("output",),
    lambda size, k, s, pad: reference.output_size(size, k, s, pad),
    {"size": 6, "k": 3, "s": 2, "pad": 0},
    _sizes,
    (
        Mistake(
            "the window at the end that does not fit is counted: round down (//), not up",
            lambda size, k, s, pad: math.ceil((size + pad - k) / s) + 1,
        ),
        Mistake("the first place is not counted: + 1", lambda size, k, s, pad: (size + pad - k) // s),
        Mistake(
            "`pad` is counted twice: it already is both ends together",
            lambda size, k, s, pad: (size + 2 * pad - k) // s + 1,
        ),
        Mistake("`pad` is left out", lambda size, k, s, pad: (size - k) // s + 1),
        Mistake("the stride is left out", lambda size, k, s, pad: size + pad - k + 1),
        Mistake(
            "the 1 is divided too: it is added after the division, (size + pad - k) // s + 1",
            lambda size, k, s, pad: (size + pad - k + 1) // s,
        ),
        Mistake(
            "size / s is all places that begin in the picture; the last ones stick out",
            lambda size, k, s, pad: (size + pad) // s,
        ),
    ),
)

# ---- same_pads ------------------------------------------------------------------------------------------------------


def _same_cases() -> list[Arguments]:
    cases = [{"size": n, "k": k, "s": s} for n, k, s in itertools.product(range(1, 10), range(1, 6), range(1, 4))]
    return sorted(cases, key=lambda case: sum(case.values()))


def _total(size: int, k: int, s: int) -> int:
    return max((math.ceil(size / s) - 1) * s + k - size, 0)


def _halves(total: int) -> tuple[int, int]:
    return total // 2, total - total // 2


SAME_PADS: Exercise = Exercise(
    "same_pads",
    'the zeros before and after one axis for padding="same"',
    """\
padding="same" wants ceil(size / s) outputs along an axis. Add just as many
zeros as that needs. Where their number is odd, the odd one goes after.

    total  = max((ceil(size / s) - 1) * s + k - size, 0)
    before = floor(total / 2)
    after  = total - before

    size    int    pixels of the picture along this axis
    k       int    pixels of the window
    s       int    stride
    ->
    before, after  int, int""",
    "same_pads(size, k, s)",
    ("before", "after"),
    lambda size, k, s: reference.same_pads(size, k, s),
    {"size": 4, "k": 3, "s": 2},
    _same_cases,
    (
        Mistake(
            "the odd zero is on the wrong side: it goes after, not before",
            lambda size, k, s: _halves(_total(size, k, s))[::-1],
        ),
        Mistake(
            "both ends get the same, as PyTorch's padding=k // 2 has it: an odd total is not shared evenly",
            lambda size, k, s: (k // 2, k // 2),
        ),
        Mistake(
            "both ends get the same: an odd total is not shared evenly",
            lambda size, k, s: (_total(size, k, s) // 2,) * 2,
        ),
        Mistake("k - 1 zeros are right for stride 1 only: the stride is left out", lambda size, k, s: _halves(k - 1)),
        Mistake(
            "there are fewer than no zeros: a stride longer than the window needs none, max(..., 0)",
            lambda size, k, s: _halves((math.ceil(size / s) - 1) * s + k - size),
        ),
        Mistake(
            "size / s is rounded down: the last, shorter step counts too, ceil(size / s)",
            lambda size, k, s: _halves(max((size // s - 1) * s + k - size, 0)),
        ),
        Mistake(
            "k - s zeros are right only where s divides the size: the last, shorter step needs more",
            lambda size, k, s: _halves(max(k - s, 0)),
        ),
    ),
)

# ---- im2col ---------------------------------------------------------------------------------------------------------


def _im2col(x: Array, kernel_size: Pair, strides: Pair) -> Array:
    (kh, kw), (sh, sw) = kernel_size, strides
    oh, ow = (reference.output_size(n, k, s, 0) for n, k, s in zip(x.shape[1:3], kernel_size, strides, strict=True))
    rows = np.zeros((len(x) * oh * ow, kh * kw * x.shape[3]), x.dtype)
    for row, (n, i, j) in enumerate(np.ndindex(len(x), oh, ow)):
        rows[row] = x[n, i * sh : i * sh + kh, j * sw : j * sw + kw].reshape(-1)
    return rows


def _im2col_turned(order: tuple[int, ...]):
    """Make the mistake of another order of the numbers in a row: axes of a window (a, b, c), permuted."""

    def wrong(x: Array, kernel_size: Pair, strides: Pair):
        rows = _im2col(x, kernel_size, strides)
        return rows.reshape(-1, *kernel_size, x.shape[3]).transpose(0, *order).reshape(rows.shape)

    return wrong


def _im2col_by_columns(x: Array, kernel_size: Pair, strides: Pair):
    rows = _im2col(x, kernel_size, strides)
    oh, ow = (reference.output_size(n, k, s, 0) for n, k, s in zip(x.shape[1:3], kernel_size, strides, strict=True))
    return rows.reshape(len(x), oh, ow, -1).transpose(0, 2, 1, 3).reshape(rows.shape)


def _im2col_case(draw: Draw) -> Arguments:
    shape = draw.images()
    strides = draw.one_of((1, 1), (1, 1), (2, 2), (1, 2))
    return {"x": draw.array(*shape), "kernel_size": draw.window(shape[1:3]), "strides": strides}


IM2COL: Exercise = Exercise(
    "im2col",
    "every window of the pictures as one row of a matrix",
    """\
Write every window out as one row. A convolution is then one product of two
matrices, im2col(x) @ kernel.reshape(KH * KW * C, F), which is how textbooks
make it fast.

    rows[(n * OH + i) * OW + j,  (a * KW + b) * C + c]
        = x[n, i*sh + a, j*sw + b, c]

    x            (N, H, W, C)    pictures
    kernel_size  (KH, KW)
    strides      (sh, sw)
    ->
    rows         (N * OH * OW, KH * KW * C), the dtype of x
                 OH = (H - KH) // sh + 1,  OW = (W - KW) // sw + 1

Nothing is computed: numbers are copied. No padding here.""",
    "im2col(x, kernel_size, strides)",
    ("rows",),
    _im2col,
    {"x": picture([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), "kernel_size": (2, 2), "strides": (1, 1)},
    lambda: drawn(_im2col_case),
    (
        Mistake(
            "the channels come first in each row, as in PyTorch: here a pixel's channels stand together, (a, b, c)",
            _im2col_turned((3, 1, 2)),
        ),
        Mistake("a window is written column by column: go row by row", _im2col_turned((2, 1, 3))),
        Mistake("the windows are taken column by column: i is the outer loop, j the inner one", _im2col_by_columns),
        Mistake("rows and columns are exchanged: one window is one row", lambda *case: _im2col(*case).T),
        Mistake(
            "the strides are exchanged: sh is the step down, sw the step to the right",
            lambda x, kernel_size, strides: _im2col(x, kernel_size, strides[::-1]),
        ),
    ),
    large=lambda: {
        "x": np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32"),
        "kernel_size": (3, 3),
        "strides": (1, 1),
    },
)
