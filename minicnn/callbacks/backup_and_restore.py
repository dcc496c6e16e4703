"""Training that goes on where it was broken off."""

import contextlib
import json
from os import PathLike
from pathlib import Path
from typing import Any

from .. import files
from ..arguments import boolean, path
from .callback import Callback, Logs
from .every import Every

STATE = "training_metadata.json"  # Keras's name; it names the model beside it
PREFIX = "state_"  # of that model's name


class BackupAndRestore(Callback):
    """Keep the state of training in a folder, and go on from it where the folder holds one.

    Kept are the weights, the optimizer's state, which epoch comes next, how many epochs the model has trained, and how
    far each Dropout has drawn. The training of a model with a seed goes on to the same bits as if it had not
    been broken off, but for two things: with `steps_per_epoch` the order of the examples begins anew, and what other
    callbacks remember (the best value, how long they waited) is lost.

    Parameters
    ----------
    backup_dir : str or path
        A folder for this run alone.
    save_freq : "epoch" or int
        After each epoch, or after so many batches. What was done of an epoch after its last save is done again, the
        epoch from its beginning.
    double_checkpoint : bool
        As in Keras, who keeps the state before the last one too. Here a state is whole before it takes the last one's
        place, so there is nothing to keep.
    delete_checkpoint : bool
        Remove the state, and the folder where nothing else is in it, when training has ended by itself.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these; the folder holds another model's state.

    Notes
    -----
    Source: Keras 3 `BackupAndRestore`; its folders and these are not the same.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn import Dense, Input, Sequential
    >>> folder, epochs = tempfile.mkdtemp(), []
    >>> for last in (2, 5):  # the second run does epochs 2, 3 and 4
    ...     model = Sequential([Input((1,)), Dense(1)], seed=0)
    ...     model.compile("sgd", "mse")
    ...     backup = BackupAndRestore(folder, delete_checkpoint=False)
    ...     epochs += model.fit([[1.0]], [[1.0]], epochs=last, verbose=0, callbacks=backup).epoch
    >>> epochs
    [0, 1, 2, 3, 4]
    """

    backup_dir: Path

    def __init__(
        self,
        backup_dir: str | PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        self.backup_dir, self._every = Path(path("backup_dir", backup_dir)), Every(save_freq)
        self.double_checkpoint: bool = boolean("double_checkpoint", double_checkpoint)
        self.delete_checkpoint: bool = boolean("delete_checkpoint", delete_checkpoint)

    def on_train_begin(self, logs: Logs) -> None:
        """Go on from the state in the folder, if there is one."""
        self.initial_epoch, self._next = None, 0
        place = self.backup_dir / STATE
        if not place.exists():
            return
        with files.naming(place):
            state = json.loads(place.read_text(encoding="utf-8"))
        layers = _drawing(self.model)
        if len(layers) != len(state["drawn"]):
            raise ValueError(
                f"`backup_dir` must hold the state of this model, in which {len(layers)} layers draw numbers. "
                f"Received: {place}, of a model in which {len(state['drawn'])} do."
            )
        saved = self.backup_dir / state["model"]
        self.model.load_weights(saved)
        self.model.optimizer.set_variables(self.model.params, files.read(saved).optimizer)
        for layer, drawn in zip(layers, state["drawn"], strict=True):
            layer.rng.bit_generator.state = drawn
        with contextlib.suppress(TypeError):  # a schedule knows itself where it stands
            self.model.optimizer.learning_rate = state["learning_rate"]  # as it was, where the model's is a float32
        self.model.epochs = state["epochs"]
        self.initial_epoch = self._next = state["epoch"]

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Remember which epoch it is."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Save if it is due."""
        if self._every.batch():
            self._save(self._epoch)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save if it is due."""
        self._next = epoch + 1
        if self._every.epoch():
            self._save(epoch + 1)

    def on_train_end(self, logs: Logs) -> None:
        """Remove the state, where training has ended by itself."""
        ended = self.model.stop_training or self._next >= self.params.get("epochs", 0)
        if self.delete_checkpoint and ended and self.backup_dir.exists():
            self._remove(STATE)
            with contextlib.suppress(OSError):  # where the user keeps something else in it
                self.backup_dir.rmdir()

    def _save(self, epoch: int) -> None:
        """Write the model under a new name, then the state that names it, then drop the model before."""
        self.backup_dir.mkdir(parents=True, exist_ok=True)
        name = f"{PREFIX}{self.model.optimizer.iterations}.keras"
        self.model.save(self.backup_dir / name)
        drawn = [layer.rng.bit_generator.state for layer in _drawing(self.model)]
        rate = self.model.optimizer.learning_rate
        told = {"epoch": epoch, "epochs": self.model.epochs, "learning_rate": rate}
        state: dict[str, Any] = {**told, "model": name, "drawn": drawn}
        with files.replacing(self.backup_dir / STATE) as file:
            file.write(json.dumps(state).encode())
        self._remove(but=name)

    def _remove(self, *others: str, but: str | None = None) -> None:
        """Remove the models of the folder but for one, and other files."""
        models = [each.name for each in self.backup_dir.glob(f"{PREFIX}*.keras") if each.name != but]
        for name in (*others, *models):
            (self.backup_dir / name).unlink(missing_ok=True)


def _drawing(model: Any) -> list[Any]:
    """List the layers that draw numbers in training."""
    return [layer for _, layer in model.leaves() if hasattr(layer, "rng")]
