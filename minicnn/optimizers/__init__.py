"""Optimizers: how a gradient changes the weights.

SGD     along the gradient, with momentum on request
Adam    with a step size of its own for each weight
"""

from .adam import Adam
from .lookup import from_config, get
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["Adam", "Optimizer", "SGD", "from_config", "get"]
