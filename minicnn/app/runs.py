"""The folder of a run on a base: with what it began, how far it is, and that it goes on from there.

    config.json     the settings, and the folder of pictures
    run.json        the digest of the base's weights
    split.json      which picture is in which split
    history.csv     a row an epoch
    model.keras     the whole net after the best epoch
    state/          the head and its optimizer after the last epoch: see `callbacks.BackupAndRestore`

An epoch is finished when its state is written, after its row and its model. Who was stopped between them, by kill -9
even, goes on before that epoch: its row is cut off, and the epoch is done again to the same bits.
"""

import csv
import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..callbacks import BackupAndRestore, CSVLogger, Logs
from ..data import Folder, weights_digest
from ..files import naming, replacing
from ..models import Model
from .settings import Settings

PATHS = ("base", "start")  # of the settings; kept absolute, so that a run goes on from anywhere


def begin(out: Path, folder: str | os.PathLike[str], settings: Settings, base: Model) -> None:
    """Write with what a run begins.

    Parameters
    ----------
    out : Path
        The run's folder.
    folder : str or PathLike
        Of its pictures.
    settings : Settings
    base : Model
    """
    _write(out / "run.json", {"weights": weights_digest(base.get_weights())})
    _write_settings(out, folder, settings)


def read(out: str | os.PathLike[str], epochs: int | None = None) -> tuple[str, Settings]:
    """Read with what a run began.

    Parameters
    ----------
    out : str or PathLike
        The run's folder.
    epochs : int, optional
        Instead of its own.

    Returns
    -------
    folder : str
        Of its pictures.
    settings : Settings

    Raises
    ------
    ValueError
        It is no run on a base, or its config.json is damaged.
    """
    path = Path(out) / "config.json"
    if not path.is_file():
        raise ValueError(f"`resume` must be the folder of a run on a base, with a config.json. Received: {out}.")
    with naming(path):
        values = json.loads(path.read_text(encoding="utf-8"))
        kinds = {field.name: type(field.default) for field in dataclasses.fields(Settings)} | {"data": str}
        if not isinstance(values, dict) or "data" not in values or not values.keys() <= kinds.keys():
            raise ValueError(f"it must hold data, and of the settings {', '.join(kinds)} no others.")
        for name, value in values.items():
            if type(value) is not kinds[name] and not (kinds[name] is float and type(value) is int):
                raise ValueError(f"{name} must be of type {kinds[name].__name__}. Received: {value!r}.")
    folder = values.pop("data")
    return folder, dataclasses.replace(Settings(**values), **({} if epochs is None else {"epochs": epochs}))


def go_on(out: Path, folder: str | os.PathLike[str], settings: Settings, base: Model) -> None:
    """Write with what a run goes on, where its base is the one with which it began.

    Parameters
    ----------
    out : Path
    folder : str or PathLike
    settings : Settings
    base : Model

    Raises
    ------
    ValueError
        The base has other weights.
    """
    path = out / "run.json"
    with naming(path):
        before = json.loads(path.read_text(encoding="utf-8"))
    if before != {"weights": weights_digest(base.get_weights())}:
        raise ValueError(f"{settings.start or settings.base} holds another base than the one that {out} began with.")
    _write_settings(out, folder, settings)


def keep_split(out: Path, pictures: Folder) -> None:
    """Write which picture is in which split; a run that goes on must have the same.

    Parameters
    ----------
    out : Path
    pictures : Folder

    Raises
    ------
    ValueError
        The run began with others.
    """
    path = out / "split.json"
    if not path.exists():
        pictures.write_split(path)
        return
    with naming(path):
        before = json.loads(path.read_text(encoding="utf-8"))
        now = json.loads(json.dumps(pictures.record(), ensure_ascii=False).encode(errors="backslashreplace"))
        same = {**before, "folder": ""} == {**now, "folder": ""}
    if not same:
        raise ValueError(
            f"The pictures in {pictures.path} are not those that the run {out} began with; its split.json lists them."
        )


class Progress(BackupAndRestore):
    """Write an epoch's row, the whole net where it is the best, the state; begin where that was written.

    Parameters
    ----------
    out : Path
        The run's folder.
    net : Model
        The whole one, whose head is trained.
    say : function of a line
    """

    def __init__(self, out: Path, net: Model, say: Callable[[str], Any]) -> None:
        super().__init__(out / "state", delete_checkpoint=False)
        self.out: Path = out
        self.net: Model = net
        self.best: float = -1.0
        self._say = say
        self._rows = CSVLogger(out / "history.csv", append=True)

    def on_train_begin(self, logs: Logs) -> None:
        """Go on after the last finished epoch; rows after it are cut off."""
        super().on_train_begin(logs)
        done, asked = self.initial_epoch or 0, self.params["epochs"]
        if asked < done:
            raise ValueError(f"{self.out} has {done} finished epochs; --epochs must not be fewer. Received: {asked}.")
        self.best = max(_cut(self.out / "history.csv", done), default=-1.0)
        self._rows.set_params(self.params)
        self._rows.on_train_begin(logs)
        if done:
            self._say(f"going on after epoch {done} of {asked}")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write the row, the net if it is the best so far, then the state, which says that they are written."""
        self._rows.on_epoch_end(epoch, logs)
        if logs["val_accuracy"] > self.best:
            self.best = logs["val_accuracy"]
            self.net.save(self.out / "model.keras")
        super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Logs) -> None:
        """Close the history."""
        self._rows.on_train_end(logs)
        super().on_train_end(logs)


def _cut(path: Path, rows: int) -> list[float]:
    """Cut a history after so many rows, and return their accuracies on validation."""
    path.touch()
    lines = path.read_bytes().splitlines(keepends=True)[: rows + 1 if rows else 0]
    with naming(path):
        found = [float(row["val_accuracy"]) for row in csv.DictReader(line.decode() for line in lines)]
        if len(found) != rows:
            raise ValueError(f"it must have a row for each of the {rows} finished epochs. Received: {len(found)}.")
    with open(path, "r+b") as file:
        file.truncate(sum(map(len, lines)))
    return found


def _write_settings(out: Path, folder: str | os.PathLike[str], settings: Settings) -> None:
    values = dataclasses.asdict(settings)
    values |= {name: str(Path(values[name]).absolute()) for name in PATHS if values[name]}
    _write(out / "config.json", {"data": str(Path(folder).absolute())} | values)


def _write(path: Path, values: dict[str, Any]) -> None:
    with replacing(path) as file:
        file.write(json.dumps(values, indent=2).encode() + b"\n")
