"""The exercises about ReLU, softmax and cross-entropy."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import kernels, reference
from ...types import Array, IntArray
from .cases import Draw, by_size, drawn, quietly
from .exercise import Arguments, Exercise, Mistake, Nudge


def _rows(draw: Draw, classes: int = 1) -> tuple[int, int]:
    return draw.one_of(1, 1, 2, 3), classes + draw.one_of(1, 1, 2, 3)


def _large(*names: str):
    """Make a function that makes the case for the clock."""

    def make() -> Arguments:
        rng = np.random.default_rng(0)
        return {name: rng.normal(size=(200, 1000)).astype("float32") for name in names}

    return make


# ---- ReLU -----------------------------------------------------------------------------------------------------------

RELU: Exercise = Exercise(
    "relu",
    "ReLU: what is negative becomes 0",
    """\
The rectifier: numbers above 0 stay as they are, all others become 0.

    y = max(x, 0), elementwise: np.maximum does so

    x    any shape
    ->
    y    the shape and dtype of x

x itself stays as it is: others may still need it.""",
    "relu_forward(x)",
    ("y",),
    lambda x: reference.relu_forward(x),
    {"x": np.array([[-2.0, 1.0, 0.0], [3.0, -1.0, 5.0]])},
    lambda: drawn(lambda draw: {"x": draw.array(*draw.one_of((2,), (2, 3), (1, 2, 2, 2), draw.images()))}),
    (
        Mistake("the sign is dropped: that is abs(x)", np.abs),
        Mistake("it returns the mask, where x is above 0, not the numbers", lambda x: (x > 0).astype(x.dtype)),
        Mistake(
            "what is negative goes through, and what is positive does not", lambda x: np.minimum(x, x.dtype.type(0))
        ),
        Mistake("nothing is done: y is x", lambda x: x),
        Mistake("what is negative becomes 1% of it: that is leaky ReLU", lambda x: np.where(x > 0, x, x / 100)),
    ),
    fast=kernels.relu_forward,
    large=_large("x"),
)


def _relu_backward_case(draw: Draw) -> Arguments:
    shape = draw.one_of((2,), (2, 3), (1, 2, 2, 2), draw.images())
    return {"dy": draw.array(*shape), "y": np.maximum(draw.array(*shape), 0)}


RELU_BACKWARD: Exercise = Exercise(
    "relu_backward",
    "ReLU backward: the gradient passes where the output is above 0",
    """\
Where the output is above 0, y = x, and the gradient passes. Where it is 0,
nudging x changes nothing, and the gradient is 0; at x = 0 exactly, too.

    dx = dy  where y > 0,  else 0

    dy   any shape             gradient of the loss at y
    y    the shape of dy       what the forward returned
    ->
    dx   the shape and dtype of dy""",
    "relu_backward(dy, y)",
    ("dx",),
    lambda dy, y: reference.relu_backward(dy, y),
    {"dy": np.array([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]), "y": np.array([[0.0, 1.0, 0.0], [3.0, 0.0, 5.0]])},
    lambda: drawn(_relu_backward_case),
    (
        Mistake(
            "the gradient passes where y is 0: y >= 0 is true everywhere, ask for y > 0",
            lambda dy, y: np.where(y >= 0, dy, 0),
        ),
        Mistake(
            "the ReLU is taken of the gradient itself: its sign says nothing, y's does",
            lambda dy, y: np.maximum(dy, dy.dtype.type(0)),
        ),
        Mistake(
            "the slope is missing its dy: multiply by the gradient that comes in",
            lambda dy, y: (y > 0).astype(dy.dtype),
        ),
        Mistake("the gradient is multiplied by y: the slope is 1 where y is above 0", lambda dy, y: dy * y),
        Mistake(
            "the mask is upside down: the gradient passes where y > 0",
            lambda dy, y: np.where(y > 0, dy.dtype.type(0), dy),
        ),
    ),
    nudges=(
        Nudge(
            "dx",
            lambda case: np.where(case["y"] > 0, case["y"], -1).astype(np.float64),
            lambda case, x: float((np.maximum(x, 0) * case["dy"]).sum()),
        ),
    ),
    fast=kernels.relu_backward,
    large=_large("dy", "y"),
)

# ---- softmax --------------------------------------------------------------------------------------------------------

_EXTREME = [[[1000.0]], [[1000.0, 1001.0]], [[-1000.0, -1001.0]], [[0.0, 1.0], [2000.0, 2000.0]], [[1e4, 0.0, -1e4]]]


def _softmax_cases() -> list[Arguments]:
    extreme: list[Arguments] = [{"x": np.array(rows)} for rows in _EXTREME]
    return by_size([*extreme, *drawn(lambda draw: {"x": draw.array(*_rows(draw))})])


@quietly
def _unshifted(x: Array):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


@quietly
def _shifted_by_all(x: Array):
    e = np.exp(x - x.max())
    return e / e.sum(-1, keepdims=True)


SOFTMAX: Exercise = Exercise(
    "softmax",
    "softmax: rows of numbers become probabilities; nothing overflows",
    """\
