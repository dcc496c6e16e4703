"""The exercises of the optimizers' steps: SGD with momentum, Adam."""

import math
from typing import Any

import numpy as np

from ... import kernels, reference
from ...types import Array
from .cases import Draw, drawn
from .exercise import Arguments, Exercise, Mistake

# ---- SGD ------------------------------------------------------------------------------------------------------------


def _sgd_case(draw: Draw) -> Arguments:
    shape = draw.one_of((1,), (2,), (2, 3))
    arrays: Arguments = {name: draw.array(*shape) for name in ("w", "g", "m")}
    return arrays | {"learning_rate": draw.one_of(0.5, 0.1), "momentum": draw.one_of(0.0, 0.5, 0.9)}


def _sgd(w: Array, g: Array, m: Array, learning_rate: float, momentum: float) -> None:
    reference.sgd_step(w, g, m, learning_rate, momentum, False)


def _sgd_with(change: Any):
    """Make the mistake of other new values: change(w, g, m, learning_rate, momentum) returns w and m."""

    def wrong(w: Array, g: Array, m: Array, learning_rate: float, momentum: float):
        w[...], m[...] = change(w, g, m, learning_rate, momentum)

    return wrong


SGD: Exercise = Exercise(
    "sgd",
    "one step of gradient descent with momentum",
    """\
A weight goes against its gradient; with momentum it also goes on with a share
of its last step.

    m = momentum * m - learning_rate * g
    w = w + m

    w              any shape         the weights
    g              the shape of w    gradient of the loss at w
    m              the shape of w    the last step; zeros at the beginning
    learning_rate  float
    momentum       float, from 0 to below 1

Nothing is returned: change w and m themselves, in place. `w += m` and
`w[...] = w + m` do so; `w = w + m` makes a new array that nobody sees.""",
    "sgd_step(w, g, m, learning_rate, momentum)",
    (),
    _sgd,
    {
        "w": np.array([1.0, 2.0]),
        "g": np.array([2.0, -1.0]),
        "m": np.array([0.5, 0.5]),
        "learning_rate": 0.5,
        "momentum": 0.5,
    },
    lambda: drawn(_sgd_case, 60),
    (
        Mistake(
            "w and m are as before: change them in place; `w = w + m` makes a new array that nobody sees",
            lambda w, g, m, learning_rate, momentum: None,
        ),
        Mistake(
            "only m was changed: w must be changed in place too, `w += m`",
            _sgd_with(lambda w, g, m, lr, momentum: (w, momentum * m - lr * g)),
        ),
        Mistake(
            "only w was changed: m must be changed in place too, or the momentum is lost",
            _sgd_with(lambda w, g, m, lr, momentum: (w + momentum * m - lr * g, m)),
        ),
        Mistake(
            "w goes up the gradient: the step is m = momentum * m - learning_rate * g",
            _sgd_with(lambda w, g, m, lr, momentum: (w + momentum * m + lr * g, momentum * m + lr * g)),
        ),
        Mistake(
            "that is PyTorch's form, m = momentum * m + g and w -= learning_rate * m: here m is the step itself",
            _sgd_with(lambda w, g, m, lr, momentum: (w - lr * (momentum * m + g), momentum * m + g)),
        ),
        Mistake(
            "that is a step without momentum, and m is as before: change m in place, then w += m",
            _sgd_with(lambda w, g, m, lr, momentum: (w - lr * g, m)),
        ),
        Mistake("the momentum is left out", _sgd_with(lambda w, g, m, lr, momentum: (w - lr * g, -lr * g))),
        Mistake(
            "the gradient is weighed with 1 - momentum: that is Adam's mean; here it counts in full",
            _sgd_with(
                lambda w, g, m, lr, momentum: (
                    w + momentum * m - (1 - momentum) * lr * g,
                    momentum * m - (1 - momentum) * lr * g,
                )
            ),
        ),
        Mistake(
            "w moves by the old m: compute m first, then w += m",
            _sgd_with(lambda w, g, m, lr, momentum: (w + m, momentum * m - lr * g)),
        ),
        Mistake(
            "w looks ahead along the momentum: that is Nesterov's step, w += momentum * m - learning_rate * g",
            _sgd_with(
                lambda w, g, m, lr, momentum: (w + momentum * (momentum * m - lr * g) - lr * g, momentum * m - lr * g)
            ),
        ),
    ),
    changes=("w", "m"),
    fast=lambda w, g, m, learning_rate, momentum: kernels.sgd_step(w, g, m, learning_rate, momentum, False),
    large=lambda: {
        **{name: np.ones(200_000, np.float32) for name in ("w", "g", "m")},
        **{"learning_rate": 0.01, "momentum": 0.9},
    },
)

