"""The base of the callbacks: the moments of training at which something may happen.

Each callback knows `self.model`; `logs` holds loss, accuracy, val_loss, ... Source: Keras 3 `callbacks`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Logs = dict[str, float]  # a value's name -> the value


class Callback:
    """Base of the callbacks: every moment, and nothing to do.

    Attributes
    ----------
    model : Model
        The model that is trained; `fit` sets it.

    Examples
    --------
    >>> class Halve(Callback):
    ...     def on_epoch_end(self, epoch, logs):
    ...         self.model.optimizer.learning_rate /= 2
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1)])
    >>> model.compile(SGD(0.5), "mse")
    >>> _ = model.fit([[1.0], [2.0]], [[1.0], [2.0]], epochs=2, verbose=0, callbacks=Halve())
    >>> model.optimizer.learning_rate
    0.125
    """

    model: Any = None

    def on_train_begin(self) -> None:
        """Training begins."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Epoch `epoch` (from 0) begins."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Batch `batch` (from 0) of the epoch is done; `logs` are the means of the epoch so far."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Epoch `epoch` has ended with these values."""

    def on_train_end(self) -> None:
        """Training has ended, or was broken off."""


def listed(callbacks: Callback | Sequence[Callback] | None) -> list[Callback]:
    """Return callbacks as a list.

    Parameters
    ----------
    callbacks : None, a Callback, or a list of them

    Raises
    ------
    TypeError
        It is none of these.

    Examples
    --------
    >>> listed(None), len(listed(Callback()))
    ([], 1)
    """
    if callbacks is None or isinstance(callbacks, Callback):
        return [] if callbacks is None else [callbacks]
    if not isinstance(callbacks, (list, tuple)) or not all(isinstance(each, Callback) for each in callbacks):
        raise TypeError(f"`callbacks` must be a Callback or a list of them. Received: callbacks={callbacks!r}.")
    return list(callbacks)


class CallbackList(Callback):
    """Several callbacks as one: each moment is passed on to all, in order.

    Parameters
    ----------
    callbacks : list of Callback
    model : Model
        Whose training they watch.

    Examples
    --------
    >>> from minicnn.callbacks import History
    >>> one, other = History(), History()
    >>> CallbackList([one, other], model=None).on_epoch_end(0, {"loss": 0.5})
    >>> one.history == other.history == {"loss": [0.5]}
    True
    """

    callbacks: list[Callback]

    def __init__(self, callbacks: list[Callback], model: Any):
        self.callbacks = callbacks
        for callback in callbacks:
            callback.model = model

    def on_train_begin(self) -> None:
        """Tell all."""
        for callback in self.callbacks:
            callback.on_train_begin()

    def on_epoch_begin(self, epoch: int) -> None:
        """Tell all."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Tell all."""
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Tell all."""
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_end(self) -> None:
        """Tell all."""
        for callback in self.callbacks:
            callback.on_train_end()


def not_finite(model: Any, logs: Logs) -> str | None:
    """Say what is no longer finite after an epoch, a loss or the weights; None where all is well."""
    for name in ("loss", "val_loss"):
        if not math.isfinite(logs.get(name, 0)):
            return f"{name} is {logs[name]}"
    return None if all(np.isfinite(array).all() for array in model.get_weights()) else "weights are not finite"
