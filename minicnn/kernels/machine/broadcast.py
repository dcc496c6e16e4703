"""Broadcasting: arrays whose sizes of 1 are repeated to fit each other, walked through together.

Neighbouring axes that are broadcast alike are one long axis. So images (N, H, W, C) and factors (N, 1, 1, C) are
walked through as N times H * W rows of C numbers: loops of four axes are enough for nearly everything. Nothing is
copied: along an axis that is broadcast an array's step is 0.

A kernel does job after job: `place_of(job, walk)` tells which rows, and `offset(place, row, walk.steps[k])` where the
numbers of array k begin in one of them.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...types import Array
from . import checks
from .integers import ceil_div
from .jit import jit

AXES = 4
BLOCK = 1 << 13  # numbers of a job: some rows, or a piece of one


def of_one_rank(xs: Sequence[Array]) -> list[Array]:
    """Check a list of at least two float arrays of one dtype and rank, and return them as `checks.plain` does."""
    xs = checks.several(xs, 2)
    if len({x.ndim for x in xs}) > 1:
        raise ValueError(f"`xs` must be arrays of one rank. Received: shapes {[x.shape for x in xs]}.")
    return xs


def unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an array of this shape was broadcast."""
    repeated = tuple(axis for axis, size in enumerate(shape) if size != dy.shape[axis])
    return dy.sum(axis=repeated, keepdims=True, dtype=np.float64).astype(dy.dtype) if repeated else dy


class Walk(NamedTuple):
    """The way through arrays that are broadcast together.

    Attributes
    ----------
    sizes : of the four axes
    steps : for each array the steps along them, 0 where it is broadcast
    rows : of one job at most; rows are what lies along the last axis
    row_cuts, column_cuts : jobs along the last two axes
    jobs : in all
    """

    sizes: tuple[int, ...]
    steps: tuple[tuple[int, ...], ...]
    rows: int
    row_cuts: int
    column_cuts: int
    jobs: int


@lru_cache(1024)
def walk(*shapes: tuple[int, ...]) -> Walk | None:
    """Plan the walk through arrays of these shapes; None where they differ in more ways than four axes tell.

    Raises
    ------
    ValueError
        Of NumPy, where sizes neither agree nor are 1.
    """
    shape = np.broadcast_shapes(*shapes)
    shapes = tuple((1,) * (len(shape) - len(own)) + own for own in shapes)
    axes: list[tuple[int, tuple[bool, ...]]] = []  # size, and which arrays are broadcast along it
    for size, own in zip(shape, zip(*shapes, strict=True), strict=True):
        repeated = tuple(each != size for each in own)
        if axes and axes[-1][1] == repeated:
            axes[-1] = (axes[-1][0] * size, repeated)
        elif size != 1:
            axes.append((size, repeated))
    if len(axes) > AXES:
        return None
    axes = [(1, (False,) * len(shapes))] * (AXES - len(axes)) + axes
    sizes = tuple(size for size, _ in axes)
    steps: list[tuple[int, ...]] = []
    for index in range(len(shapes)):
        step = 1
        moves: list[int] = []
        for size, repeated in reversed(axes):
            moves.append(0 if repeated[index] else step)
            step *= 1 if repeated[index] else size
        steps.append(tuple(reversed(moves)))
    rows = max(1, BLOCK // max(1, sizes[3]))
    row_cuts, column_cuts = ceil_div(sizes[2], rows), ceil_div(sizes[3], BLOCK)
    return Walk(sizes, tuple(steps), rows, row_cuts, column_cuts, math.prod(sizes[:2]) * row_cuts * column_cuts)


class Place(NamedTuple):
    """What a job does: indices along the first two axes, rows, in each the first number and how many from there."""

    outer: int
    inner: int
    row: int
    row_stop: int
    first: int
    length: int


@jit
def place_of(job, walk) -> Place:
    """Return the place of a job."""
    pair, row_cut = job // walk.column_cuts // walk.row_cuts, job // walk.column_cuts % walk.row_cuts
    first = job % walk.column_cuts * BLOCK
    return Place(
        pair // walk.sizes[1],
        pair % walk.sizes[1],
        row_cut * walk.rows,
        min((row_cut + 1) * walk.rows, walk.sizes[2]),
        first,
        min(BLOCK, walk.sizes[3] - first),
    )


@jit
def offset(place, row, steps) -> int:
    """Return where an array's numbers for one row of a job begin."""
    return place.outer * steps[0] + place.inner * steps[1] + row * steps[2] + place.first * steps[3]
