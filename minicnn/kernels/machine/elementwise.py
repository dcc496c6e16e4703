"""Elementwise loops: one formula, and its slope, applied to every number of an array. See activations.py.

A job is a block of numbers. A slope's loop writes dx = dy * slope. Clipped ReLU and hard sigmoid select instead: beyond
their ramps dx is 0 even where dy is NaN or infinite.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from ...types import Array
from . import checks, memory
from .exponential import exp
from .integers import ceil_div
from .jit import jit
from .threads import run

BLOCK = 1 << 12  # numbers a job. Loops run over slices, from 0: an index that might be negative is not vectorised


class Formula(NamedTuple):
    """A row of the table in activations.py, or of a file of its own."""

    forward: Callable[..., None]  # its compiled loop: (start, stop, x, y, *settings)
    backward: Callable[..., None]  # its slope's: (start, stop, dy, y or x, dx, *settings)
    work: int  # elementary operations a number
    keeps: str  # "y" or "x": what the slope is computed from


def apply(formula: Formula, x: Array, *settings: float) -> Array:
    """Return y = formula(x)."""
    x = checks.floats(x, "x")
    y = memory.empty(x.shape, x.dtype)
    numbers = [x.dtype.type(value) for value in settings]
    run(formula.forward, ceil_div(x.size, BLOCK), formula.work * x.size, x.reshape(-1), y.reshape(-1), *numbers)
    return y


def apply_slope(formula: Formula, dy: Array, kept: Array, *settings: float) -> Array:
    """Return dx = dy * slope, where `kept` is y or x: see `Formula.keeps`."""
    dy = checks.floats(dy, "dy")
    kept = checks.floats(kept, formula.keeps, dtype=dy.dtype)
    checks.shape(kept, formula.keeps, dy.shape)
    dx = memory.empty(dy.shape, dy.dtype)
    flat = dy.reshape(-1), kept.reshape(-1), dx.reshape(-1)
    numbers = [dy.dtype.type(value) for value in settings]
    run(formula.backward, ceil_div(dy.size, BLOCK), formula.work * dy.size, *flat, *numbers)
    return dx


@jit
def sigmoids(x, out) -> None:
    """Write the sigmoid of every number of a block; exp of -|x| is never above 1, so it cannot overflow."""
    one = x.dtype.type(1)
    for i in range(x.size):
        out[i] = -abs(x[i])
    exp(out)
    for i in range(x.size):
        out[i] = (out[i] if x[i] < 0 else one) / (one + out[i])


@jit
def _below(x):
    """Return the share of a normal distribution below x; erfc keeps the digits where 1 + erf would cancel."""
    return type(x)(0.5) * math.erfc(-x * type(x)(math.sqrt(0.5)))


@jit
def clipped_relu(start, stop, x, y, limit) -> None:
    """Write y = min(max(x, 0), limit)."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        v = x[i]
        v = zero if v <= zero else v  # a comparison with NaN is false: NaN stays
        y[i] = limit if v > limit else v


@jit
def clipped_relu_slope(start, stop, dy, y, dx, limit) -> None:
    """Write dx = dy where 0 < y < limit, else 0."""
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    zero = dy.dtype.type(0)
    for i in range(dy.size):
        dx[i] = dy[i] if zero < y[i] < limit else zero


@jit
def leaky_relu(start, stop, x, y, slope) -> None:
    """Write y = x where x > 0, else slope * x."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = x[i] if x[i] > zero else slope * x[i]


@jit
def leaky_relu_slope(start, stop, dy, y, dx, slope) -> None:
    """Write dx = dy where y > 0, else slope * dy."""
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    zero = dy.dtype.type(0)
    for i in range(dy.size):
        dx[i] = dy[i] if y[i] > zero else slope * dy[i]


@jit
def elu(start, stop, x, y, alpha) -> None:
    """Write y = x where x > 0, else alpha * (exp(x) - 1)."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = x[i] if x[i] > zero else alpha * math.expm1(x[i])


