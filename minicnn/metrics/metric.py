"""The base of the metrics: a number over all examples, which come batch by batch.

    metric = Precision()
    metric.update_state(y_true, y_pred)      as often as there are batches
    metric.result()
    metric.reset_state()

Training makes a copy of each for every epoch, so no run disturbs another's. Source: Keras 3 `Metric`.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from ..arguments import refuse, text
from ..types import AnyArray, Array, ArrayLike
from .mean import Mean

# Keras's arguments that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "dtype": ((None, "float32", "float64"), "leave it out: metrics count in float64"),
}


class Metric:
    """Base of the metrics. One of one's own writes `_update(y_true, y_pred, weights)`, `result` and `reset_state`.

    Parameters
    ----------
    dtype : None, "float32" or "float64"
        As in Keras; what is counted here is counted in float64.
    name : str, optional
        Under which it stands in the logs; by default the class's.

    Attributes
    ----------
    direction : "up", "down" or None
        Whether more of it is better, which callbacks with mode="auto" ask; None does not tell.

    Examples
    --------
    >>> class Largest(Metric):
    ...     default_name = "largest"
    ...     def reset_state(self):
    ...         self.found = 0.0
    ...     def _update(self, y_true, y_pred, weights):
    ...         self.found = max(self.found, float(y_pred.max()))
    ...     def result(self):
    ...         return self.found
    >>> Largest()([[0.0], [1.0]], [[0.25], [0.75]])
    0.75
    """

    default_name: str = "metric"
    direction: str | None = None
    name: str

    def __init__(self, dtype: str | None = None, name: str | None = None):
        refuse(type(self).__name__, {"dtype": dtype}, ELSEWHERE)
        self.name = self.default_name if name is None else text("name", name)
        self.reset_state()

    def reset_state(self) -> None:
        """Begin anew, with a state that no copy of the metric shares."""
        raise NotImplementedError(f"{type(self).__name__} must define reset_state().")

    def result(self) -> Any:
        """Return the number so far."""
        raise NotImplementedError(f"{type(self).__name__} must define result().")

    def _update(self, y_true: AnyArray, y_pred: Array, weights: Array | None) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _update(y_true, y_pred, weights).")

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in a batch.

        Parameters
        ----------
        y_true : (N, ...)
            The truth.
        y_pred : (N, ..., K)
            What the model says of it.
        sample_weight : (N,) or (N, ...), optional
            How much each example counts, or each of its places (of a map of labels).

        Raises
        ------
        ValueError
            They do not fit together.
        """
        predictions = np.asarray(y_pred)
        weights = None if sample_weight is None else _fitting(sample_weight, predictions)
        self._update(np.asarray(y_true), predictions, weights)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Take in a batch, and return the number so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def fresh(self) -> Self:
        """Return a metric of the same settings that has seen nothing."""
        found = copy.copy(self)
        found.reset_state()
        return found

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a metric from its settings."""
        return cls(**{key: value for key, value in config.items() if key != "dtype"})


def _fitting(sample_weight: ArrayLike, y_pred: Array) -> Array:
    """Return weights of the examples, (N,), or of their places, (N, ...), for predictions (N, ..., K)."""
    weights = np.asarray(sample_weight, np.float64)
    count = len(y_pred)
    if weights.ndim == 0 or len(weights) != count:
        raise ValueError(
            f"`sample_weight` must be a number for each of {count} examples. Received: {weights.size} of them."
        )
    while weights.ndim > 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    places = y_pred.shape[: max(y_pred.ndim - 1, 1)]
    if weights.shape != places[: weights.ndim]:
        raise ValueError(
            f"`sample_weight` must have shape ({count},), a number an example, or {places}, a number a place. "
            f"Received: sample_weight.shape={weights.shape}."
        )
    return weights


class MeanMetric(Metric):
    """The mean of what a function says of each example.

    Parameters
    ----------
    function : function of (y_true, y_pred)
        Returns (N, ...): a number, or a yes or no, for each example. One that returns a single number is averaged over
        the batches, as in Keras, and takes no weights.
    name : str, optional
        By default the function's.
    dtype : None, "float32" or "float64"
        As in `Metric`.
    direction : "up", "down" or None
        Whether more of it is better.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.metrics import categorical_accuracy
    >>> metric = MeanMetric(categorical_accuracy)
    >>> metric.name, metric([[1, 0], [1, 0]], np.array([[0.7, 0.3], [0.2, 0.8]]))
    ('categorical_accuracy', 0.5)
    """

    function: Callable[..., Any]
    direction: str | None

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None = None,
        dtype: str | None = None,
        direction: str | None = None,
    ):
        self.function = function
        self.direction = direction or type(self).direction
        super().__init__(dtype, name or getattr(function, "__name__", None))

    def reset_state(self) -> None:
        """Begin anew."""
        self._mean = Mean()

    def _values(self, y_true: AnyArray, y_pred: Array) -> Any:
        return self.function(y_true, y_pred)

    def _update(self, y_true: AnyArray, y_pred: Array, weights: Array | None) -> None:
        values = np.asarray(self._values(y_true, y_pred))
        if weights is None:
            count = len(values) if values.ndim else 1
            self._mean.add(float(np.mean(values)) if count else 0.0, count)
            return
        if values.shape[: weights.ndim] != weights.shape:
            raise ValueError(
                f"The metric '{self.name}' must return a number for each of the weights, {weights.shape}, to be "
                f"weighted. Received: shape {values.shape}."
            )
        each = values.reshape(*weights.shape, -1).mean(-1) * weights
        share = len(weights) / max(weights.size, 1)  # an example counts as its places do on average
        total = float(weights.sum()) * share
        if total:
            self._mean.add(float(each.sum()) * share / total, total)

    def result(self) -> float:
        """Return the mean so far, 0 of nothing."""
        return self._mean.result()
