"""The exercises about max pooling: forward, and backward, where ties are to be decided."""

from typing import Any

import numpy as np

from ... import kernels, reference
from ...types import Array, Pads, Pair
from .cases import NO_PADS, Draw, drawn_parts, picture
from .exercise import Arguments, Exercise, Mistake, Nudge


def _drawn(draw: Draw) -> Arguments:
    """Draw what both functions take; ties in half of the pictures."""
    shape = n, height, width, channels = draw.images()
    window = draw.window((height, width))
    pads = draw.one_of(NO_PADS, NO_PADS, tuple((k // 2, (k - 1) // 2) for k in window))
    strides = draw.one_of(window, window, (1, 1), (2, 1))
    sizes = zip((height, width), window, strides, map(sum, pads), strict=True)
    dy = draw.array(n, *(reference.output_size(*axis) for axis in sizes), channels)
    x = draw.tied(*shape) if draw.one_of(True, False) else draw.array(*shape) - 5
    return {"dy": dy, "x": x.astype(dy.dtype), "pool_size": window, "strides": strides, "pads": pads}


def _windows(x: Array, pool_size: Pair, strides: Pair, pads: Pads, fill: float = -np.inf):
    """Yield (n, i, j, c), the window's place in padded pictures, and what it sees."""
    padded = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=fill)
    sizes = zip(x.shape[1:3], pool_size, strides, map(sum, pads), strict=True)
    for n, i, j, c in np.ndindex(len(x), *(reference.output_size(*axis) for axis in sizes), x.shape[3]):
        top, left = i * strides[0], j * strides[1]
        place = n, slice(top, top + pool_size[0]), slice(left, left + pool_size[1]), c
        yield (n, i, j, c), place, padded[place]


def _reduced(reduce: Any, fill: float = -np.inf):
    """Make the mistake of another reduction, or another padding."""

    def wrong(x: Array, pool_size: Pair, strides: Pair, pads: Pads):
        y = np.zeros_like(reference.maxpool2d_forward(x, pool_size, strides, pads))
        for at, _, window in _windows(x, pool_size, strides, pads, fill):
            y[at] = reduce(window)
        return y

    return wrong


def _unmoved(x: Array, pool_size: Pair, strides: Pair, pads: Pads):
    """Make the right shape, of windows that do not keep their stride."""
    _, oh, ow, _ = reference.maxpool2d_forward(x, pool_size, strides, pads).shape
    return reference.maxpool2d_forward(x, pool_size, (1, 1), pads)[:, :oh, :ow]


MAXPOOL2D: Exercise = Exercise(
    "maxpool2d",
    "max pooling: of every window the largest number",
    """\
A window slides over each map by itself, and only the largest number that it
sees goes on. What lies outside the picture never wins, however small the others
are: it counts as minus infinity.

    y[n,i,j,c] = max over a < PH, b < PW of
                 x[n, i*sh + a - top, j*sw + b - left, c]

    x          (N, H, W, C)    pictures or maps
    pool_size  (PH, PW)        the window
    strides    (sh, sw)        from window to window
    pads       ((top, bottom), (left, right))
    ->
    y          (N, OH, OW, C), the dtype of x
               OH = (H + top + bottom - PH) // sh + 1
               OW = (W + left + right - PW) // sw + 1""",
    "maxpool2d_forward(x, pool_size, strides, pads)",
    ("y",),
    lambda x, pool_size, strides, pads: reference.maxpool2d_forward(x, pool_size, strides, pads),
    {
        "x": picture([[1, 0, 2, 3], [4, 6, 6, 8], [3, 1, 1, 0], [1, 2, 2, 4]]),
        "pool_size": (2, 2),
        "strides": (2, 2),
        "pads": NO_PADS,
    },
    drawn_parts(_drawn, "x", "pool_size", "strides", "pads", count=240),
    (
        Mistake(
            "the padding takes part as 0: where all numbers are negative it wins; pad with -inf", _reduced(np.max, 0.0)
        ),
        Mistake("it is the mean of the window: that is average pooling", _reduced(lambda window: window.mean())),
        Mistake("it is the smallest number of the window", _reduced(np.min, np.inf)),
        Mistake(
            "the stride is left out: window i begins at i * sh",
            lambda x, pool_size, strides, pads: reference.maxpool2d_forward(x, pool_size, (1, 1), pads),
        ),
        Mistake("the stride is left out: window i begins at i * sh", _unmoved),
        Mistake(
            "`strides` is left out: windows need not stand side by side, pool_size apart",
            lambda x, pool_size, strides, pads: reference.maxpool2d_forward(x, pool_size, pool_size, pads),
        ),
        Mistake(
            "the strides are exchanged: sh is the step down, sw the step to the right",
            lambda x, pool_size, strides, pads: reference.maxpool2d_forward(x, pool_size, strides[::-1], pads),
        ),
        Mistake(
            "the padding is on the wrong side: pads are ((top, bottom), (left, right)), before comes first",
            lambda x, pool_size, strides, pads: reference.maxpool2d_forward(
                x, pool_size, strides, (pads[0][::-1], pads[1][::-1])
            ),
        ),
        Mistake(
            "the largest is sought over all channels: each map is pooled by itself",
            lambda x, *how: np.repeat(reference.maxpool2d_forward(x.max(-1, keepdims=True), *how), x.shape[3], -1),
        ),
        Mistake(
            "`pads` is left out",
            lambda x, pool_size, strides, pads: reference.maxpool2d_forward(x, pool_size, strides, NO_PADS),
        ),
    ),
    fast=kernels.maxpool2d_forward,
    large=lambda: _large("x"),
)


def _large(*arrays: str) -> Arguments:
    rng = np.random.default_rng(0)
    shapes = {"dy": (2, 16, 16, 8), "x": (2, 32, 32, 8)}
    drawn_ones: Arguments = {name: rng.normal(size=shapes[name]).astype("float32") for name in arrays}
    return drawn_ones | {"pool_size": (2, 2), "strides": (2, 2), "pads": NO_PADS}


# ---- backward -------------------------------------------------------------------------------------------------------


def _shared(share: Any, add: bool = True):
    """Make the mistake of handing a window's gradient to others than its first maximum."""

    def wrong(dy: Array, x: Array, pool_size: Pair, strides: Pair, pads: Pads):
        dpadded = np.pad(np.zeros_like(x), ((0, 0), *pads, (0, 0)))
        for at, place, window in _windows(x, pool_size, strides, pads):
            part = share(window)
            dpadded[place] = dpadded[place] + part * dy[at] if add else np.where(part > 0, dy[at], dpadded[place])
        (top, _), (left, _) = pads
        return dpadded[:, top : top + x.shape[1], left : left + x.shape[2]]

    return wrong


def _all_maxima(window: Array) -> Array:
    return (window == window.max()).astype(window.dtype)


def _split(window: Array) -> Array:
    return _all_maxima(window) / _all_maxima(window).sum()


def _one(index: Any):
    def share(window: Array) -> Array:
        own = np.zeros(window.size, window.dtype)
        own[index(window.ravel())] = 1
        return own.reshape(window.shape)

    return share


def _even(window: Array) -> Array:
    return np.full(window.shape, 1 / window.size, window.dtype)


def _last(window: Array) -> int:
    return int(np.flatnonzero(window == window.max())[-1])


def _first_by_columns(dy: Array, x: Array, pool_size: Pair, strides: Pair, pads: Pads):
    (height, width), (down, across), (rows, columns) = pool_size, strides, pads
    turned = reference.maxpool2d_backward(
        dy.transpose(0, 2, 1, 3), x.transpose(0, 2, 1, 3), (width, height), (across, down), (columns, rows)
    )
    return turned.transpose(0, 2, 1, 3)


def _uncut(dy: Array, x: Array, pool_size: Pair, strides: Pair, pads: Pads):
    return np.pad(reference.maxpool2d_backward(dy, x, pool_size, strides, pads), ((0, 0), *pads, (0, 0)))


MAXPOOL2D_BACKWARD: Exercise = Exercise(
    "maxpool2d_backward",
    "max pooling backward: who gets the gradient, and who at a tie",
    """\
Only the number that won its window moved the output; so it alone gets that
output's gradient, whole. Where several numbers of a window are equally large,
the first of them wins, row by row from the top left. A number that wins several
windows adds up.

    dx[n,h,w,c] = sum of dy[n,i,j,c] over all windows (i, j)
                  whose first maximum is at (h, w)

    dy         (N, OH, OW, C)   gradient of the loss at y
    x          (N, H, W, C)     as the forward had it
    pool_size  (PH, PW)
    strides    (sh, sw)
    pads       ((top, bottom), (left, right))    outside counts as -inf
    ->
    dx         (N, H, W, C), the dtype of dy""",
    "maxpool2d_backward(dy, x, pool_size, strides, pads)",
    ("dx",),
    lambda dy, x, pool_size, strides, pads: reference.maxpool2d_backward(dy, x, pool_size, strides, pads),
    {
        "dy": picture([[10, 20], [30, 40]]),
        "x": picture([[1, 0, 2, 3], [4, 6, 6, 8], [3, 1, 1, 4], [1, 2, 2, 4]]),
        "pool_size": (2, 2),
        "strides": (2, 2),
        "pads": NO_PADS,
    },
    drawn_parts(_drawn, "dy", "x", "pool_size", "strides", "pads", count=240),
    (
        Mistake(
            "ties are counted twice: where several numbers are the largest only the first of them gets the gradient",
            _shared(_all_maxima),
        ),
        Mistake("a tie is split between its winners: the first of them takes all", _shared(_split)),
        Mistake(
            "at a tie the last maximum wins: it must be the first (> while you search, not >=)", _shared(_one(_last))
        ),
        Mistake("at a tie the search goes column by column: go row by row", _first_by_columns),
        Mistake(
            "windows that overlap overwrite each other: add (+=), do not set (=)",
            _shared(_one(lambda window: window.argmax()), add=False),
        ),
        Mistake(
            "the winner gets 1 in place of dy: it gets the gradient of its output",
            lambda dy, x, *how: reference.maxpool2d_backward(np.ones_like(dy), x, *how),
        ),
        Mistake("the padding is still there: cut it off at the end", _uncut),
        Mistake(
            "where bottom is 0, `top:-bottom` is empty, and so for columns: cut out top : top + H",
            lambda *case: _uncut(*case)[:, case[4][0][0] : -case[4][0][1], case[4][1][0] : -case[4][1][1]],
        ),
        Mistake(
            "all numbers of the window get a share: that is average pooling; only the winner moved the output",
            _shared(_even),
        ),
    ),
    nudges=(
        Nudge(
            "dx",
            lambda case: case["x"].astype(np.float64),
            lambda case, x: float(
                np.vdot(reference.maxpool2d_forward(x, case["pool_size"], case["strides"], case["pads"]), case["dy"])
            ),
        ),
    ),
    fast=kernels.maxpool2d_backward,
    large=lambda: _large("dy", "x"),
)
