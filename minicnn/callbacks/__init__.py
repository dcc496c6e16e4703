"""Callbacks: what happens between epochs and between batches.

History                  what `fit` returns
CSVLogger                a line an epoch in a file
ModelCheckpoint          the model of every epoch, or of the best one
BackupAndRestore         the state of training, to go on from
EarlyStopping            the end once nothing improves
ReduceLROnPlateau        a smaller learning rate once nothing improves
LearningRateScheduler    the learning rate by a plan
LambdaCallback           functions of one's own
TerminateOnNaN           the end once a loss or a weight is no number
TensorBoard              the values of every epoch for TensorBoard
"""

from typing import TYPE_CHECKING

from ..elsewhere import refusing
from .backup_and_restore import BackupAndRestore
from .callback import Callback, CallbackList, Logs, listed
from .csv_logger import CSVLogger
from .early_stopping import EarlyStopping
from .history import History
from .lambda_callback import LambdaCallback
from .learning_rates import LearningRateScheduler, ReduceLROnPlateau
from .model_checkpoint import ModelCheckpoint
from .monitor import Monitor
from .tensor_board import TensorBoard
from .terminate_on_nan import Diverged, TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "Diverged",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "Logs",
    "ModelCheckpoint",
    "Monitor",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
    "listed",
]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("callbacks")
