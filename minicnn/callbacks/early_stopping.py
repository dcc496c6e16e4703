"""The end of a training that no longer improves."""

from typing import Any

from ..arguments import boolean, integer
from .callback import Logs, say, verbosity
from .monitor import Monitor, threshold


class EarlyStopping(Monitor):
    """Stop training once a value has not improved for some epochs.

    Parameters
    ----------
    monitor : str
        A name of the logs.
    min_delta : float
        By how much a value must be better.
    patience : int
        How many epochs without improvement are borne.
    verbose : 0 or 1
        1: say that training is stopped.
    mode : "auto", "min" or "max"
        As in `Monitor`.
    baseline : float, optional
        A value that must be beaten too: epochs that do not count as ones without improvement.
    restore_best_weights : bool
        Go back to the best epoch's weights at the end.
    start_from_epoch : int
        Epochs before it are not looked at.

    Attributes
    ----------
    stopped_epoch : int
        The epoch, from 0, after which training was stopped; 0 where it was not, which it never is after the first.
    best_epoch : int
        The epoch of the best value.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these.

    Notes
    -----
    Source: Keras 3 `EarlyStopping`.

    Examples
    --------
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1)], seed=0)
    >>> model.compile(SGD(1e-9), "mse")  # a rate at which nothing improves
    >>> stop = EarlyStopping("loss", min_delta=0.01, patience=3)
    >>> model.fit([[1.0]], [[9.0]], epochs=100, verbose=0, callbacks=stop).epoch
    [0, 1, 2, 3]
    """

    patience: int
    verbose: int
    baseline: float | None
    restore_best_weights: bool
    start_from_epoch: int
    stopped_epoch: int
    best_epoch: int
    best: float | None

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience = integer("patience", patience, 0)
        self.verbose, self.baseline = verbosity(verbose), threshold("baseline", baseline)
        self.restore_best_weights = boolean("restore_best_weights", restore_best_weights)
        self.start_from_epoch = integer("start_from_epoch", start_from_epoch, 0)
        self.on_train_begin({})

    def on_train_begin(self, logs: Logs) -> None:
        """Start anew."""
        self._waited, self.best = 0, None
        self._best_weights: Any = None
        self.stopped_epoch, self.best_epoch = 0, 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Stop if the patience is over."""
        if not self.has_value(logs) or epoch < self.start_from_epoch:
            return
        self._waited += 1
        if self.improves(logs):
            self.best_epoch = epoch
            if self.restore_best_weights:
                self._best_weights = self.model.get_weights()
            if self.better(logs[self.monitor], self.baseline):
                self._waited = 0
        elif self._waited >= self.patience and epoch > 0:  # as in Keras never after the first
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs) -> None:
        """Go back to the best weights, if asked."""
        if self.verbose and self.stopped_epoch:
            say(f"EarlyStopping: training is stopped after epoch {self.stopped_epoch + 1}.")
        if self._best_weights is not None:
            self.model.set_weights(self._best_weights)
            if self.verbose:
                say(f"EarlyStopping: the weights are those of epoch {self.best_epoch + 1}.")
