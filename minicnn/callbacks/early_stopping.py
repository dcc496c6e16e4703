"""The end of a training that no longer improves."""

from .callback import Logs
from .monitor import Monitor


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
    mode : "auto", "min" or "max"
        As in `Monitor`.
    restore_best_weights : bool
        Go back to the best epoch's weights at the end.
    start_from_epoch : int
        Epochs before it are not looked at.

    Attributes
    ----------
    stopped_epoch : int
        The epoch, from 0, after which training was stopped; 0 where it was not.
    best_epoch : int
        The epoch of the best value.

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
        mode: str = "auto",
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience, self.restore_best_weights = patience, restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.stopped_epoch, self.best_epoch = 0, 0

    def on_train_begin(self) -> None:
        """Start anew."""
        self._waited, self.best, self._best_weights = 0, None, None
        self.stopped_epoch, self.best_epoch = 0, 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Stop if the patience is over."""
        if epoch < self.start_from_epoch:
            return
        if self.improves(logs):
            self._waited, self.best_epoch = 0, epoch
            if self.restore_best_weights:
                self._best_weights = self.model.get_weights()
            return
        self._waited += 1
        if self._waited >= max(self.patience, 1):
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self) -> None:
        """Go back to the best weights, if asked."""
        if self._best_weights is not None:
            self.model.set_weights(self._best_weights)
