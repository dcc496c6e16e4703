"""Training: batches in, smaller losses out."""

from .loops import Setup, evaluate, fit, predict, train_on_batch

__all__ = ["Setup", "evaluate", "fit", "predict", "train_on_batch"]