# ---- Adam -----------------------------------------------------------------------------------------------------------

ADAM_SETTINGS = {"learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}


def _adam_case(draw: Draw) -> Arguments:
    shape = draw.one_of((1,), (2,), (2, 3))
    w, g, m, v = (draw.array(*shape) for _ in range(4))
    how = draw.one_of(ADAM_SETTINGS, {"learning_rate": 0.5, "beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.25})
    t = draw.one_of(1, 1, 2, 3, 10)
    return {"w": w, "g": g, "m": 0 * m if t == 1 else m, "v": 0 * v if t == 1 else v * v, "t": t, **how}


def _rate(t: int, learning_rate: float, beta_1: float, beta_2: float) -> float:
    return learning_rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)


def _adam(
    w: Array, g: Array, m: Array, v: Array, t: int, learning_rate: float, beta_1: float, beta_2: float, epsilon: float
) -> None:
    reference.adam_step(w, g, m, v, _rate(t, learning_rate, beta_1, beta_2), beta_1, beta_2, epsilon)


def _adam_fast(
    w: Array, g: Array, m: Array, v: Array, t: int, learning_rate: float, beta_1: float, beta_2: float, epsilon: float
) -> None:
    kernels.adam_step(w, g, m, v, _rate(t, learning_rate, beta_1, beta_2), beta_1, beta_2, epsilon)


def _adam_with(step: Any = None, square: Any = np.square, rate: Any = _rate):
    """Make the mistake of another step: step(m, v, rate, epsilon) is taken off w; or of another square, or rate."""

    def wrong(
        w: Array,
        g: Array,
        m: Array,
        v: Array,
        t: int,
        learning_rate: float,
        beta_1: float,
        beta_2: float,
        epsilon: float,
    ):
        m += (g - m) * (1 - beta_1)
        v += (square(g) - v) * (1 - beta_2)
        own = rate(t, learning_rate, beta_1, beta_2)
        w -= own * m / (np.sqrt(v) + epsilon) if step is None else step(m, v, own, epsilon)

    return wrong


def _adam_swapped(
    w: Array, g: Array, m: Array, v: Array, t: int, learning_rate: float, beta_1: float, beta_2: float, epsilon: float
):
    _adam(w, g, m, v, t, learning_rate, beta_2, beta_1, epsilon)


def _adam_corrected(
    w: Array, g: Array, m: Array, v: Array, t: int, learning_rate: float, beta_1: float, beta_2: float, epsilon: float
):
    m += (g - m) * (1 - beta_1)
    v += (g * g - v) * (1 - beta_2)
    w -= learning_rate * m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)


def _adam_stored(
    w: Array, g: Array, m: Array, v: Array, t: int, learning_rate: float, beta_1: float, beta_2: float, epsilon: float
):
    _adam(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon)
    m /= 1 - beta_1**t
    v /= 1 - beta_2**t


def _adam_weights(
    w: Array, g: Array, m: Array, v: Array, t: int, learning_rate: float, beta_1: float, beta_2: float, epsilon: float
):
    reference.adam_step(w, g, m, v, _rate(t, learning_rate, beta_1, beta_2), 1 - beta_1, 1 - beta_2, epsilon)


def _adam_full(
    w: Array, g: Array, m: Array, v: Array, t: int, learning_rate: float, beta_1: float, beta_2: float, epsilon: float
):
    m[...] = beta_1 * m + g
    v += (g * g - v) * (1 - beta_2)
    w -= _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon)


