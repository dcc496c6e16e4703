"""Metrics: what share of the predictions is right, and how sure that is."""

from .accuracy import accuracy, binary_accuracy, categorical_accuracy, sparse_categorical_accuracy
from .interval import interval
from .lookup import METRICS, Metric, from_config, get
from .mean import Mean

__all__ = [
    "METRICS",
    "Mean",
    "Metric",
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "from_config",
    "get",
    "interval",
    "sparse_categorical_accuracy",
]
