"""The exercises about batch normalization: forward and backward, in training."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import kernels, reference
from ...types import Array
from .cases import Draw, drawn_parts, quietly
from .exercise import Arguments, Exercise, Mistake, Nudge


def _drawn(draw: Draw) -> Arguments:
    shape = draw.one_of((draw.one_of(2, 3, 4), draw.one_of(1, 2, 3)), draw.images())
    arrays = {"dy": draw.array(*shape), "x": draw.array(*shape)}
    vectors = {"gamma": draw.array(shape[-1]) + 5, "beta": draw.array(shape[-1])}
    dtype = arrays["x"].dtype
    return arrays | {name: v.astype(dtype) for name, v in vectors.items()} | {"epsilon": draw.one_of(0.001, 0.5, 1.0)}


def _large(*names: str):
    """Make a function that makes the case for the clock."""

    def make() -> Arguments:
        rng = np.random.default_rng(0)
        shapes = {"dy": (8, 32, 32, 16), "x": (8, 32, 32, 16), "gamma": (16,), "beta": (16,)}
        case = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()} | {"epsilon": 0.001}
        return {name: case[name] for name in names}

    return make


# ---- forward --------------------------------------------------------------------------------------------------------


def _forward(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    mean, variance = reference.batch_normalization_moments(x.astype(np.float64))
    wide = x.astype(np.float64), mean, variance, gamma.astype(np.float64), beta.astype(np.float64)
    return reference.batch_normalization_forward(*wide, epsilon).astype(x.dtype)


def _fast_forward(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    return kernels.batch_normalization_forward(x, *kernels.batch_normalization_moments(x), gamma, beta, epsilon)


def _over(axes: Any, ddof: int = 0):
    """Make the mistake of moments over other axes, or of another count."""

    def wrong(x: Array, gamma: Array, beta: Array, epsilon: float):
        own = axes(x)
        mean = x.mean(axis=own, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=own, keepdims=True)
        if ddof:
            count = x.size // x.shape[-1]
            variance = variance * count / (count - ddof)
        return (x - mean) / np.sqrt(variance + epsilon) * gamma + beta

    return wrong


def _centred(x: Array):
    axes = tuple(range(x.ndim - 1))
    return x - x.mean(axis=axes), x.var(axis=axes)


def _normal_with(change: Any) -> Callable[..., Any]:
    """Make the mistake of another formula: change(x - mean, variance, gamma, beta, epsilon) returns y."""
    return lambda x, gamma, beta, epsilon: change(*_centred(x), gamma, beta, epsilon)


BATCHNORM: Exercise = Exercise(
    "batchnorm",
    "batch normalization in training",
    """\
Each channel is brought to mean 0 and variance 1 over the whole batch, all
pictures, rows and columns; then it gets a scale and a shift that are learnt.

    mean[c]     = sum of x[..., c] / count
    variance[c] = sum of (x[..., c] - mean[c])**2 / count
    y[..., c]   = (x[..., c] - mean[c]) / sqrt(variance[c] + epsilon)
                  * gamma[c] + beta[c]

where count is how many numbers a channel has: N * H * W, or N after a dense
layer.

    x        (N, H, W, C) or (N, C)
    gamma    (C,)    the scale
    beta     (C,)    the shift
    epsilon  float   keeps a channel that never changes from dividing by 0
    ->
    y        the shape and dtype of x""",
    "batch_normalization(x, gamma, beta, epsilon)",
    ("y",),
    _forward,
    {"x": np.array([[2.0], [4.0], [6.0], [8.0]]), "gamma": np.array([1.5]), "beta": np.array([0.5]), "epsilon": 4.0},
    drawn_parts(_drawn, "x", "gamma", "beta", "epsilon"),
    (
        Mistake(
            "the variance is divided by count - 1: here it is the batch's own, divided by count",
            _over(lambda x: tuple(range(x.ndim - 1)), 1),
        ),
        Mistake(
            "mean and variance are taken over the pictures alone: over rows and columns too, all axes but the last",
            _over(lambda x: 0),
        ),
        Mistake(
            "each picture is normalized by itself: take mean and variance over the whole batch",
            _over(lambda x: tuple(range(1, x.ndim - 1)) or 1),
        ),
        Mistake("all channels share one mean and variance: each has its own", _over(lambda x: tuple(range(x.ndim)))),
        Mistake(
            "mean and variance are taken over the channels: that is layer normalization", _over(lambda x: x.ndim - 1)
        ),
        Mistake(
            "epsilon is added to the root: it belongs under it, sqrt(variance + epsilon)",
            _normal_with(lambda d, variance, gamma, beta, epsilon: d / (np.sqrt(variance) + epsilon) * gamma + beta),
        ),
        Mistake(
            "epsilon is left out",
            quietly(_normal_with(lambda d, variance, gamma, beta, epsilon: d / np.sqrt(variance) * gamma + beta)),
        ),
        Mistake(
            "it is divided by the variance: take its root",
            _normal_with(lambda d, variance, gamma, beta, epsilon: d / (variance + epsilon) * gamma + beta),
        ),
        Mistake(
            "gamma and beta are exchanged: gamma is the factor, beta is added",
            _normal_with(lambda d, variance, gamma, beta, epsilon: d / np.sqrt(variance + epsilon) * beta + gamma),
        ),
        Mistake(
            "gamma and beta are left out",
            _normal_with(lambda d, variance, gamma, beta, epsilon: d / np.sqrt(variance + epsilon)),
        ),
    ),
    fast=_fast_forward,
    large=_large("x", "gamma", "beta", "epsilon"),
)

# ---- backward -------------------------------------------------------------------------------------------------------


def _backward(dy: Array, x: Array, gamma: Array, epsilon: float) -> tuple[Array, Array, Array]:
    wide = x.astype(np.float64)
    mean, variance = reference.batch_normalization_moments(wide)
    results = reference.batch_normalization_backward(
        dy.astype(np.float64), wide, mean, variance, gamma.astype(np.float64), epsilon, True
    )
    dx, dgamma, dbeta = (result.astype(dy.dtype) for result in results)
    return dx, dgamma, dbeta


def _fast_backward(dy: Array, x: Array, gamma: Array, epsilon: float) -> tuple[Array, Array, Array]:
    moments = kernels.batch_normalization_moments(x)
    return kernels.batch_normalization_backward(dy, x, *moments, gamma, epsilon, True)


def _backward_with(change: Any):
    """Make the mistake of another dx: change(dy, xhat, deviation, gamma, count) returns the wrong one."""

    def wrong(dy: Array, x: Array, gamma: Array, epsilon: float):
        _, dgamma, dbeta = _backward(dy, x, gamma, epsilon)
        centred, variance = _centred(x)
        deviation = np.sqrt(variance + epsilon)
        return change(dy, centred / deviation, deviation, gamma, x.size // x.shape[-1], dgamma, dbeta), dgamma, dbeta

    return wrong


def _vectors_with(change: Any):
    """Make the mistake of other vectors: change(dgamma, dbeta, count) returns the wrong ones."""

    def wrong(dy: Array, x: Array, gamma: Array, epsilon: float):
        dx, *vectors = _backward(dy, x, gamma, epsilon)
        return dx, *change(*vectors, dy.dtype.type(x.size // x.shape[-1]))

    return wrong


def _gamma_from_x(dy: Array, x: Array, gamma: Array, epsilon: float):
    dx, _, dbeta = _backward(dy, x, gamma, epsilon)
    return dx, (dy * x).sum(axis=tuple(range(x.ndim - 1))), dbeta


BATCHNORM_BACKWARD: Exercise = Exercise(
    "batchnorm_backward",
    "batch normalization backward, in training",
    """\
