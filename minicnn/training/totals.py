"""The loss and the metrics of all examples so far, and the form in which Keras returns them."""

import numpy as np

from ..arguments import boolean
from ..metrics import Mean
from ..types import AnyArray, Array
from .setup import Setup

Results = dict[str, float]  # name -> value: loss, accuracy, ...
Report = float | list[float] | Results


class Totals:
    """Means over examples that come batch by batch: of the loss, and of each metric of a setup.

    Parameters
    ----------
    setup : Setup
    """

    def __init__(self, setup: Setup):
        self._setup = setup
        self._means = {name: Mean() for name in ("loss", *setup.metrics)}

    def add(self, loss: float, y: AnyArray, y_pred: Array) -> None:
        """Take in a batch: its loss, its labels and what the model said."""
        count = len(y_pred)
        self._means["loss"].add(loss, count)
        for name, metric in self._setup.metrics.items():
            self._means[name].add(float(np.mean(metric(y, y_pred))) if count else 0.0, count)

    def results(self) -> Results:
        """Return name -> mean, of what has come so far."""
        return {name: mean.result() for name, mean in self._means.items()}

    def need_some(self) -> None:
        """Raise ValueError where no example has come."""
        if not self._means["loss"].count:
            raise ValueError("`x` must hold at least one example. Received: none.")


def report(results: Results, return_dict: bool) -> Report:
    """Return results in Keras's form: the loss alone, a list that begins with it, or on request a dict."""
    values = list(results.values())
    return results if boolean("return_dict", return_dict) else values[0] if len(values) == 1 else values
