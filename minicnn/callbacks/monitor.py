"""Whether an epoch is the best so far, which EarlyStopping, ModelCheckpoint and ReduceLROnPlateau ask."""

import math
from typing import Any

from ..arguments import number, text
from .callback import Callback, Logs


class Monitor(Callback):
    """Base of the callbacks that ask: is this epoch's value the best so far?

    An epoch whose value or whose loss is NaN never is. (In Keras a NaN is if it comes first, and stays it.) Nor is one
    that was not validated, where `monitor` is a value of the validation: it is passed over.

    Parameters
    ----------
    monitor : str
        A name of the logs.
    mode : "auto", "min" or "max"
        What is better. "auto" asks the model: less of a loss or an error, more of an accuracy, Precision, AUC and their
        kin, whatever their names; what one's own metric says in `direction`. Where nobody says it, or a callback made
        the value, it is refused.
    min_delta : float
        By how much a value must be better.
    best : float, optional
        What is to be beaten from the start.

    Attributes
    ----------
    best : float or None
        The best value so far.

    Raises
    ------
    ValueError, TypeError
        `mode` is none of the three, `monitor` no string, another argument no finite number.

    Examples
    --------
    >>> watch = Monitor("val_accuracy", "max", min_delta=0.1)
    >>> [watch.improves({"val_accuracy": value}) for value in (0.5, 0.55, 0.7, 0.6)], watch.best
    ([True, False, True, False], 0.7)
    """

    monitor: str
    mode: str
    min_delta: float
    best: float | None
    _told: str | None = None  # what the model says of `monitor`, which "auto" asks
    _asks: bool = True  # whether the best epoch is asked for at all

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0, best: float | None = None):
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"`mode` must be 'auto', 'min' or 'max'. Received: mode={mode!r}.")
        self.monitor, self.min_delta = text("monitor", monitor), abs(number("min_delta", min_delta))
        self.mode, self.best = mode, best

    def set_model(self, model: Any) -> None:
        """Take the model that is trained, and ask it what is better."""
        super().set_model(model)
        if self.mode == "auto":
            setup = getattr(model, "setup", None)
            self._told = setup and setup.direction(self.monitor, model.output_names)
            if self._asks and "metrics" in self.params:  # in fit, before anything is computed
                self.better(0.0, None)

    @property
    def sign(self) -> int:
        """1 where more is better, else -1.

        Raises
        ------
        ValueError
            Nobody says it.
        """
        loss = "down" if self.monitor in ("loss", "val_loss") else None
        found = {"min": "down", "max": "up"}.get(self.mode) or self._told or loss
        if found is None:
            raise ValueError(
                f"`mode` must be 'min' or 'max' for monitor={self.monitor!r}: nobody says whether more of it is better."
                " Received: mode='auto'."
            )
        return 1 if found == "up" else -1

    def has_value(self, logs: Logs) -> bool:
        """Say whether the monitored value is among an epoch's; not every epoch need be validated.

        Raises
        ------
        ValueError
            It is among no epoch's.
        """
        if self.monitor in logs:
            return True
        if self.monitor in self.params.get("metrics", ()):
            return False
        known = ", ".join(dict.fromkeys((*logs, *self.params.get("metrics", ()))))
        raise ValueError(f"`monitor` must be one of {known}. Received: monitor={self.monitor!r}.")

    def improves(self, logs: Logs) -> bool:
        """Say whether the monitored value is the best so far, and remember it.

        Parameters
        ----------
        logs : dict
            The epoch's values.

        Raises
        ------
        ValueError
            The monitored name is among no epoch's values, or nobody says whether more of it is better.
        """
        if not self.has_value(logs):
            return False
        value = logs[self.monitor]
        if any(math.isnan(logs.get(name, 0)) for name in (self.monitor, "loss", "val_loss")):
            return False
        if not self.better(value, self.best):
            return False
        self.best = value
        return True

    def better(self, value: float, than: float | None) -> bool:
        """Say whether a value is better than another by `min_delta`; it always is where there is no other."""
        sign = self.sign
        return than is None or sign * value - self.min_delta > sign * than


def threshold(name: str, value: Any) -> float | None:
    """Return a value to be beaten as a float; None where there is none."""
    return None if value is None else number(name, value)