A row of numbers (logits) becomes probabilities that sum to 1, row by row.

    y[n,k] = exp(x[n,k]) / sum over j of exp(x[n,j])

exp(1000) is too large for any float. Subtract from each row its largest number
first: that cancels in the quotient, and no exponential is larger than 1.

    x    (N, K)    logits of any size, 1e4 too
    ->
    y    (N, K), the dtype of x""",
    "softmax_forward(x)",
    ("y",),
    lambda x: reference.softmax_forward(x),
    {"x": np.array([[2.0, 1.0, -1.0]])},
    _softmax_cases,
    (
        Mistake("the maximum is not subtracted: exp overflows, and inf / inf is nan", _unshifted),
        Mistake("the maximum of all rows is subtracted: take each row's own, axis=-1, keepdims=True", _shifted_by_all),
        Mistake(
            "all rows are summed together: sum along each row, axis=-1, keepdims=True",
            quietly(lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum()),
        ),
        Mistake(
            "columns are summed in place of rows: axis=-1",
            quietly(lambda x: np.exp(x - x.max(0)) / np.exp(x - x.max(0)).sum(0)),
        ),
        *(
            Mistake("axis without keepdims=True makes a row of N numbers, which are taken as columns", quietly(wrong))
            for wrong in (
                lambda x: np.exp(x - x.max(-1)) / np.exp(x - x.max(-1)).sum(-1),
                lambda x: np.exp(x - x.max(-1)) / np.exp(x - x.max(-1)).sum(-1, keepdims=True),
                lambda x: np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1),
            )
        ),
        Mistake(
            "the exponentials are not divided by their sum", quietly(lambda x: np.exp(x - x.max(-1, keepdims=True)))
        ),
        Mistake(
            "each number becomes a sigmoid by itself: the outputs of a softmax sum to 1",
            quietly(lambda x: reference.sigmoid_forward(x)),
        ),
    ),
    fast=kernels.softmax_forward,
    large=_large("x"),
)

# ---- cross-entropy --------------------------------------------------------------------------------------------------


def _crossentropy(logits: Array, labels: IntArray) -> tuple[float, Array]:
    shifted = logits.astype(np.float64) - logits.max(-1, keepdims=True)
    rows = np.arange(len(labels))
    loss = np.log(np.exp(shifted).sum(-1)) - shifted[rows, labels]
    p = reference.softmax_forward(logits.astype(np.float64))
    p[rows, labels] -= 1
    return float(loss.mean()), (p / len(labels)).astype(logits.dtype)


def _crossentropy_with(loss: Any = lambda each: each.mean(), gradient: Any = lambda right, labels: right):
    """Make the mistake of another mean, or of another gradient."""

    def wrong(logits: Array, labels: IntArray):
        each = np.array([_crossentropy(logits[n : n + 1], labels[n : n + 1])[0] for n in range(len(labels))])
        return loss(each), gradient(_crossentropy(logits, labels)[1], labels)

    return wrong


def _truth_added(right: Array, labels: IntArray):
    wrong = right.copy()
    wrong[np.arange(len(labels)), labels] += right.dtype.type(1 / len(labels))
    return wrong


@quietly
def _log_of_softmax(logits: Array, labels: IntArray):
    p = reference.softmax_forward(logits)
    return float(-np.log(p[np.arange(len(labels)), labels]).mean()), _crossentropy(logits, labels)[1]


@quietly
def _overflowing(logits: Array, labels: IntArray):
    p, rows = _unshifted(logits), np.arange(len(labels))
    loss = float(-np.log(p[rows, labels]).mean())
    p[rows, labels] -= 1
    return loss, p / len(labels)


def _clipped(logits: Array, labels: IntArray):
    p = np.clip(reference.softmax_forward(logits.astype(np.float64)), 1e-7, 1 - 1e-7)
    return float(-np.log(p[np.arange(len(labels)), labels]).mean()), _crossentropy(logits, labels)[1]


def _overflowing_log(gradient: Callable[..., Array]):
    """Make the mistake of typing the loss as the formula stands; gradient(logits, labels) is the other result."""

    @quietly
    def wrong(logits: Array, labels: IntArray):
        each = np.log(np.exp(logits).sum(-1)) - logits[np.arange(len(labels)), labels]
        return float(each.mean()), gradient(logits, labels)

    return wrong


def _crossentropy_case(draw: Draw) -> Arguments:
    n, k = _rows(draw)
    return {"logits": draw.array(n, k), "labels": draw.rng.integers(0, k, n)}


def _crossentropy_cases() -> list[Arguments]:
    extreme: list[Arguments] = [
        {"logits": np.array([[0.0, 1000.0]]), "labels": np.array([0])},
        {"logits": np.array([[0.0, 1000.0]]), "labels": np.array([1])},
        {"logits": np.array([[1e4, -1e4, 0.0], [0.0, 1.0, 2.0]]), "labels": np.array([1, 2])},
    ]
    return by_size([*extreme, *drawn(_crossentropy_case)])


CROSSENTROPY: Exercise = Exercise(
    "crossentropy",
    "cross-entropy from logits: the loss and its gradient",
    """\
