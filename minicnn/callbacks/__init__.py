"""Callbacks: what happens between epochs.

History            what `fit` returns
CSVLogger          a line an epoch in a file
ModelCheckpoint    the model of every epoch, or of the best one
EarlyStopping      the end once nothing improves
TerminateOnNaN     the end once a loss or a weight is no number
"""

from .callback import Callback, CallbackList, Logs, listed
from .csv_logger import CSVLogger
from .early_stopping import EarlyStopping
from .history import History
from .model_checkpoint import ModelCheckpoint
from .monitor import Monitor
from .terminate_on_nan import Diverged, TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "Diverged",
    "EarlyStopping",
    "History",
    "Logs",
    "ModelCheckpoint",
    "Monitor",
    "TerminateOnNaN",
    "listed",
]