@jit
def elu_slope(start, stop, dy, y, dx, alpha) -> None:
    """Write dx = dy where y > 0, else dy * (y + alpha): the slope alpha * exp(x), told by y."""
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    zero = dy.dtype.type(0)
    for i in range(dy.size):
        dx[i] = dy[i] if y[i] > zero else dy[i] * (y[i] + alpha)


@jit
def tanh(start, stop, x, y) -> None:
    """Write y = tanh(x)."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(x.size):
        y[i] = math.tanh(x[i])


@jit
def tanh_slope(start, stop, dy, y, dx) -> None:
    """Write dx = dy * (1 - y * y)."""
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    one = dy.dtype.type(1)
    for i in range(dy.size):
        dx[i] = dy[i] * (one - y[i] * y[i])


@jit
def hard_sigmoid(start, stop, x, y) -> None:
    """Write y = min(max(x + 3, 0), 6) / 6."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero, three, six = x.dtype.type(0), x.dtype.type(3), x.dtype.type(6)
    for i in range(x.size):
        v = x[i] + three
        v = zero if v <= zero else v  # a comparison with NaN is false: NaN stays
        y[i] = (six if v > six else v) / six


@jit
def hard_sigmoid_slope(start, stop, dy, y, dx) -> None:
    """Write dx = dy / 6 where 0 < y < 1, else 0."""
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    zero, one, six = dy.dtype.type(0), dy.dtype.type(1), dy.dtype.type(6)
    for i in range(dy.size):
        dx[i] = dy[i] / six if zero < y[i] < one else zero


@jit
def softplus(start, stop, x, y) -> None:
    """Write y = log(1 + exp(x)), as max(x, 0) + log(1 + exp(-|x|)), which cannot overflow."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    zero = x.dtype.type(0)
    for i in range(x.size):
        v = x[i]
        y[i] = (zero if v <= zero else v) + math.log1p(math.exp(-abs(v)))


@jit
def softplus_slope(start, stop, dy, y, dx) -> None:
    """Write dx = dy * (1 - exp(-y)), which is dy * sigmoid(x)."""
    dy, y, dx = dy[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    for i in range(dy.size):
        dx[i] = dy[i] * -math.expm1(-y[i])


@jit
def silu(start, stop, x, y) -> None:
    """Write y = x * sigmoid(x)."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for first in range(0, x.size, BLOCK):  # a block stays in the first cache between the loops
        a, b = x[first : first + BLOCK], y[first : first + BLOCK]
        sigmoids(a, b)
        for i in range(a.size):
            b[i] *= a[i]


@jit
def silu_slope(start, stop, dy, x, dx) -> None:
    """Write dx = dy * s * (1 + x * (1 - s)), where s = sigmoid(x)."""
    dy, x, dx = dy[start * BLOCK : stop * BLOCK], x[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    one = dy.dtype.type(1)
    for first in range(0, dy.size, BLOCK):
        a, b, c = dy[first : first + BLOCK], x[first : first + BLOCK], dx[first : first + BLOCK]
        sigmoids(b, c)
        for i in range(a.size):
            c[i] = a[i] * c[i] * (one + b[i] * (one - c[i]))


@jit
def gelu(start, stop, x, y) -> None:
    """Write y = x * P(x), where P is the share of the normal distribution below x."""
    x, y = x[start * BLOCK : stop * BLOCK], y[start * BLOCK : stop * BLOCK]
    for i in range(x.size):
        y[i] = x[i] * _below(x[i])


@jit
def gelu_slope(start, stop, dy, x, dx) -> None:
    """Write dx = dy * (P(x) + x * p(x)), where p, the distribution's density, is the slope of P."""
    dy, x, dx = dy[start * BLOCK : stop * BLOCK], x[start * BLOCK : stop * BLOCK], dx[start * BLOCK : stop * BLOCK]
    half, scale = dy.dtype.type(0.5), dy.dtype.type(1 / math.sqrt(2 * math.pi))
    for i in range(dy.size):
        density = math.exp(-half * x[i] * x[i]) * scale
        dx[i] = dy[i] * (_below(x[i]) + x[i] * density)
