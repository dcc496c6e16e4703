"""The values of every epoch for TensorBoard, through its package's own writer (extra `tracking`)."""

import importlib
import time
from os import PathLike
from pathlib import Path
from typing import Any

from ..arguments import path, refuse
from .callback import Callback, Logs

# Keras's other arguments, and the values of them that mean "not used".
UNUSED: dict[str, tuple[Any, ...]] = {
    "histogram_freq": (0,), "write_graph": (True, False), "write_images": (False,), "profile_batch": (0,),
    "write_steps_per_second": (False,), "update_freq": ("epoch",), "embeddings_freq": (0,),
    "embeddings_metadata": (None,),
}  # fmt: skip


class TensorBoard(Callback):
    """Write loss, metrics and learning rate after each epoch, as Keras's callback of this name does.

    Parameters
    ----------
    log_dir : str or path
        Of the files: `train` in it, and `validation` where it validates.
    **more : anything
        Keras's other arguments, which mean nothing else here than their defaults.

    Raises
    ------
    ValueError
        An argument asks for more than scalars; when training begins, the package tensorboard is not there.

    Examples
    --------
    >>> TensorBoard("logs", histogram_freq=1)
    Traceback (most recent call last):
    ...
    ValueError: TensorBoard(histogram_freq=1) is not supported: one number a value is written after each epoch.
    """

    log_dir: str

    def __init__(self, log_dir: str | PathLike[str] = "logs", **more: Any):
        advice = "one number a value is written after each epoch"
        refuse("TensorBoard", more, {key: (neutral, advice) for key, neutral in UNUSED.items()})
        self.log_dir = path("log_dir", log_dir)

    def on_train_begin(self, logs: Logs) -> None:
        """Find the package."""
        names = "compat.proto.event_pb2", "compat.proto.summary_pb2", "summary.writer.event_file_writer"
        try:
            self._events, self._summaries, self._files = (importlib.import_module(f"tensorboard.{n}") for n in names)
        except ImportError:
            raise ValueError(
                "TensorBoard needs the package tensorboard; install it with: pip install 'minicnn[tracking]'."
            ) from None
        self._writers: dict[str, Any] = {}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write the epoch's values: "epoch_loss" of training and of validation, ..."""
        for name, value in {"learning_rate": self.model.optimizer.learning_rate, **logs}.items():
            kind = "validation" if name.startswith("val_") else "train"
            if kind not in self._writers:
                self._writers[kind] = self._files.EventFileWriter(str(Path(self.log_dir, kind)))
            told = self._summaries.Summary()
            told.value.add(tag=f"epoch_{name.removeprefix('val_')}", simple_value=float(value))
            self._writers[kind].add_event(self._events.Event(step=epoch, summary=told, wall_time=time.time()))
            self._writers[kind].flush()

    def on_train_end(self, logs: Logs) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
