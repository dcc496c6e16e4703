"""Metrics: what share of the predictions is right."""

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
    "sparse_categorical_accuracy",
]
