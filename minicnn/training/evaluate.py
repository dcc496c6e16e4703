"""evaluate: the loss and the metrics on examples, from which nothing is learned."""

from ..callbacks import CallbackList
from ..types import ArrayLike
from .batches import Batches, Data, as_batches, pairs
from .model import TrainableModel
from .setup import Setup
from .step import compiled, judge
from .totals import Report, Results, Totals, report


def evaluate(
    model: TrainableModel, x: Data, y: ArrayLike | None = None, batch_size: int = 32, return_dict: bool = False
) -> Report:
    """Measure the loss and the metrics.

    Parameters
    ----------
    model : Model
        Compiled.
    x : array (N, ...), a list of them for several inputs, or batches
        As in `fit`.
    y : array of N labels, optional
        One-hot or integers, as the loss wants; None with batches.
    batch_size : int
        Examples at a time; the answer does not depend on it.
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
    batches = as_batches(x, y, batch_size, False, None)
    return report(measure(model, setup, batches, CallbackList([], model)), return_dict)


def measure(model: TrainableModel, setup: Setup, batches: Batches, called: CallbackList) -> Results:
    """Return the loss and the metrics over all batches, by name; tell the callbacks of each."""
    totals = Totals(setup)
    called.tell("on_test_begin", {})
    for index, (x, y) in enumerate(pairs(batches, model.dtype or "float32")):
        called.tell("on_test_batch_begin", index, {})
        judge(model, setup, x, y, totals)
        if called.callbacks:
            called.tell("on_test_batch_end", index, totals.results())
    totals.need_some()
    called.tell("on_test_end", totals.results())
    return totals.results()
