"""Arrays whose sizes of 1 are stretched to fit each other, walked through together.

Neighbouring axes that are stretched alike are one long axis. So pictures (N, H, W, C) and factors (N, 1, 1, C) are
walked through as N times H * W rows of C numbers: loops of four axes are enough for nearly everything.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import checks
from .jit import jit

AXES = 4
BLOCK = 1 << 13  # numbers of a job: some rows, or a piece of one


def of_one_rank(xs):
    """Check a list of at least two float arrays of one dtype and rank and give them as `checks.plain` does."""
    xs = checks.several(xs, 2)
    if len({x.ndim for x in xs}) > 1:
        raise ValueError(f"`xs` must be arrays of one rank. Received: shapes {[x.shape for x in xs]}.")
    return xs


def unstretched(dy, shape):
    """Sum a gradient over the axes along which an array of this shape was stretched."""
    stretched = tuple(axis for axis, size in enumerate(shape) if size != dy.shape[axis])
    return dy.sum(axis=stretched, keepdims=True, dtype=np.float64).astype(dy.dtype) if stretched else dy


class Walk(NamedTuple):
    """Sizes of four axes; for each array the steps along them, 0 where it is stretched.

    rows of a job, jobs along the last two axes, and in all.
    """

    sizes: tuple
    steps: tuple
    rows: int
    cuts: tuple
    jobs: int


@lru_cache(1024)
def walk(*shapes):
    """Plan the walk through arrays of these shapes; None where they differ in more ways than four axes tell.

    Raises
    ------
    ValueError: of NumPy, where sizes neither agree nor are 1.
    """
    shape = np.broadcast_shapes(*shapes)
    shapes = [(1,) * (len(shape) - len(own)) + own for own in shapes]
    axes = []  # [size, which arrays are stretched along it]
    for size, own in zip(shape, zip(*shapes, strict=True), strict=True):
        stretched = tuple(each != size for each in own)
        if axes and axes[-1][1] == stretched:
            axes[-1][0] *= size
        elif size != 1:
            axes.append([size, stretched])
    if len(axes) > AXES:
        return None
    axes = [[1, (False,) * len(shapes)]] * (AXES - len(axes)) + axes
    sizes, steps = tuple(size for size, _ in axes), []
    for index in range(len(shapes)):
        step, own = 1, []
        for size, stretched in reversed(axes):
            own.append(0 if stretched[index] else step)
            step *= 1 if stretched[index] else size
        steps.append(tuple(reversed(own)))
    rows = max(1, BLOCK // max(1, sizes[3]))
    cuts = -(-sizes[2] // rows), -(-sizes[3] // BLOCK)
    return Walk(sizes, tuple(steps), rows, cuts, math.prod((*sizes[:2], *cuts)))


class Place(NamedTuple):
    """What a job does: indices along the first two axes, rows, the first number of each and how many."""

    outer: int
    inner: int
    row: int
    row_stop: int
    first: int
    count: int


@jit
def place_of(job, sizes, rows, cuts):
    """Give the place of a job."""
    outer, row_cut, first = job // cuts[1] // cuts[0], job // cuts[1] % cuts[0], job % cuts[1] * BLOCK
    return Place(
        outer // sizes[1],
        outer % sizes[1],
        row_cut * rows,
        min((row_cut + 1) * rows, sizes[2]),
        first,
        min(BLOCK, sizes[3] - first),
    )


@jit
def offset(place, row, steps):
    """Give where an array's numbers for one row of a job begin."""
    return place.outer * steps[0] + place.inner * steps[1] + row * steps[2] + place.first * steps[3]
