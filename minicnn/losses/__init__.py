"""Losses: how wrong predictions are, and the gradient that training starts from."""

from .losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CrossEntropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
    from_config,
    get,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CrossEntropy",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "from_config",
    "get",
]
