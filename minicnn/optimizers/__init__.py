"""Optimizers: how a gradient changes the weights.

SGD        along the gradient, with momentum on request
Adam       with a step size of its own for each weight
AdamW      the same, and the weights decay
RMSprop    along the gradient, divided by the root of its mean square

Each takes a learning rate or a schedule of them (schedules.py), a weight decay, and one way to clip gradients.
"""

from typing import TYPE_CHECKING

from ..elsewhere import refusing
from . import schedules
from .adam import Adam, AdamW
from .lookup import from_config, get
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .schedules import CosineDecay, ExponentialDecay, LearningRateSchedule, PiecewiseConstantDecay
from .sgd import SGD

__all__ = [
    "Adam",
    "AdamW",
    "CosineDecay",
    "ExponentialDecay",
    "LearningRateSchedule",
    "Optimizer",
    "PiecewiseConstantDecay",
    "RMSprop",
    "SGD",
    "from_config",
    "get",
    "schedules",
]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("optimizers")