How surprised the net is by the truth: -log of the probability that it gave to
the true class, averaged over the batch. Taken from the logits, so that a
probability that would round to 0 makes no infinity:

    loss of row n = log(sum over j of exp(z[n,j])) - z[n, labels[n]]
    loss          = their mean over the N rows

    dz[n,k] = (p[n,k] - t[n,k]) / N,   p = softmax(z),
              t[n,k] = 1 where k = labels[n], else 0

    logits  (N, K)    z, of any size, 1e4 too
    labels  (N,)      int, the true class of each row, 0 to K - 1
    ->
    loss    float
    dz      (N, K), the dtype of logits

log(sum exp(z)) = m + log(sum exp(z - m)), with m the row's largest number.""",
    "crossentropy(logits, labels)",
    ("loss", "dz"),
    _crossentropy,
    {"logits": np.array([[2.0, 1.0, -1.0]]), "labels": np.array([1])},
    _crossentropy_cases,
    (
        Mistake(
            "the maximum is not subtracted: exp overflows; log(sum exp z) = m + log(sum exp(z - m))",
            _overflowing,
        ),
        *(
            Mistake(
                "the maximum is not subtracted: exp overflows; log(sum exp z) = m + log(sum exp(z - m))",
                _overflowing_log(gradient),
            )
            for gradient in (lambda *case: _overflowing(*case)[1], lambda *case: _crossentropy(*case)[1])
        ),
        Mistake(
            "the loss is the log of a softmax that rounds to 0, so it becomes infinite: take it from the logits",
            _log_of_softmax,
        ),
        Mistake(
            "probabilities are cut off, at 1e-7 or so, and large losses with them: take the loss from the logits",
            _clipped,
        ),
        Mistake("the loss is the sum over the batch: it must be the mean", _crossentropy_with(lambda each: each.sum())),
        Mistake(
            "the gradient is not divided by N, but the loss is a mean over N rows",
            _crossentropy_with(gradient=lambda right, labels: right * right.dtype.type(len(labels))),
        ),
        Mistake(
            "neither loss nor gradient is divided by N: both belong to the mean",
            _crossentropy_with(lambda each: each.sum(), lambda right, labels: right * right.dtype.type(len(labels))),
        ),
        Mistake(
            "the gradient is p / N: take 1 off at the true class before you divide",
            _crossentropy_with(gradient=_truth_added),
        ),
        Mistake(
            "the gradient has the wrong sign: it is p - t, not t - p",
            _crossentropy_with(gradient=lambda right, labels: -right),
        ),
        Mistake("the loss has the wrong sign: -log p is never negative", _crossentropy_with(lambda each: -each.mean())),
        Mistake(
            "the logarithm has base 2: take the natural one, np.log",
            _crossentropy_with(lambda each: each.mean() / np.log(2)),
        ),
        Mistake("the loss is that of each row: return their mean, one number", _crossentropy_with(lambda each: each)),
    ),
    nudges=(
        Nudge(
            "dz",
            lambda case: case["logits"].astype(np.float64),
            lambda case, z: _crossentropy(z, case["labels"])[0],
        ),
    ),
    large=lambda: {
        "logits": np.random.default_rng(0).normal(size=(200, 100)).astype("float32"),
        "labels": np.arange(200) % 100,
    },
)
