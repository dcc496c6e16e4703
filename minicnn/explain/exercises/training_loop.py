"""The exercise of the loop that trains: batches, losses, gradients, steps."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import reference
from ...types import Array, IntArray
from .activations import CROSSENTROPY
from .cases import Draw, drawn
from .exercise import Arguments, Exercise, Mistake


def _train(
    x: Array, labels: IntArray, kernel: Array, bias: Array, learning_rate: float, batch_size: int, epochs: int
) -> list[float]:
    return _loop(x, labels, kernel, bias, learning_rate, batch_size, epochs)


def _loop(
    x: Array,
    labels: IntArray,
    kernel: Array,
    bias: Array,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    **wrong: Any,
) -> list[float]:
    """Train; `wrong` makes mistakes: which batches, how steps are taken, and what is told."""
    losses: list[float] = []
    dkernel, dbias = np.zeros_like(kernel), np.zeros_like(bias)
    for _ in range(epochs):
        dkernel, dbias = wrong.get("anew", 1) * dkernel, wrong.get("anew", 1) * dbias
        for first in wrong.get("firsts", range)(0, len(x), batch_size):
            rows, truth = x[first : first + batch_size], labels[first : first + batch_size]
            loss, dz = CROSSENTROPY.solution(reference.dense_forward(rows, kernel, bias), truth)
            kept = wrong.get("kept", 0)
            dkernel = kept * dkernel + reference.dense_backward_kernel(dz, rows) * wrong.get("factor", lambda n: 1)(
                len(rows)
            )
            dbias = kept * dbias + reference.bias_backward(dz) * wrong.get("factor", lambda n: 1)(len(rows))
            losses.append(loss)
            kernel -= learning_rate * wrong.get("sign", 1) * dkernel
            bias -= learning_rate * wrong.get("sign", 1) * wrong.get("bias_share", 1) * dbias
            if wrong.get("after"):
                losses[-1] = CROSSENTROPY.solution(reference.dense_forward(rows, kernel, bias), truth)[0]
    return losses


def _loop_with(**wrong: Any) -> Callable[..., list[float]]:
    return lambda *case: _loop(*case, **wrong)


def _whole(first: int, count: int, batch_size: int) -> range:
    return range(first, count - batch_size + 1, batch_size)


def _rebound(*which: int) -> Callable[..., list[float]]:
    """Make the mistake of training copies of some arguments."""
    return lambda *case: _loop(*(value.copy() if i in which else value for i, value in enumerate(case)))


def _loop_once(
    x: Array, labels: IntArray, kernel: Array, bias: Array, learning_rate: float, batch_size: int, epochs: int
):
    return _loop(x, labels, kernel, bias, learning_rate, batch_size, 1)


def _loop_at_once(
    x: Array, labels: IntArray, kernel: Array, bias: Array, learning_rate: float, batch_size: int, epochs: int
):
    return _loop(x, labels, kernel, bias, learning_rate, len(x), epochs)


def _loop_case(draw: Draw) -> Arguments:
    n, d, k = draw.one_of(1, 2, 3, 5), draw.one_of(1, 2, 3), draw.one_of(2, 3)
    how = {"learning_rate": draw.one_of(0.5, 0.1), "batch_size": draw.one_of(1, 2, 3), "epochs": draw.one_of(1, 2, 3)}
    arrays = {"x": draw.array(n, d), "labels": draw.rng.integers(0, k, n)}
    return arrays | {"kernel": draw.array(d, k), "bias": draw.array(k)} | how


LOOP: Exercise = Exercise(
    "loop",
    "a training loop: batches, losses, gradients, steps",
    """\
The smallest net that learns: one dense layer and a cross-entropy. Go through
the examples in batches, in the order in which they stand, as often as `epochs`
says. For each batch: compute the outputs, the loss, the gradients; then step.

    for each epoch, for each batch of rows (the last one may be smaller):
        z          = rows @ kernel + bias
        loss, dz   = crossentropy(z, the batch's labels)      (its mean)
        kernel    -= learning_rate * rows.T @ dz
        bias      -= learning_rate * sum of dz over the rows

`-=` changes the arrays themselves, in place; `kernel = kernel - ...` would make
a new one that nobody sees.

    x              (N, D)    examples
    labels         (N,)      int, their classes, 0 to K - 1
    kernel, bias   (D, K), (K,)    to be trained, in place
    learning_rate  float
    batch_size     int
    epochs         int
    ->
    losses         a list of floats, one for each step, taken before the step

You may use your own functions: from crossentropy import crossentropy""",
    "train(x, labels, kernel, bias, learning_rate, batch_size, epochs)",
    ("losses",),
    _train,
    {
        "x": np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]]),
        "labels": np.array([0, 1, 0]),
        "kernel": np.zeros((2, 2)),
        "bias": np.zeros(2),
        **{"learning_rate": 0.5, "batch_size": 2, "epochs": 2},
    },
    lambda: drawn(_loop_case, 60),
    (
        *(
            Mistake(
                f"{what}: change them in place, `-=`; `kernel = kernel - ...` makes a new array that nobody sees",
                _rebound(*which),
            )
            for what, which in (
                ("kernel and bias are as before", (2, 3)),
                ("the kernel is as before", (2,)),
                ("the bias is as before", (3,)),
            )
        ),
        Mistake("the last batch is left out where it is smaller than the others", _loop_with(firsts=_whole)),
        Mistake(
            "there is one step an epoch: step after every batch",
            _loop_at_once,
        ),
        Mistake("there is one epoch only: go through the examples `epochs` times", _loop_once),
        *(
            Mistake("gradients of earlier batches are added in: begin each batch with new ones", _loop_with(**how))
            for how in ({"kept": 1}, {"kept": 1, "anew": 0})
        ),
        Mistake("the steps go up the gradient: take them off", _loop_with(sign=-1)),
        Mistake(
            "the gradient is summed over the batch, but the loss is its mean: divide by the rows of this batch",
            _loop_with(factor=lambda n: n),
        ),
        Mistake("the loss is taken after the step: it must be what the gradient belongs to", _loop_with(after=True)),
        Mistake("the bias is never trained", _loop_with(bias_share=0)),
        Mistake(
            "it is always the same batch: rows first to first + batch_size",
            _loop_with(firsts=lambda *how: [0] * len(range(*how))),
        ),
    ),
    changes=("kernel", "bias"),
    large=lambda: {
        "x": np.random.default_rng(0).normal(size=(200, 50)).astype("float32"),
        "labels": np.arange(200) % 10,
        **{"kernel": np.zeros((50, 10), np.float32), "bias": np.zeros(10, np.float32)},
        **{"learning_rate": 0.1, "batch_size": 20, "epochs": 1},
    },
)
