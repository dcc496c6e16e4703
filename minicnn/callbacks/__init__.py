"""Callbacks: what happens between epochs."""

from .callbacks import (
    Callback,
    CallbackList,
    CSVLogger,
    Diverged,
    EarlyStopping,
    History,
    ModelCheckpoint,
    Monitor,
    TerminateOnNaN,
    listed,
)

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "Diverged",
    "EarlyStopping",
    "History",
    "ModelCheckpoint",
    "Monitor",
    "TerminateOnNaN",
    "listed",
]
