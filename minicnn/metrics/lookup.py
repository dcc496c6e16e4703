"""A metric by its name, or from what a Keras model file says of it."""

from collections.abc import Callable
from typing import Any

from ..types import AnyArray, BoolArray
from .accuracy import accuracy, binary_accuracy, categorical_accuracy, sparse_categorical_accuracy

Metric = Callable[[AnyArray, AnyArray], BoolArray]  # (y_true, y_pred) -> what is right

METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "acc": accuracy,
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy,
    "sparse_categorical_accuracy": sparse_categorical_accuracy,
}


def get(name: str) -> Metric:
    """Return a metric's function from its name.

    Parameters
    ----------
    name : str
        A key of `METRICS`.

    Raises
    ------
    ValueError
        There is no such metric here.

    Examples
    --------
    >>> get("acc").__name__
    'accuracy'
    """
    if name not in METRICS:
        raise ValueError(f"`metrics` must be from {', '.join(map(repr, METRICS))}. Received: {name!r}.")
    return METRICS[name]


def from_config(config: Any) -> list[str]:
    """Return the metrics' names that a Keras model file gives; those that we lack are refused by name.

    Parameters
    ----------
    config : list or None
        Names, {"class_name": ..., "config": {"name": ...}}, or lists of these, as `compile` was given them.

    Raises
    ------
    ValueError
        A metric is not known here.

    Examples
    --------
    >>> from_config(["accuracy", {"class_name": "BinaryAccuracy", "config": {"name": "binary_accuracy"}}])
    ['accuracy', 'binary_accuracy']
    """
    names: list[str] = []
    for item in config or ():
        if isinstance(item, dict):
            config = item.get("config")
            item = config.get("name") if isinstance(config, dict) else config  # an object's settings, or a function
        for name in item if isinstance(item, list) else [item]:
            if name is not None:
                get(name)
                names.append(name)
    return names
