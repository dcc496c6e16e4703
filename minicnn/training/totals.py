"""The loss and the metrics of all examples so far, and the form in which Keras returns them."""

from collections.abc import Mapping

from ..arguments import boolean
from ..metrics import Mean
from ..types import AnyArray, Array
from .model import TrainableModel
from .setup import Part, Setup

Results = dict[str, float]  # name -> value: loss, accuracy, ...
Report = float | list[float] | Results


class Totals:
    """Means over examples that come batch by batch: of the loss, and of each metric of a setup.

    Parameters
    ----------
    setup : Setup
    model : Model
        Whose outputs are measured.

    Attributes
    ----------
    parts : list of Part
        One for each output, with metrics that nobody else holds.
    names : list of str
        Of what is measured, in the order of the results: the loss, the outputs' losses where there are several, the
        metrics. Those of several outputs stand by name, as in Keras.
    """

    parts: list[Part]
    names: list[str]

    def __init__(self, setup: Setup, model: TrainableModel):
        self.parts = [
            part._replace(
                metrics={name: metric.fresh() for name, metric in part.metrics.items()},
                weighted={name: metric.fresh() for name, metric in part.weighted.items()},
            )
            for part in setup.parts(model.output_names)
        ]
        judged = [part for part in self.parts if part.loss]
        if model.output_keys is not None:  # of a dict Keras lists the losses as compile was given them
            order = list(setup.loss if isinstance(setup.loss, Mapping) else model.output_keys)
            judged.sort(key=lambda part: order.index(part.name))
        self._losses = {"loss": Mean(), **{f"{part.prefix}loss": Mean() for part in judged if len(judged) > 1}}
        self._metrics = {name: metric for part in self.parts for name, metric in part.metrics.items()}
        self._metrics |= {name: metric for part in self.parts for name, metric in part.weighted.items()}
        measured = list(self._metrics)
        self.names = [*self._losses, *(sorted(measured) if len(self.parts) > 1 else measured)]

    def add_loss(self, name: str, loss: float, count: int) -> None:
        """Take in a batch's loss: all of it as "loss", an output's as "NAME_loss"."""
        if name in self._losses:
            self._losses[name].add(loss, count)

    def add(self, part: Part, y: AnyArray, y_pred: Array, weights: Array | None) -> None:
        """Take in what the model said at one output, for its metrics."""
        for metric in part.metrics.values():
            metric.update_state(y, y_pred)
        for metric in part.weighted.values():
            metric.update_state(y, y_pred, weights)

    def results(self) -> Results:
        """Return name -> value, of what has come so far."""
        found = self._losses | self._metrics
        return {name: float(found[name].result()) for name in self.names}

    def need_some(self) -> None:
        """Raise ValueError where no example has come."""
        if not self._losses["loss"].count:
            raise ValueError("`x` must hold at least one example. Received: none.")


def report(results: Results, return_dict: bool) -> Report:
    """Return results in Keras's form: the loss alone, a list that begins with it, or on request a dict."""
    values = list(results.values())
    return results if boolean("return_dict", return_dict) else values[0] if len(values) == 1 else values
