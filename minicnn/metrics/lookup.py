"""A metric by its name, or from what a Keras model file says of it."""

import inspect
from collections.abc import Callable
from typing import Any

from .accuracy import accuracy, binary_accuracy, categorical_accuracy, sparse_categorical_accuracy
from .counts import AUC, F1Score, Precision, Recall
from .means import (
    BinaryAccuracy,
    CategoricalAccuracy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    mean_absolute_error,
    mean_squared_error,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from .metric import MeanMetric, Metric

METRICS: dict[str, Callable[..., Any]] = {
    "accuracy": accuracy,
    "acc": accuracy,
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy,
    "sparse_categorical_accuracy": sparse_categorical_accuracy,
    "top_k_categorical_accuracy": top_k_categorical_accuracy,
    "sparse_top_k_categorical_accuracy": sparse_top_k_categorical_accuracy,
    "mean_squared_error": mean_squared_error,
    "mse": mean_squared_error,
    "MSE": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "mae": mean_absolute_error,
    "MAE": mean_absolute_error,
}
CLASSES: dict[str, type[Metric]] = {
    kind.__name__: kind
    for kind in (
        AUC,
        BinaryAccuracy,
        CategoricalAccuracy,
        F1Score,
        MeanAbsoluteError,
        MeanSquaredError,
        Precision,
        Recall,
        SparseCategoricalAccuracy,
        SparseTopKCategoricalAccuracy,
        TopKCategoricalAccuracy,
    )
}
# As strings Keras also takes the classes in the small letters of their default names: "auc", "f1_score".
STRINGS: dict[str, type[Metric]] = {**CLASSES, **{kind.default_name: kind for kind in CLASSES.values()}}
DOWN = (mean_squared_error, mean_absolute_error)  # of these functions less is better


def get(metric: str | Metric | type[Metric] | Callable[..., Any]) -> Metric:
    """Return a metric from its name, from a function, or itself.

    Parameters
    ----------
    metric : str, Metric, its class or a function
        A key of `METRICS`, or the name of a class: "AUC", "precision"; the logs have it as it is written. A function of
        (y_true, y_pred) returns a number for each example.

    Raises
    ------
    ValueError
        There is no such metric here.

    Examples
    --------
    >>> get("acc").name, get("AUC").name
    ('acc', 'AUC')
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, type) and issubclass(metric, Metric):
        return metric()
    if isinstance(metric, str):
        plain = metric.lower() if metric.lower() in ("accuracy", "acc") else metric
        if plain in METRICS:
            return MeanMetric(METRICS[plain], metric, direction="down" if METRICS[plain] in DOWN else "up")
        if metric in STRINGS:
            found = STRINGS[metric]()
            found.name = metric
            return found
    elif callable(metric) and not isinstance(metric, type):
        known = metric in METRICS.values()
        return MeanMetric(metric, direction="down" if metric in DOWN else "up" if known else None)
    names = ", ".join(map(repr, (*METRICS, *CLASSES)))
    raise ValueError(f"`metrics` must be from {names}, or be a Metric. Received: {metric!r}.")


def to_config(metric: Metric) -> Any:
    """Return what Keras writes of a metric into a model file: the name by which it was asked for, or its class.

    Parameters
    ----------
    metric : Metric

    Examples
    --------
    >>> to_config(get("acc")), to_config(Precision())["class_name"]
    ('acc', 'Precision')
    """
    if type(metric) is MeanMetric:
        return metric.name
    name = type(metric).__name__
    own = CLASSES.get(name) is not type(metric)
    return {
        "module": None if own else "keras.metrics",
        "class_name": name,
        "config": metric.get_config(),
        "registered_name": name if own else None,
    }


def from_config(config: Any) -> list[Any]:
    """Return the metrics that a Keras model file gives; those that we lack are refused by name.

    Parameters
    ----------
    config : list or None
        Names, {"class_name": ..., "config": {...}}, or lists of these, as `compile` was given them.

    Returns
    -------
    metrics : list of str and Metric
        As `compile` takes them.

    Raises
    ------
    ValueError
        A metric is not known here.

    Examples
    --------
    >>> found = from_config(["accuracy", {"class_name": "Precision", "config": {"name": "mine", "top_k": 2}}])
    >>> found[0], found[1].name, found[1].top_k
    ('accuracy', 'mine', 2)
    """
    found: list[Any] = []
    for item in config or ():
        if isinstance(item, (list, tuple)):
            found += from_config(item)
        elif isinstance(item, dict):
            found.append(_from_entry(item))
        elif item is not None:
            get(item)
            found.append(item)
    return found


def _from_entry(entry: dict[str, Any]) -> Any:
    """Make a metric from an object's entry, or find the name of a function's."""
    kind = CLASSES.get(str(entry.get("class_name")))
    settings: Any = entry.get("config")
    if not isinstance(settings, dict):
        get(settings)
        return settings
    if kind is None:
        name: Any = settings.get("name")
        get(name)
        return name
    known = inspect.signature(kind).parameters
    for key, value in settings.items():
        if key not in known and key != "dtype" and value is not None:
            raise ValueError(f"{kind.__name__}({key}={value!r}) is not supported.")
    return kind.from_config(settings)
