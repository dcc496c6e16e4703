"""Metrics: what share of the predictions is right, and how sure that is.

accuracy.py     which predictions are right, in Keras's three meanings
means.py        metrics that are the mean of one number an example
counts.py       Precision, Recall, F1Score, AUC: counted over a whole epoch
interval.py     how sure an accuracy is
"""

from typing import TYPE_CHECKING

from ..elsewhere import refusing
from .accuracy import accuracy, binary_accuracy, categorical_accuracy, sparse_categorical_accuracy
from .counts import AUC, F1Score, Precision, Recall
from .interval import interval
from .lookup import METRICS, from_config, get, to_config
from .mean import Mean
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

__all__ = [
    "AUC",
    "METRICS",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "F1Score",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetric",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "Recall",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "from_config",
    "get",
    "interval",
    "mean_absolute_error",
    "mean_squared_error",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "to_config",
    "top_k_categorical_accuracy",
]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("metrics")