def _adam_late(
    w: Array, g: Array, m: Array, v: Array, t: int, learning_rate: float, beta_1: float, beta_2: float, epsilon: float
):
    old = _rate(t, learning_rate, beta_1, beta_2) * m / (np.sqrt(v) + epsilon)
    before = w.copy()
    _adam(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon)
    w[...] = before - old


ADAM: Exercise = Exercise(
    "adam",
    "one step of Adam",
    """\
Each weight gets a step size of its own: the mean of its gradients, divided by
the root of the mean of their squares. Both means begin at 0, and so are too
small in the first steps; `rate` makes up for it.

    m    = m + (g - m) * (1 - beta_1)
    v    = v + (g*g - v) * (1 - beta_2)
    rate = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)
    w    = w - rate * m / (sqrt(v) + epsilon)

    w              any shape         the weights
    g              the shape of w    gradient of the loss at w
    m, v           the shape of w    the means; zeros at the beginning
    t              int               1 at the first step, then 2, 3, ...
    learning_rate, beta_1, beta_2, epsilon    float

Nothing is returned: change w, m and v themselves, in place.""",
    "adam_step(w, g, m, v, t, learning_rate, beta_1, beta_2, epsilon)",
    (),
    _adam,
    {
        "w": np.array([1.0, 2.0]),
        "g": np.array([4.0, -4.0]),
        "m": np.zeros(2),
        "v": np.zeros(2),
        "t": 1,
        **{"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.75, "epsilon": 2.0},  # so that no root needs a calculator
    },
    lambda: drawn(_adam_case, 60),
    (
        Mistake(
            "w, m and v are as before: change them in place; `w = w - ...` makes a new array that nobody sees",
            lambda w, g, m, v, *how: None,
        ),
        Mistake(
            "m and v are as before: change them in place too, or each step begins anew",
            lambda w, g, m, v, *how: _adam(w, g, m.copy(), v.copy(), *how),
        ),
        Mistake(
            "the means are not corrected: they begin at 0, `rate` makes up for it",
            _adam_with(rate=lambda t, learning_rate, *betas: learning_rate),
        ),
        Mistake("v is the mean of the gradients, not of their squares: g * g", _adam_with(square=lambda g: g)),
        Mistake(
            "the root is missing: divide by sqrt(v) + epsilon",
            _adam_with(lambda m, v, rate, epsilon: rate * m / (v + epsilon)),
        ),
        Mistake(
            "epsilon is under the root: it is added to it, sqrt(v) + epsilon",
            _adam_with(lambda m, v, rate, epsilon: rate * m / np.sqrt(v + epsilon)),
        ),
        Mistake(
            "epsilon is added to the root of the corrected v, as in the paper's Algorithm 1: here it is added to "
            "sqrt(v), the paper's shorter form, and Keras's",
            _adam_corrected,
        ),
        Mistake("the corrected means are stored: keep m and v as they are, correct only the step", _adam_stored),
        Mistake("the old mean must weigh beta and the gradient 1 - beta, not the other way round", _adam_weights),
        Mistake("the gradient counts in full in m: it is weighed, (1 - beta_1) * g", _adam_full),
        Mistake("w steps before m and v are new: compute both means first", _adam_late),
        Mistake("beta_1 and beta_2 are exchanged: beta_1 belongs to m, beta_2 to v", _adam_swapped),
        Mistake(
            "w goes up the gradient: take the step off",
            _adam_with(lambda m, v, rate, epsilon: -rate * m / (np.sqrt(v) + epsilon)),
        ),
    ),
    changes=("w", "m", "v"),
    fast=_adam_fast,
    large=lambda: {**{name: np.ones(200_000, np.float32) for name in ("w", "g", "m", "v")}, "t": 1, **ADAM_SETTINGS},
)
