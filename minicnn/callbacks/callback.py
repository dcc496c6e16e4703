"""The base of the callbacks: the moments of training at which something may happen.

Each callback knows `self.model`; `logs` holds loss, accuracy, val_loss, ... Source: Keras 3 `callbacks`.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ..arguments import integer

Logs = dict[str, float]  # a value's name -> the value


class Callback:
    """Base of the callbacks: every moment, and nothing to do.

    Attributes
    ----------
    model : Model
        The model that is trained; `fit` sets it.
    params : dict
        "epochs", "steps" and "verbose" of the run, and "metrics", the names of what is measured in some epoch; `fit`
        sets it.
    initial_epoch : int or None
        Where training is to go on, if a callback found that out by the end of `on_train_begin`.

    Examples
    --------
    >>> class Halve(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         self.model.optimizer.learning_rate /= 2
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1)])
    >>> model.compile(SGD(0.5), "mse")
    >>> _ = model.fit([[1.0], [2.0]], [[1.0], [2.0]], epochs=2, verbose=0, callbacks=Halve())
    >>> model.optimizer.learning_rate
    0.125
    """

    model: Any = None
    params: Mapping[str, Any] = MappingProxyType({})  # nothing is known yet, and nobody can write into it
    initial_epoch: int | None = None

    def set_model(self, model: Any) -> None:
        """Take the model that is trained, evaluated or asked."""
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Take what is known of the run."""
        self.params = params

    # ---- fit --------------------------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs) -> None:
        """Training begins."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Epoch `epoch` (from 0) begins."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Batch `batch` (from 0) of the epoch begins."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Batch `batch` (from 0) of the epoch is done; `logs` are the means of the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs) -> None:
        """Do what `on_train_batch_begin` does: its older name."""

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """Do what `on_train_batch_end` does: its older name."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Epoch `epoch` has ended with these values."""

    def on_train_end(self, logs: Logs) -> None:
        """Training has ended, or was broken off; `logs` are the last epoch's."""

    # ---- evaluate, and fit where it validates -----------------------------------------------------------

    def on_test_begin(self, logs: Logs) -> None:
        """Measuring begins."""

    def on_test_batch_begin(self, batch: int, logs: Logs) -> None:
        """A batch is to be measured."""

    def on_test_batch_end(self, batch: int, logs: Logs) -> None:
        """A batch is measured; `logs` are the means so far."""

    def on_test_end(self, logs: Logs) -> None:
        """All is measured."""

    # ---- predict ----------------------------------------------------------------------------------------

    def on_predict_begin(self, logs: Logs) -> None:
        """Predicting begins."""

    def on_predict_batch_begin(self, batch: int, logs: Logs) -> None:
        """A batch is to be predicted."""

    def on_predict_batch_end(self, batch: int, logs: Logs) -> None:
        """A batch is predicted."""

    def on_predict_end(self, logs: Logs) -> None:
        """All is predicted."""


MOMENTS: tuple[str, ...] = tuple(name for name in vars(Callback) if name.startswith("on_"))


def listed(callbacks: Callback | Sequence[Callback] | None) -> list[Callback]:
    """Return callbacks as a list.

    Parameters
    ----------
    callbacks : None, a Callback, or a list of them
        Keras's own callbacks are callbacks too: what has its methods. Those that watch another value than a loss want
        `mode`, since they look for Keras's own metrics in the model.

    Raises
    ------
    TypeError
        It is none of these.

    Examples
    --------
    >>> listed(None), len(listed(Callback()))
    ([], 1)
    """
    given: Any = [] if callbacks is None else callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    if not all(map(_is_callback, given)):
        raise TypeError(f"`callbacks` must be a Callback or a list of them. Received: callbacks={callbacks!r}.")
    return list(given)


def _is_callback(value: Any) -> bool:
    return isinstance(value, Callback) or (
        not isinstance(value, type)
        and all(callable(getattr(value, name, None)) for name in ("set_model", "set_params", *MOMENTS))
    )


class CallbackList:
    """Several callbacks as one: each moment is told to all, in order.

    Parameters
    ----------
    callbacks : list of Callback
    model : Model
        Whose training they watch.
    params : dict, optional
        What is known of the run.

    Examples
    --------
    >>> from minicnn.callbacks import History
    >>> one, other = History(), History()
    >>> CallbackList([one, other], model=None).tell("on_epoch_end", 0, {"loss": 0.5})
    >>> one.history == other.history == {"loss": [0.5]}
    True
    """

    callbacks: list[Callback]

    def __init__(self, callbacks: list[Callback], model: Any, params: dict[str, Any] | None = None):
        self.callbacks = callbacks
        for callback in callbacks:
            callback.set_params(dict(params or {}))
            callback.set_model(model)

    def tell(self, moment: str, *what: Any) -> None:
        """Call one method of all.

        Parameters
        ----------
        moment : str
            "on_epoch_end", say.
        what : anything
            The number of the epoch or batch, where it takes one, and the logs.
        """
        for callback in self.callbacks:
            getattr(callback, moment)(*what)

    def initial_epoch(self, first: int) -> int:
        """Return the epoch to begin with: `first`, or a later one where a callback goes on from there."""
        return max([first, *(getattr(callback, "initial_epoch", None) or 0 for callback in self.callbacks)])


def verbosity(verbose: Any) -> int:
    """Return how much a callback says: 0 nothing, 1 or 2 a line when it acts."""
    return integer("verbose", int(verbose) if isinstance(verbose, bool) else verbose, 0, 2)


def say(sentence: str) -> None:
    """Print a line where the progress of training is printed."""
    print(sentence, file=sys.stderr, flush=True)


def not_finite(model: Any, logs: Logs) -> str | None:
    """Say what is no longer finite after an epoch, a loss or the weights; None where all is well."""
    for name in ("loss", "val_loss"):
        if not math.isfinite(logs.get(name, 0)):
            return f"{name} is {logs[name]}"
    return None if all(np.isfinite(array).all() for array in model.get_weights()) else "weights are not finite"
