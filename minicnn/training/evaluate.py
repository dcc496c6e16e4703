"""evaluate: the loss and the metrics on examples, from which nothing is learned."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..arguments import integer
from ..callbacks import Callback, CallbackList, listed
from .batches import Data, as_batches
from .feed import Feed, checked, examples, length
from .model import TrainableModel
from .progress import progress_for
from .setup import Setup
from .step import compiled, judge
from .totals import Report, Results, Totals, report


def evaluate(
    model: TrainableModel,
    x: Data,
    y: Any = None,
    batch_size: int | None = None,
    verbose: int | str = 0,
    sample_weight: Any = None,
    steps: int | None = None,
    callbacks: Callback | Sequence[Callback] | None = None,
    return_dict: bool = False,
) -> Report:
    """Measure the loss and the metrics.

    Parameters
    ----------
    model : Model
        Compiled.
    x : array (N, ...), a list or dict of them for several inputs, or batches
        As in `fit`; an iterator will do.
    y : array of N labels, or a list or dict of them for several outputs, optional
        One-hot or integers, as the loss wants; None with batches.
    batch_size : int, optional
        Examples at a time; by default as many as let `steps` batches hold all, 32 without steps. The answer does not
        depend on it where the loss is a mean over examples.
    verbose : 0, 1, 2 or "auto"
        As in `fit`. (In Keras "auto" is the default.)
    sample_weight : array (N,), or a list or dict of them, optional
        How much each example counts.
    steps : int, optional
        How many batches are measured; all by default.
    callbacks : Callback or list of them, optional
        What happens between batches.
    return_dict : bool
        Return {name: value}.

    Returns
    -------
    loss : float, or [loss, metric, ...] where there are metrics, or a dict
        Means over all examples.

    Raises
    ------
    ValueError, TypeError
        Data that do not fit, are not finite, or labels that the loss cannot take.
    RuntimeError
        The model is not compiled.

    Notes
    -----
    Source: Keras 3 `Trainer.evaluate`.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1, activation="sigmoid")])
    >>> model.set_weights([[[0.0]], [0.0]])
    >>> model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    >>> loss, accuracy = evaluate(model, [[1.0], [2.0], [3.0], [4.0]], [[0], [1], [0], [0]])
    >>> round(loss, 4), accuracy  # log 2: every probability is 0.5, which is no yes
    (0.6931, 0.75)
    """
    setup = compiled(model, "evaluate")
    steps = None if steps is None else integer("steps", steps)
    batches = as_batches(model, x, y, batch_size, steps, sample_weight)
    count = steps or length(batches)
    with progress_for(verbose, count, 1) as show:
        called = CallbackList(listed(callbacks), model, {"epochs": 1, "steps": count, "verbose": show.kind})
        show.begin(0)
        results = measure(model, setup, some(batches, steps), called, show.step)
        show.end(0, results)
    return report(results, return_dict)


def some(batches: Any, steps: int | None) -> Iterator[Any]:
    """Go through batches once, or through so many of them; a warning says that there are fewer."""
    return Feed(batches, steps).epoch()


def measure(
    model: TrainableModel, setup: Setup, batches: Iterator[Any], called: CallbackList, show: Any = None
) -> Results:
    """Return the loss and the metrics over batches, by name; tell the callbacks of each."""
    totals = Totals(setup, model)
    called.tell("on_test_begin", {})
    for index, batch in enumerate(examples(model, batches)):
        called.tell("on_test_batch_begin", index, {})
        judge(model, setup, batch, totals)
        if called.callbacks or show:
            logs = totals.results()
            called.tell("on_test_batch_end", index, logs)
            if show:
                show(logs)
    totals.need_some()
    called.tell("on_test_end", totals.results())
    return totals.results()


def test_on_batch(
    model: TrainableModel, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
) -> Report:
    """Measure the loss and the metrics on one batch.

    Parameters
    ----------
    model : Model
        Compiled.
    x, y, sample_weight, return_dict
        As in `evaluate`.

    Returns
    -------
    loss : float, or [loss, metric, ...] where there are metrics, or a dict

    Notes
    -----
    Source: Keras 3 `Trainer.test_on_batch`.

    Examples
    --------
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1)])
    >>> model.set_weights([[[2.0]], [0.0]])
    >>> model.compile("sgd", "mse")
    >>> test_on_batch(model, [[1.0], [2.0]], [[2.0], [5.0]])
    0.5
    """
    setup = compiled(model, "test_on_batch")
    totals = Totals(setup, model)
    judge(model, setup, checked(model, x, y, sample_weight, 0), totals)
    return report(totals.results(), return_dict)
