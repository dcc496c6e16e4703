"""Metrics: what share of the predictions is right, and how sure that is."""

from .interval import interval
from .metrics import (
    METRICS,
    Mean,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    from_config,
    get,
    sparse_categorical_accuracy,
)

__all__ = [
    "METRICS",
    "Mean",
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "from_config",
    "get",
    "interval",
    "sparse_categorical_accuracy",
]
