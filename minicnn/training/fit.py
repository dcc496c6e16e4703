"""fit: epochs of steps, with what is shown and called between them."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from .. import arguments, kernels
from ..arguments import boolean, integer, number
from ..callbacks import Callback, CallbackList, History, listed
from .array_batches import ArrayBatches
from .batches import Data, as_batches, as_validation, need_repeatable
from .feed import Feed, examples, length
from .model import TrainableModel
from .progress import Silent, progress_for
from .setup import Setup
from .step import ONE_KIND_OF_WEIGHTS, compiled, step
from .totals import Results, Totals
from .validation import Validation

Callbacks = Callback | Sequence[Callback] | None  # as users hand them over
BELOW_1 = 1 - 1e-16  # the largest share of the examples to validate with


def fit(
    model: TrainableModel,
    x: Data,
    y: Any = None,
    *,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Callbacks = None,
    validation_split: float = 0.0,
    validation_data: Data | None = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int | None = None,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int | Sequence[int] = 1,
    seed: int | None = None,
) -> History:
    """Train for some epochs.

    The model counts the epochs that it has trained, over all calls: the order of the examples in its e-th depends on
    the seed and on e alone, so that a loop of calls shuffles like one call. With `steps_per_epoch` an epoch goes on in
    the order where the one before ended, and each call begins with an order of its own.

    Parameters
    ----------
    model : Model
        Compiled; its parameters change in place.
    x : array (N, ...), a list or dict of them for several inputs, or batches
        Batches: an object that gives (x, y) or (x, y, weights) each time it is iterated over, or one with `__len__` and
        `__getitem__`, like Keras's PyDataset, of which on_epoch_begin and on_epoch_end are called. An iterator will do
        for one epoch, or with `steps_per_epoch`.
    y : array of N labels, or a list or dict of them for several outputs, optional
        One-hot or integers, as the loss wants; None with batches.
    batch_size : int, optional
        Examples in a step; the last step of an epoch may have fewer. By default as many as let `steps_per_epoch` steps
        see all, 32 without it. Batches bring their own.
    epochs : int
        The number after the last epoch's.
    verbose : 0, 1, 2 or "auto"
        Silent, a progress bar, a line an epoch, or what suits the output.
    callbacks : Callback or list of them, optional
        What happens between epochs and batches: see `minicnn.callbacks`.
    validation_split : float in [0, 1)
        What share of arrays, their last examples, is validated with and not learned from; nothing where
        validation_data are given.
    validation_data : (x, y), (x, y, weights) or batches, optional
        Measured after each epoch as val_loss, val_accuracy, ...
    shuffle : bool
        Draw a new order for each time that the examples are gone through (batches bring their own).
    class_weight : dict, optional
        Class -> how much its examples count; 1 for those that it lacks.
    sample_weight : array (N,), or a list or dict of them, optional
        How much each example counts.
    initial_epoch : int, optional
        The number of the first epoch, to go on after an interruption: the model counts on from it. Without it epochs
        are numbered from 0, as in Keras, and the model's own count goes on.
    steps_per_epoch : int, optional
        Batches in an epoch; the next one goes on where it ends, from the beginning where that was the end. All batches
        by default.
    validation_steps : int, optional
        How many batches are validated with; all by default.
    validation_batch_size : int, optional
        By default batch_size; without both, as many as let `validation_steps` see all.
    validation_freq : int or list of int
        Validate after every so many epochs, or after these, counted from 1.
    seed : int, optional
        Of the order; by default the model's.

    Returns
    -------
    history : History
        `.history`: name -> a value an epoch.

    Raises
    ------
    ValueError, TypeError
        Data that do not fit, are not finite, or labels that the loss cannot take.
    RuntimeError
        The model is not compiled.

    Notes
    -----
    Source: Keras 3 `Trainer.fit`.

    Examples
    --------
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1, use_bias=False)], seed=0)
    >>> model.compile(SGD(0.1), "mse")
    >>> history = fit(model, [[1.0], [2.0]], [[3.0], [6.0]], epochs=40, verbose=0)
    >>> len(history.history["loss"]), model.params["dense/kernel"].round(2).tolist()  # y = 3 x
    (40, [[3.0]])
    """
    setup = compiled(model, "fit")
    _name_penalties(model)
    if class_weight is not None and sample_weight is not None:
        raise ValueError(f"{ONE_KIND_OF_WEIGHTS} Received: both.")
    first = 0 if initial_epoch is None else integer("initial_epoch", initial_epoch, 0)
    steps = None if steps_per_epoch is None else integer("steps_per_epoch", steps_per_epoch)
    order = boolean("shuffle", shuffle), model.seed if seed is None else arguments.seed("seed", seed)
    share = 0.0
    if validation_split and validation_data is None:
        share = number("validation_split", validation_split, 0, BELOW_1)
    batches = as_batches(model, x, y, batch_size, steps, sample_weight, *order)
    validation = Validation(validation_batch_size or batch_size, validation_steps, validation_freq)
    if integer("epochs", epochs) - first != 1 and steps is None and not isinstance(batches, ArrayBatches):
        need_repeatable(batches)
    if share:
        kept, targets, weights = validation.hold_out(batches, share)
        batches = ArrayBatches(kept, targets, batch_size, *order, weights, steps)
    else:
        validation.take(as_validation(model, validation_data, validation.batch_size, validation_steps))
    history = History()
    show = progress_for(verbose, steps or length(batches), epochs)
    names = validation.names(Totals(setup, model).names, range(first, epochs))
    params = {"epochs": epochs, "steps": show.total, "verbose": show.kind, "metrics": names}
    called = CallbackList([*listed(callbacks), history], model, params)
    model.stop_training = False
    before = model.epochs if initial_epoch is None else 0
    logs: Results = {}
    called.tell("on_train_begin", {})
    if (found := called.initial_epoch(first)) > first:  # a callback goes on, and knows how long the model was trained
        first, before = found, model.epochs - found
    feed = Feed(batches, steps, before + first)
    try:
        with show, kernels.workspace():
            for epoch in range(first, epochs):
                called.tell("on_epoch_begin", epoch, {})
                show.begin(epoch)
                logs = _learn(model, setup, feed, class_weight, called, show)
                if validation.due(epoch):
                    show.validating()
                    logs |= validation.measure(model, setup, called)
                show.end(epoch, logs)
                model.epochs = before + epoch + 1
                called.tell("on_epoch_end", epoch, logs)
                if model.stop_training:
                    break
    finally:
        model.forget()
        called.tell("on_train_end", logs)
    return history


def _learn(
    model: TrainableModel,
    setup: Setup,
    feed: Feed,
    class_weight: Mapping[int, float] | None,
    called: CallbackList,
    show: Silent,
) -> Results:
    """Do one epoch's steps, or those until a callback asks for the end; return the means over its examples."""
    totals = Totals(setup, model)
    for index, batch in enumerate(examples(model, feed.epoch())):
        called.tell("on_train_batch_begin", index, {})
        step(model, setup, batch, class_weight, totals)
        logs = totals.results()
        show.step(logs)
        called.tell("on_train_batch_end", index, logs)
        if model.stop_training:
            break
    totals.need_some()
    return totals.results()


def _name_penalties(model: TrainableModel) -> None:
    """Warn of regularizers and constraints of a file that are not known here: training goes on without them."""
    found = [f"{key} of layer '{layer.name}'" for _, layer in model.leaves() for key in layer.unknown_settings()]
    if found:
        warnings.warn(f"Training goes on without {', '.join(found)}, which the model's file asks for.", stacklevel=4)
