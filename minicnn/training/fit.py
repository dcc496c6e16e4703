"""fit: epochs of steps, with what is shown and called between them."""

import warnings
from collections.abc import Mapping, Sequence

from .. import arguments, kernels
from ..arguments import boolean, integer
from ..callbacks import Callback, CallbackList, History, listed
from ..types import ArrayLike
from .batches import Batches, Data, as_batches, as_validation, pairs, set_epoch
from .evaluate import measure
from .model import TrainableModel
from .progress import Silent, progress_for
from .setup import Setup
from .step import compiled, step
from .totals import Results, Totals

Callbacks = Callback | Sequence[Callback] | None  # as users hand them over


def fit(
    model: TrainableModel,
    x: Data,
    y: ArrayLike | None = None,
    *,
    batch_size: int = 32,
    epochs: int = 1,
    validation_data: Data | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    class_weight: Mapping[int, float] | None = None,
    callbacks: Callbacks = None,
    verbose: int | str = "auto",
    initial_epoch: int | None = None,
) -> History:
    """Train for some epochs.

    The model counts the epochs that it has trained, over all calls: the order of the examples in its e-th depends on
    the seed and on e alone, so that a loop of calls shuffles like one call.

    Parameters
    ----------
    model : Model
        Compiled; its parameters change in place.
    x : array (N, ...), a list of them for several inputs, or batches
        Batches: an object that gives (x, y) pairs each time it is iterated over, or one with `__len__` and
        `__getitem__`, like Keras's PyDataset, of which on_epoch_begin and on_epoch_end are called.
    y : array of N labels, optional
        One-hot or integers, as the loss wants; None with batches.
    batch_size : int
        Examples in a step; the last step of an epoch may have fewer.
    epochs : int
        The number after the last epoch's.
    validation_data : (x, y) or batches, optional
        Measured after each epoch as val_loss, val_accuracy, ...
    shuffle : bool
        Draw a new order each epoch (batches bring their own).
    seed : int, optional
        Of the order; by default the model's.
    class_weight : dict, optional
        Class -> how much its examples count; 1 for those that it lacks.
    callbacks : Callback or list of them, optional
        What happens between epochs and batches: see `minicnn.callbacks`.
    verbose : 0, 1, 2 or "auto"
        Silent, a progress bar, a line an epoch, or what suits the output.
    initial_epoch : int, optional
        The number of the first epoch, to go on after an interruption: the model counts on from it. Without it epochs
        are numbered from 0, as in Keras, and the model's own count goes on.

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
    batches = as_batches(
        x, y, batch_size, boolean("shuffle", shuffle), model.seed if seed is None else arguments.seed("seed", seed)
    )
    validation = as_validation(validation_data, batch_size)
    history = History()
    show = progress_for(verbose, batches, integer("epochs", epochs))
    params = {"epochs": epochs, "steps": show.total, "verbose": show.kind}
    called = CallbackList([*listed(callbacks), history], model, params)
    model.stop_training = False
    first = 0 if initial_epoch is None else integer("initial_epoch", initial_epoch, 0)
    before = model.epochs if initial_epoch is None else 0
    logs: Results = {}
    called.tell("on_train_begin", {})
    if (found := called.initial_epoch(first)) > first:  # a callback goes on, and knows how long the model was trained
        first, before = found, model.epochs - found
    try:
        with show, kernels.workspace():
            for epoch in range(first, epochs):
                called.tell("on_epoch_begin", epoch, {})
                set_epoch(batches, before + epoch)
                show.begin(epoch)
                logs = _learn(model, setup, batches, class_weight, called, show)
                if validation is not None:
                    show.validating()
                    measured = measure(model, setup, validation, called)
                    logs |= {f"val_{name}": value for name, value in measured.items()}
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
    batches: Batches,
    class_weight: Mapping[int, float] | None,
    called: CallbackList,
    show: Silent,
) -> Results:
    """Do one epoch's steps, or those until a callback asks for the end; return the means over its examples."""
    totals = Totals(setup)
    for index, (x, y) in enumerate(pairs(batches, model.dtype or "float32")):
        called.tell("on_train_batch_begin", index, {})
        step(model, setup, x, y, class_weight, totals)
        logs = totals.results()
        show.step(logs)
        called.tell("on_train_batch_end", index, logs)
        if model.stop_training:
            break
    totals.need_some()
    return totals.results()


def _name_penalties(model: TrainableModel) -> None:
    """Warn of regularizers and constraints that a file holds: training here goes on without them."""
    found = [
        f"{key} of layer '{layer.name}'"
        for _, layer in model.leaves()
        for key, value in layer.kept_settings.items()
        if value and not key.endswith("_initializer")
    ]
    if found:
        warnings.warn(f"Training goes on without {', '.join(found)}, which the model's file asks for.", stacklevel=4)
