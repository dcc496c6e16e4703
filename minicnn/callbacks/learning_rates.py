"""Callbacks that set the learning rate: by a plan, or once nothing improves."""

import inspect
from collections.abc import Callable
from typing import Any

from ..arguments import integer, is_number, number
from .callback import Callback, Logs, say, verbosity
from .monitor import Monitor


class LearningRateScheduler(Callback):
    """Set the learning rate at the beginning of each epoch.

    Parameters
    ----------
    schedule : function of (epoch, learning_rate), or of epoch
        Returns the epoch's learning rate; epochs count from 0.
    verbose : 0 or 1
        1: say which it is.

    Raises
    ------
    TypeError
        `schedule` is no function, or what it returned no number.

    Notes
    -----
    The logs get a `learning_rate`. Source: Keras 3 `LearningRateScheduler`.

    Examples
    --------
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1)])
    >>> model.compile(SGD(0.5), "mse")
    >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
    >>> model.fit([[1.0]], [[1.0]], epochs=3, verbose=0, callbacks=halve).history["learning_rate"]
    [0.5, 0.25, 0.125]
    """

    schedule: Callable[..., float]
    verbose: int

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        if not callable(schedule):
            raise TypeError(
                f"`schedule` must be a function of (epoch, learning_rate). Received: schedule={schedule!r}."
            )
        self.schedule, self.verbose = schedule, verbosity(verbose)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Ask the schedule."""
        optimizer = self.model.optimizer
        given = (epoch, float(optimizer.learning_rate))
        rate = self.schedule(*given[: _places(self.schedule)])
        if not is_number(rate):
            raise TypeError(f"`schedule` must return a number, the learning rate. Received: {rate!r}.")
        optimizer.learning_rate = float(rate)
        if self.verbose:
            say(f"LearningRateScheduler: the learning rate of epoch {epoch + 1} is {rate:g}.")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Note the rate."""
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _places(function: Callable[..., Any]) -> int:
    """Return how many of (epoch, learning_rate) a function takes."""
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return 1
    except ValueError:  # one of NumPy's, which does not say
        return 1
    return 2


class ReduceLROnPlateau(Monitor):
    """Make the learning rate smaller once a value has not improved for some epochs.

    Parameters
    ----------
    monitor : str
        A name of the logs.
    factor : float in [0, 1)
        What the rate is multiplied by.
    patience : int
        How many epochs without improvement are borne.
    verbose : 0 or 1
        1: say when the rate becomes smaller.
    mode : "auto", "min" or "max"
        As in `Monitor`.
    min_delta : float
        By how much a value must be better.
    cooldown : int
        Epochs after a change in which nothing is counted.
    min_lr : float
        The smallest rate.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these.

    Notes
    -----
    The logs get a `learning_rate`. Source: Keras 3 `ReduceLROnPlateau`.

    Examples
    --------
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1)], seed=0)
    >>> model.compile(SGD(1e-5), "mse")  # a rate at which nothing improves
    >>> reduce = ReduceLROnPlateau("loss", factor=0.5, patience=2, min_delta=0.1)
    >>> model.fit([[1.0]], [[9.0]], epochs=5, verbose=0, callbacks=reduce).history["learning_rate"]
    [1e-05, 1e-05, 1e-05, 5e-06, 5e-06]
    """

    patience: int
    verbose: int
    cooldown: int
    min_lr: float
    best: float | None

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.factor: float = number("factor", factor, 0)
        if self.factor >= 1:
            raise ValueError(f"`factor` must be a number, at least 0 and below 1. Received: factor={factor!r}.")
        self.patience, self.verbose = integer("patience", patience, 0), verbosity(verbose)
        self.cooldown, self.min_lr = integer("cooldown", cooldown, 0), number("min_lr", min_lr, 0)
        self.on_train_begin({})

    def on_train_begin(self, logs: Logs) -> None:
        """Start anew."""
        self.best, self._waited, self._resting = None, 0, 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Reduce the rate if the patience is over."""
        optimizer = self.model.optimizer
        logs["learning_rate"] = rate = float(optimizer.learning_rate)
        if not self.has_value(logs):
            return
        if self._resting:
            self._resting -= 1
            self._waited = 0
        if self.improves(logs):
            self._waited = 0
        elif not self._resting:
            self._waited += 1
            if self._waited >= self.patience and rate > self.min_lr:
                optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self._resting, self._waited = self.cooldown, 0
                if self.verbose:
                    say(f"ReduceLROnPlateau: the learning rate after epoch {epoch + 1} is {optimizer.learning_rate:g}.")
