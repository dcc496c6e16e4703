"""Whether an epoch is the best so far, which EarlyStopping, ModelCheckpoint and ReduceLROnPlateau ask."""

import math
import re
from typing import Any

from ..arguments import number, text
from .callback import Callback, Logs

# Names of which more is better; a number behind them tells one metric of a class from another.
MORE = re.compile(r"(accuracy|acc|precision|recall|auc|f1_score)(_\d+)?$")


class Monitor(Callback):
    """Base of the callbacks that ask: is this epoch's value the best so far?

    An epoch whose value or whose loss is NaN never is. (In Keras a NaN is if it comes first, and stays it.)

    Parameters
    ----------
    monitor : str
        A name of the logs.
    mode : "auto", "min" or "max"
        What is better: "auto" means max for names that end in "accuracy", "acc", "precision", "recall", "auc" or
        "f1_score", min otherwise.
    min_delta : float
        By how much a value must be better.
    best : float, optional
        What is to be beaten from the start.

    Attributes
    ----------
    best : float or None
        The best value so far.
    sign : int
        1 where more is better, else -1.

    Raises
    ------
    ValueError, TypeError
        `mode` is none of the three, `monitor` no string, another argument no finite number.

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

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0, best: float | None = None):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"`mode` must be 'auto', 'min' or 'max'. Received: mode={mode!r}.")
        self.monitor, self.min_delta = text("monitor", monitor), abs(number("min_delta", min_delta))
        self.sign = 1 if mode == "max" or (mode == "auto" and MORE.search(monitor)) else -1
        self.best = best

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
        if not self.better(value, self.best):
            return False
        self.best = value
        return True

    def better(self, value: float, than: float | None) -> bool:
        """Say whether a value is better than another by `min_delta`; it always is where there is no other."""
        return than is None or self.sign * value - self.min_delta > self.sign * than


def threshold(name: str, value: Any) -> float | None:
    """Return a value to be beaten as a float; None where there is none."""
    return None if value is None else number(name, value)
