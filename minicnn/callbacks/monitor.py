"""Whether an epoch is the best so far, which EarlyStopping and ModelCheckpoint both ask."""

import math

from .callback import Callback, Logs


class Monitor(Callback):
    """Base of the callbacks that ask: is this epoch's value the best so far?

    An epoch whose value or whose loss is NaN never is. (In Keras a NaN is if it comes first, and stays it.)

    Parameters
    ----------
    monitor : str
        A name of the logs.
    mode : "auto", "min" or "max"
        What is better: "auto" means max for names that end in "accuracy" or "acc", min otherwise.
    min_delta : float
        By how much a value must be better.

    Attributes
    ----------
    best : float or None
        The best value so far.
    sign : int
        1 where more is better, else -1.

    Raises
    ------
    ValueError
        `mode` is none of the three.

    Examples
    --------
    >>> watch = Monitor("val_accuracy", "auto", min_delta=0.1)
    >>> [watch.improves({"val_accuracy": value}) for value in (0.5, 0.55, 0.7, 0.6)], watch.best
    ([True, False, True, False], 0.7)
    """

    monitor: str
    min_delta: float
    sign: int
    best: float | None

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"`mode` must be 'auto', 'min' or 'max'. Received: mode={mode!r}.")
        self.monitor, self.min_delta = monitor, abs(min_delta)
        self.sign = 1 if mode == "max" or (mode == "auto" and monitor.endswith(("accuracy", "acc"))) else -1
        self.best = None

    def improves(self, logs: Logs) -> bool:
        """Say whether the monitored value is the best so far, and remember it.

        Parameters
        ----------
        logs : dict
            The epoch's values.

        Raises
        ------
        ValueError
            The monitored name is not among them.
        """
        if self.monitor not in logs:
            raise ValueError(f"`monitor` must be one of {', '.join(logs)}. Received: monitor={self.monitor!r}.")
        value = logs[self.monitor]
        if any(math.isnan(logs.get(name, 0)) for name in (self.monitor, "loss", "val_loss")):
            return False
        if self.best is not None and not self.sign * value - self.min_delta > self.sign * self.best:
            return False
        self.best = value
        return True
