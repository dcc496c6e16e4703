"""Training: batches in, smaller losses out.

setup.py            what `compile` makes: optimizer, loss, metrics
fit.py              epochs of steps, with callbacks and a progress bar
train_on_batch.py   one step
evaluate.py         loss and metrics, nothing learned; test_on_batch
predict.py          outputs
step.py             forward, loss, backward, update
batches.py          what is given: arrays (array_batches.py) or batches; feed.py goes through them
model.py            what all of these ask of a model
"""

from .batches import Data
from .evaluate import evaluate, test_on_batch
from .fit import Callbacks, History, fit
from .model import TrainableModel
from .predict import predict
from .setup import Setup, check_unused
from .train_on_batch import train_on_batch

__all__ = [
    "Callbacks",
    "Data",
    "History",
    "Setup",
    "TrainableModel",
    "check_unused",
    "evaluate",
    "fit",
    "predict",
    "test_on_batch",
    "train_on_batch",
]
