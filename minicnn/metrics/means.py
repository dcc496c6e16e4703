"""Metrics that are the mean of one number an example, as Keras names them.

    BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy    which predictions are right
    TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy            ... among the k largest
    MeanSquaredError, MeanAbsoluteError                               how far off amounts are

Source: Keras 3 `metrics`.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arguments import integer, number, refuse
from ..types import AnyArray, Array, ArrayLike, BoolArray
from .accuracy import binary_accuracy, categorical_accuracy, sparse_categorical_accuracy
from .metric import MeanMetric

# Keras's argument that is not here: the value that means "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "from_sorted_ids": ((False,), "leave it out: predictions are those of all classes")
}


def sparse_top_k_categorical_accuracy(y_true: ArrayLike, y_pred: Array, k: int = 5) -> BoolArray:
    """Say of each example whether its label is among the k largest predictions.

    Parameters
    ----------
    y_true : (N, ...) or (N, ..., 1) int
        Labels, 0 to K - 1.
    y_pred : (N, ..., K) float
        Probabilities or logits. Of equal ones all count, as in Keras.
    k : int

    Returns
    -------
    right : (N, ...) bool

    Examples
    --------
    >>> import numpy as np
    >>> sparse_top_k_categorical_accuracy([2, 0], np.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3]]), k=2)
    array([ True, False])
    """
    labels = np.reshape(y_true, y_pred.shape[:-1]).astype(np.int64)
    own = np.take_along_axis(y_pred, labels[..., None], -1)
    return (np.sum(y_pred > own, axis=-1) < k) & np.isfinite(own[..., 0])


def top_k_categorical_accuracy(y_true: ArrayLike, y_pred: Array, k: int = 5) -> BoolArray:
    """Say of each example whether its one-hot label is among the k largest predictions.

    Parameters
    ----------
    y_true, y_pred : (N, ..., K)
    k : int

    Returns
    -------
    right : (N, ...) bool

    Examples
    --------
    >>> import numpy as np
    >>> top_k_categorical_accuracy([[0, 0, 1], [1, 0, 0]], np.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3]]), k=2)
    array([ True, False])
    """
    return sparse_top_k_categorical_accuracy(np.asarray(y_true).argmax(-1), y_pred, k)


def mean_squared_error(y_true: ArrayLike, y_pred: Array) -> Array:
    """Return each example's mean squared difference, (N, ...) of (N, ..., K).

    Examples
    --------
    >>> import numpy as np
    >>> mean_squared_error([[1.0, 2.0]], np.array([[1.5, 0.0]]))
    array([2.125])
    """
    return np.square(y_pred - np.reshape(y_true, y_pred.shape)).mean(-1)


def mean_absolute_error(y_true: ArrayLike, y_pred: Array) -> Array:
    """Return each example's mean difference without sign, (N, ...) of (N, ..., K).

    Examples
    --------
    >>> import numpy as np
    >>> mean_absolute_error([[1.0, 2.0]], np.array([[1.5, 0.0]]))
    array([1.25])
    """
    return np.abs(y_pred - np.reshape(y_true, y_pred.shape)).mean(-1)


class _Named(MeanMetric):
    """Base of those that Keras has as classes: their function, and settings of it."""

    direction: str | None = "up"
    of: ClassVar[Callable[..., Any]]
    settings: dict[str, Any]

    def __init__(self, name: str | None = None, dtype: str | None = None):
        self.settings = {}
        super().__init__(type(self).of, self.default_name if name is None else name, dtype)

    def _values(self, y_true: AnyArray, y_pred: Array) -> Any:
        return self.function(y_true, y_pred, **self.settings)

    def get_config(self) -> dict[str, Any]:
        """Return the settings as Keras writes them."""
        return {"name": self.name, **self.settings}


class BinaryAccuracy(_Named):
    """Of outputs that are each a yes or a no: which share is right.

    Parameters
    ----------
    name, dtype : str, optional
        As in `Metric`.
    threshold : float
        Above it a prediction means yes.

    Examples
    --------
    >>> BinaryAccuracy(threshold=0.3)([[1], [0]], [[0.4], [0.4]])
    0.5
    """

    default_name = "binary_accuracy"
    of: ClassVar[Callable[..., Any]] = staticmethod(binary_accuracy)

    def __init__(self, name: str | None = None, dtype: str | None = None, threshold: float = 0.5):
        super().__init__(name, dtype)
        self.settings: dict[str, Any] = {"threshold": number("threshold", threshold)}


class CategoricalAccuracy(_Named):
    """Of one-hot labels: which share of the largest predictions is right.

    Parameters
    ----------
    name, dtype : str, optional
        As in `Metric`.

    Examples
    --------
    >>> CategoricalAccuracy()([[1, 0], [1, 0]], [[0.7, 0.3], [0.2, 0.8]])
    0.5
    """

    default_name = "categorical_accuracy"
    of: ClassVar[Callable[..., Any]] = staticmethod(categorical_accuracy)


class SparseCategoricalAccuracy(_Named):
    """Of integer labels: which share of the largest predictions is right.

    Parameters
    ----------
    name, dtype : str, optional
        As in `Metric`.

    Examples
    --------
    >>> SparseCategoricalAccuracy()([0, 0], [[0.7, 0.3], [0.2, 0.8]])
    0.5
    """

    default_name = "sparse_categorical_accuracy"
    of: ClassVar[Callable[..., Any]] = staticmethod(sparse_categorical_accuracy)


class TopKCategoricalAccuracy(_Named):
    """Of one-hot labels: which share is among the k largest predictions.

    Parameters
    ----------
    k : int
    name, dtype : str, optional
        As in `Metric`.

    Examples
    --------
    >>> TopKCategoricalAccuracy(k=2)([[0, 0, 1], [1, 0, 0]], [[0.5, 0.2, 0.3], [0.1, 0.6, 0.3]])
    0.5
    """

    default_name = "top_k_categorical_accuracy"
    of: ClassVar[Callable[..., Any]] = staticmethod(top_k_categorical_accuracy)

    def __init__(self, k: int = 5, name: str | None = None, dtype: str | None = None):
        super().__init__(name, dtype)
        self.settings: dict[str, Any] = {"k": integer("k", k)}


class SparseTopKCategoricalAccuracy(_Named):
    """Of integer labels: which share is among the k largest predictions.

    Parameters
    ----------
    k : int
    name, dtype : str, optional
        As in `Metric`.

    Examples
    --------
    >>> SparseTopKCategoricalAccuracy(k=2)([2, 0], [[0.5, 0.2, 0.3], [0.1, 0.6, 0.3]])
    0.5
    """

    default_name = "sparse_top_k_categorical_accuracy"
    of: ClassVar[Callable[..., Any]] = staticmethod(sparse_top_k_categorical_accuracy)

    def __init__(self, k: int = 5, name: str | None = None, dtype: str | None = None, from_sorted_ids: bool = False):
        refuse(type(self).__name__, {"from_sorted_ids": from_sorted_ids}, ELSEWHERE)
        super().__init__(name, dtype)
        self.settings: dict[str, Any] = {"k": integer("k", k)}


class MeanSquaredError(_Named):
    """Of amounts: the mean of the squared differences.

    Parameters
    ----------
    name, dtype : str, optional
        As in `Metric`.

    Examples
    --------
    >>> MeanSquaredError()([[1.0], [2.0]], [[1.5], [0.0]])
    2.125
    """

    default_name = "mean_squared_error"
    direction: str | None = "down"
    of: ClassVar[Callable[..., Any]] = staticmethod(mean_squared_error)


class MeanAbsoluteError(_Named):
    """Of amounts: the mean of the differences without sign.

    Parameters
    ----------
    name, dtype : str, optional
        As in `Metric`.

    Examples
    --------
    >>> MeanAbsoluteError()([[1.0], [2.0]], [[1.5], [0.0]])
    1.25
    """

    default_name = "mean_absolute_error"
    direction: str | None = "down"
    of: ClassVar[Callable[..., Any]] = staticmethod(mean_absolute_error)
