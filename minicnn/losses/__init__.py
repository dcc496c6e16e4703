"""Losses: how wrong predictions are, and the gradient that training starts from.

CategoricalCrossentropy          one-hot labels
SparseCategoricalCrossentropy    integer labels
BinaryCrossentropy               outputs that are each a yes or a no
MeanSquaredError                 amounts
"""

from .binary_crossentropy import BinaryCrossentropy
from .categorical_crossentropy import CategoricalCrossentropy
from .crossentropy import CrossEntropy
from .lookup import from_config, get
from .loss import HasActivation, Loss, gives_probabilities
from .mean_squared_error import MeanSquaredError
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropy

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CrossEntropy",
    "HasActivation",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "from_config",
    "get",
    "gives_probabilities",
]
