"""Training: batches in, smaller losses out.

One step: forward -> loss and its gradient -> backward -> the optimizer changes the parameters in place.
A model is known here only by forward, backward, params, grads and `setup`, which `compile` made.

Where a model ends in softmax or sigmoid, a cross-entropy takes the logits (see `losses`), and metrics what the model
makes of them.
"""

import warnings

import numpy as np

from .. import losses, optimizers
from .. import metrics as metrics_
from ..arguments import integer
from ..callbacks import CallbackList, History, listed
from ..kernels.machine import memory
from .batches import as_batches, as_validation, checked, inputs, is_data, pairs, set_epoch
from .class_weight import weights_of
from .progress import progress_for


class Setup:
    """How a model trains: optimizer, loss, metrics.

    Parameters
    ----------
    optimizer : Optimizer, "sgd" or "adam"
    loss : Loss, or its name: "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy",
        "mean_squared_error"
    metrics : list of str       "accuracy", in Keras's three meanings, or one of them by its own name
    """

    def __init__(self, optimizer, loss, metrics=()):
        self.optimizer = optimizers.get(optimizer)
        self.loss = losses.get(loss)
        if isinstance(metrics, str):
            raise TypeError(f"`metrics` must be a list: ['accuracy']. Received: metrics={metrics!r}.")
        self.metrics = {name: metrics_.get(name) for name in metrics or ()}
        self.workspace = memory.Workspace()  # for train_on_batch: one step's memory serves the next

    def advise(self, model):
        """Warn of what Keras does silently and what is rarely meant."""
        if self.loss.from_logits and self.loss.takes_logits(model):
            warnings.warn(
                f"The loss has from_logits=True, but the model ends in {model.activation}: the loss takes "
                f"the logits before it. Leave out one of the two.",
                stacklevel=3,
            )
        binary = self.loss.name == "binary_crossentropy" and self.loss.from_logits
        if binary and {"accuracy", "acc", "binary_accuracy"} & set(self.metrics):
            warnings.warn(
                "accuracy with BinaryCrossentropy(from_logits=True) counts logits above 0.5 as a yes, "
                "as in Keras; that is a probability of 0.62.",
                stacklevel=3,
            )

    def get_config(self):
        """Give the settings as Keras writes them into a model file."""

        def form(kind, thing):
            return {
                "module": f"keras.{kind}",
                "class_name": type(thing).__name__,
                "config": thing.get_config(),
                "registered_name": None,
            }

        return {
            "optimizer": form("optimizers", self.optimizer),
            "loss": form("losses", self.loss),
            "loss_weights": None,
            "metrics": list(self.metrics),
            "weighted_metrics": None,
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }

    @classmethod
    def from_config(cls, config):
        """Make a setup from what Keras writes; what changes the steps and is unknown here is refused by name."""
        return cls(
            optimizers.from_config(config["optimizer"]),
            losses.from_config(config["loss"]),
            metrics_.from_config(config.get("metrics")),
        )

    def arguments(self):
        """Give the arguments that make this setup again."""
        return {"optimizer": self.optimizer, "loss": self.loss, "metrics": list(self.metrics)}


def fit(
    model,
    x,
    y,
    batch_size,
    epochs,
    validation_data,
    shuffle,
    seed,
    class_weight,
    callbacks,
    verbose,
    initial_epoch=None,
):
    """Train for some epochs.

    The model counts the epochs that it has trained, over all calls: the order of the examples in its e-th depends on
    the seed and on e alone, so that a loop of calls shuffles like one call.

    Parameters
    ----------
    x : array (N, ...), or batches: an object that gives (x, y) pairs each time it is iterated over, or one with
        `__len__` and `__getitem__`, like Keras's PyDataset, of which on_epoch_begin and on_epoch_end are called
    y : array of N labels, one-hot or integers as the loss wants; None with batches
    batch_size, epochs : int, positive
    validation_data : (x, y) or batches, optional      measured after each epoch as val_loss, val_accuracy, ...
    shuffle : bool                  draw a new order each epoch (batches bring their own)
    seed : int, optional            of the order; by default the model's
    class_weight : dict, optional   class -> how much its examples count; 1 for those that it lacks
    callbacks : Callback or list of them, optional      see minicnn.callbacks
    verbose : 0, 1, 2 or "auto"     silent, a progress bar, a line an epoch, or what suits the output
    initial_epoch : int, optional   the number of the first epoch, to go on after an interruption: the model counts on
        from it. Without it epochs are numbered from 0, as in Keras, and the model's own count goes on

    Returns
    -------
    history : History       .history: name -> a value an epoch

    Raises
    ------
    ValueError, TypeError: data that do not fit, are not finite, or labels that the loss cannot take.
    """
    setup = _setup(model, "fit")
    _name_penalties(model)
    batches = as_batches(x, y, batch_size, shuffle, model.seed if seed is None else seed)
    validation = as_validation(validation_data, batch_size)
    history = History()
    called = CallbackList([*listed(callbacks), history], model)
    show = progress_for(verbose, batches, integer("epochs", epochs, 1))
    model.stop_training = False
    first = 0 if initial_epoch is None else integer("initial_epoch", initial_epoch, 0)
    before = model.epochs if initial_epoch is None else 0
    called.on_train_begin()
    try:
        with show, memory.workspace():
            for epoch in range(first, epochs):
                called.on_epoch_begin(epoch)
                set_epoch(batches, before + epoch)
                show.begin(epoch)
                totals = _totals(setup)
                for index, (bx, by) in enumerate(pairs(batches, model.dtype or "float32")):
                    _step(model, setup, bx, by, class_weight, totals)
                    logs = _results(totals)
                    show.step(logs)
                    called.on_train_batch_end(index, logs)
                    if model.stop_training:
                        break
                logs = _results(totals)
                if not totals["loss"].count:
                    raise ValueError("`x` must hold at least one example. Received: none.")
                if validation is not None:
                    show.validating()
                    logs |= {f"val_{name}": value for name, value in _measure(model, setup, validation).items()}
                show.end(epoch, logs)
                model.epochs = before + epoch + 1
                called.on_epoch_end(epoch, logs)
                if model.stop_training:
                    break
    finally:
        model.forget()
        called.on_train_end()
    return history


