"""The base of the metrics: a number over all examples, which come batch by batch.

    metric = Precision()
    metric.update_state(y_true, y_pred)      as often as there are batches
    metric.result()
    metric.reset_state()

Training makes a copy of each for every epoch, so no run disturbs another's. Source: Keras 3 `Metric`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from ..arguments import text
from ..types import AnyArray, Array, ArrayLike
from .mean import Mean


class Metric:
    """Base of the metrics. One of one's own writes `_update(y_true, y_pred, weights)`, `result` and `reset_state`.

    Parameters
    ----------
    name : str, optional
        Under which it stands in the logs; by default the class's.

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
    name: str

    def __init__(self, name: str | None = None):
        self.name = self.default_name if name is None else text("name", name)
        self.reset_state()

    def reset_state(self) -> None:
        """Begin anew."""
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
        sample_weight : (N,), optional
            How much each example counts.

        Raises
        ------
        ValueError
            They do not fit together.
        """
        weights = None if sample_weight is None else np.asarray(sample_weight, np.float64).reshape(-1)
        predictions = np.asarray(y_pred)
        if weights is not None and len(weights) != len(predictions):
            raise ValueError(
                f"`sample_weight` must be a number for each of {len(predictions)} examples. Received: {len(weights)}."
            )
        self._update(np.asarray(y_true), predictions, weights)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Take in a batch, and return the number so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def fresh(self) -> Self:
        """Return a metric of the same settings that has seen nothing."""
        return self.from_config(self.get_config())

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a metric from its settings."""
        return cls(**{key: value for key, value in config.items() if key != "dtype"})


class MeanMetric(Metric):
    """The mean of what a function says of each example.

    Parameters
    ----------
    function : function of (y_true, y_pred)
        Returns (N, ...): a number, or a yes or no, for each example.
    name : str, optional
        By default the function's.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.metrics import categorical_accuracy
    >>> metric = MeanMetric(categorical_accuracy)
    >>> metric.name, metric([[1, 0], [1, 0]], np.array([[0.7, 0.3], [0.2, 0.8]]))
    ('categorical_accuracy', 0.5)
    """

    function: Callable[..., Any]

    def __init__(self, function: Callable[..., Any], name: str | None = None):
        self.function = function
        super().__init__(name or getattr(function, "__name__", None))

    def reset_state(self) -> None:
        """Begin anew."""
        self._mean = Mean()

    def _values(self, y_true: AnyArray, y_pred: Array) -> Any:
        return self.function(y_true, y_pred)

    def _update(self, y_true: AnyArray, y_pred: Array, weights: Array | None) -> None:
        values = np.asarray(self._values(y_true, y_pred))
        if weights is None:
            self._mean.add(float(np.mean(values)) if len(y_pred) else 0.0, len(y_pred))
            return
        each = values.reshape(len(values), -1).mean(-1)
        total = float(weights.sum())
        if total:
            self._mean.add(float(each @ weights) / total, total)

    def result(self) -> float:
        """Return the mean so far, 0 of nothing."""
        return self._mean.result()

    def fresh(self) -> "MeanMetric":
        """Return a metric of the same function that has seen nothing."""
        return MeanMetric(self.function, self.name)
