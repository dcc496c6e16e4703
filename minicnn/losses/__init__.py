"""Losses: how wrong predictions are, and the gradient that training starts from.

CategoricalCrossentropy          one-hot labels
SparseCategoricalCrossentropy    integer labels
BinaryCrossentropy               outputs that are each a yes or a no
MeanSquaredError                 amounts
MeanAbsoluteError, Huber         amounts, of which some are far off
FunctionLoss                     a function of one's own
"""

from typing import TYPE_CHECKING

from ..elsewhere import refusing
from .amounts import Huber, MeanAbsoluteError, MeanSquaredError
from .binary_crossentropy import BinaryCrossentropy
from .categorical_crossentropy import CategoricalCrossentropy
from .crossentropy import CrossEntropy
from .function_loss import FunctionLoss
from .lookup import from_config, get
from .loss import HasActivation, Loss, gives_probabilities
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropy

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CrossEntropy",
    "FunctionLoss",
    "HasActivation",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "from_config",
    "get",
    "gives_probabilities",
]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("losses")
