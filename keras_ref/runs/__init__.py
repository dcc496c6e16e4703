"""What a run folder holds: models and settings, the record of its making, the state to go on from; who is told."""

from . import record, state
from .folder import checkpoints, model_file, settings_of
from .tracking import trackers

__all__ = [
    "checkpoints",
    "model_file",
    "record",
    "settings_of",
    "state",
    "trackers",
]