Moving one number moves its channel's mean and variance too, and so all other
outputs of the channel. Compute both anew from x, as forward does: mean, and
variance = the mean of (x - mean)**2, over all axes but the last, on which a
channel has `count` numbers. With s = sqrt(variance + epsilon),
xhat = (x - mean) / s, and sums over the same axes:

    dgamma = sum of dy * xhat
    dbeta  = sum of dy
    dx     = gamma / s * (dy - dbeta / count - xhat * dgamma / count)

The second term in dx is the mean's doing, the third the variance's.

    dy       the shape of x            gradient of the loss at y
    x        (N, H, W, C) or (N, C)    as the forward had it
    gamma    (C,)
    epsilon  float
    ->
    dx, dgamma, dbeta    the shape of x, (C,), (C,), the dtype of dy""",
    "batch_normalization_backward(dy, x, gamma, epsilon)",
    ("dx", "dgamma", "dbeta"),
    _backward,
    {
        "dy": np.array([[1.0], [0.0], [0.0], [2.0]]),
        "x": np.array([[2.0], [4.0], [6.0], [8.0]]),
        "gamma": np.array([1.5]),
        "epsilon": 4.0,
    },
    drawn_parts(_drawn, "dy", "x", "gamma", "epsilon"),
    (
        Mistake(
            "mean and variance are taken as constants: they move with x, two terms of dx are missing",
            _backward_with(lambda dy, xhat, s, gamma, count, dgamma, dbeta: gamma / s * dy),
        ),
        Mistake(
            "the variance's term is missing in dx: - xhat * dgamma / count",
            _backward_with(lambda dy, xhat, s, gamma, count, dgamma, dbeta: gamma / s * (dy - dbeta / count)),
        ),
        Mistake(
            "the mean's term is missing in dx: - dbeta / count",
            _backward_with(lambda dy, xhat, s, gamma, count, dgamma, dbeta: gamma / s * (dy - xhat * dgamma / count)),
        ),
        Mistake(
            "gamma is left out of dx",
            _backward_with(
                lambda dy, xhat, s, gamma, count, dgamma, dbeta: (dy - dbeta / count - xhat * dgamma / count) / s
            ),
        ),
        Mistake(
            "the sums in dx are not divided by count: they are means there",
            _backward_with(lambda dy, xhat, s, gamma, count, dgamma, dbeta: gamma / s * (dy - dbeta - xhat * dgamma)),
        ),
        Mistake(
            "dgamma and dbeta are means: they must be sums",
            _vectors_with(lambda dgamma, dbeta, count: (dgamma / count, dbeta / count)),
        ),
        Mistake("dgamma and dbeta are exchanged", _vectors_with(lambda dgamma, dbeta, count: (dbeta, dgamma))),
        Mistake("dgamma is summed from x: take xhat, which gamma was multiplied with", _gamma_from_x),
    ),
    nudges=(
        Nudge(
            "dx",
            lambda case: case["x"].astype(np.float64),
            lambda case, x: float(np.vdot(_forward(x, case["gamma"], 0 * case["gamma"], case["epsilon"]), case["dy"])),
        ),
        Nudge(
            "dgamma",
            lambda case: case["gamma"].astype(np.float64),
            lambda case, gamma: float(
                np.vdot(_forward(case["x"].astype(np.float64), gamma, 0 * gamma, case["epsilon"]), case["dy"])
            ),
        ),
    ),
    fast=_fast_backward,
    large=_large("dy", "x", "gamma", "epsilon"),
)
