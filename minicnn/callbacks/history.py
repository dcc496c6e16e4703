"""What `fit` returns: the values of every epoch."""

from .callback import Callback, Logs
from .curves import curves


class History(Callback):
    """What `fit` returns.

    Attributes
    ----------
    epoch : list of int
        The epochs' numbers, from 0.
    history : dict
        Name -> a value an epoch: loss, accuracy, val_loss, ...

    Examples
    --------
    >>> history = History()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.on_epoch_end(1, {"loss": 0.25})
    >>> history.epoch, history.history
    ([0, 1], {'loss': [0.5, 0.25]})
    """

    epoch: list[int]
    history: dict[str, list[float]]

    def __init__(self) -> None:
        self.epoch, self.history = [], {}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Append the epoch's values."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def _repr_html_(self) -> str:
        """Draw the curves: a notebook shows them."""
        return curves(self.epoch, self.history)
