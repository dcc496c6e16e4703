"""Optimizers: how a gradient changes the weights."""

from .optimizers import SGD, Adam, Optimizer, from_config, get

__all__ = ["Adam", "Optimizer", "SGD", "from_config", "get"]
