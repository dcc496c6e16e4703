"""Training: batches in, smaller losses out.

setup.py            what `compile` makes: optimizer, loss, metrics
fit.py              epochs of steps, with callbacks and a progress bar
train_on_batch.py   one step
evaluate.py         loss and metrics, nothing learned
predict.py          outputs
step.py             forward, loss, backward, update
model.py            what all of these ask of a model
"""

from .batches import Data
from .evaluate import evaluate
from .fit import Callbacks, History, fit
from .model import TrainableModel
from .predict import predict
from .setup import Setup
from .train_on_batch import train_on_batch

__all__ = [
    "Callbacks",
    "Data",
    "History",
    "Setup",
    "TrainableModel",
    "evaluate",
    "fit",
    "predict",
    "train_on_batch",
]