def train_on_batch(model, x, y, class_weight=None, return_dict=False):
    """Do one step on one batch.

    Returns
    -------
    loss : float, or [loss, metric, ...] where there are metrics, or a dict on request; of this batch, before the step
    """
    setup = _setup(model, "train_on_batch")
    totals = _totals(setup)
    x, y = checked(x, y, 0, model.dtype or "float32")
    try:
        with memory.workspace(setup.workspace):
            _step(model, setup, x, y, class_weight, totals)
    finally:
        model.forget()
    return _report(totals, return_dict)


def evaluate(model, x, y=None, batch_size=32, return_dict=False):
    """Measure the loss and the metrics.

    Returns
    -------
    loss : float, or [loss, metric, ...] where there are metrics, or a dict on request
    """
    results = _measure(model, _setup(model, "evaluate"), as_batches(x, y, batch_size, False, None))
    return results if return_dict else _flat(results)


def predict(model, x, batch_size=32):
    """Compute outputs batch by batch.

    Parameters
    ----------
    x : array (N, ...), a list of arrays for several inputs, or batches that give x or (x, y)

    Returns
    -------
    y : array (N, ...) (a list for several outputs)
    """
    if is_data(x):
        size = integer("batch_size", batch_size, 1)
        count = len(x[0] if isinstance(x, list) else x)
        starts = range(0, max(count, 1), size)
        parts = [[part[at : at + size] for part in x] if isinstance(x, list) else x[at : at + size] for at in starts]
    else:
        parts = inputs(x, len(model.inputs))
    results = [model.forward(part) for part in parts]
    if not results:
        raise ValueError("`x` must hold at least one batch. Received: none.")
    if len(results) == 1:
        return results[0]
    if isinstance(results[0], list):
        return [np.concatenate(outputs) for outputs in zip(*results, strict=True)]
    return np.concatenate(results)


def _name_penalties(model):
    """Warn of regularizers and constraints that a file holds: training here goes on without them."""
    layers = list(model.layers)
    for layer in layers:
        layers += getattr(layer, "layers", ())  # a model inside
    found = [
        f"{key} of layer '{layer.name}'"
        for layer in layers
        for key, value in layer.kept_settings.items()
        if value and not key.endswith("_initializer")
    ]
    if found:
        warnings.warn(f"Training goes on without {', '.join(found)}, which the model's file asks for.", stacklevel=4)


# ---- one step -----------------------------------------------------------------------------------------------


def _step(model, setup, x, y, class_weight, totals):
    """Forward, loss, backward, update; add what was measured to the totals."""
    model.drop_grads()  # the step before's: their memory is for this one's
    outputs, fused = _run(model, setup, x, training=True)
    weights = None if class_weight is None else weights_of(y, class_weight, outputs.shape, setup.loss)
    loss, dy = setup.loss.value_and_gradient(y, outputs, weights, fused or None)
    model.backward(dy, need_dx=False)
    setup.optimizer.update(model.params, model.grads)
    _count(setup, totals, loss, y, model.apply_activation(outputs) if fused else outputs)


def _run(model, setup, x, training):
    """Run the model up to the logits where the loss can take them; say whether it did."""
    if not model.built:  # before that it does not know its own head
        model.build((None, *np.shape(x)[1:]))
        setup.advise(model)
    fused = setup.loss.takes_logits(model)
    how = {"need_dx": False} if training else {}
    return model.forward(x, training, logits=fused, **how), fused


def _count(setup, totals, loss, y, y_pred):
    totals["loss"].add(loss, len(y_pred))
    for name, metric in setup.metrics.items():
        totals[name].add(np.mean(metric(y, y_pred)) if len(y_pred) else 0.0, len(y_pred))


def _measure(model, setup, batches):
    totals = _totals(setup)
    for x, y in pairs(batches, model.dtype or "float32"):
        outputs, fused = _run(model, setup, x, training=False)
        loss = setup.loss.value_and_gradient(y, outputs, None, fused or None)[0]
        _count(setup, totals, loss, y, model.apply_activation(outputs) if fused else outputs)
    if not totals["loss"].count:
        raise ValueError("`x` must hold at least one example. Received: none.")
    return _results(totals)


def _totals(setup):
    return {name: metrics_.Mean() for name in ("loss", *setup.metrics)}


def _results(totals):
    return {name: mean.result() for name, mean in totals.items()}


def _report(totals, return_dict):
    results = _results(totals)
    return results if return_dict else _flat(results)


def _flat(results):
    """Keras's form: the loss alone, or a list that begins with it."""
    values = list(results.values())
    return values[0] if len(values) == 1 else values


def _setup(model, what):
    if model.setup is None:
        raise RuntimeError(f"Call model.compile(optimizer, loss) before {what}.")
    return model.setup
