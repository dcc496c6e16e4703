"""The models of a page: one net at several epochs, from files, folders or memory, and the history beside them."""

import csv
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...models import Model, load_model
from ..terms import layer_path, unfold
from .pictures import taken

ModelOrPath = Model | str | os.PathLike[str]


class Epochs(NamedTuple):
    """One net at several epochs.

    Attributes
    ----------
    models : list of Model
        In the order of training.
    names : list of str
        "epoch 8", one a model.
    found : Path or None
        The folder or file that they came from.
    file : Path or None
        The last model's file.
    """

    models: list[Model]
    names: list[str]
    found: Path | None
    file: Path | None

    @property
    def last(self) -> Model:
        """The model that is shown first."""
        return self.models[-1]

    @property
    def title(self) -> str:
        """The name of the file or folder, or the model's own."""
        if self.found is None:
            return str(self.last.name)
        return self.found.resolve().parent.name if self.found.name == "series" else self.found.name

    def history(self) -> dict[str, list[float]]:
        """Read the history.csv that training left in the models' folder or in the one above; empty without one."""
        for folder in (self.found, self.found.parent) if self.found else ():
            file = folder / "history.csv"
            if folder.is_dir() and file.is_file():
                with open(file, newline="") as lines:
                    rows = list(csv.DictReader(lines))
                try:
                    return {name: [float(row[name]) for row in rows] for name in rows[0] if name != "epoch"}
                except (IndexError, KeyError, TypeError, ValueError):
                    return {}  # some other program's file: the page draws the losses that it computes itself
        return {}


def load(models: ModelOrPath | Sequence[ModelOrPath]) -> Epochs:
    """Load the models of a page.

    Parameters
    ----------
    models : Model, path, or list of them
        A path is that of a model's file, of a folder of checkpoints, of one that holds them in `series`, or of one with
        TensorFlow.js's model.json.

    Returns
    -------
    epochs : Epochs

    Raises
    ------
    ValueError
        A folder without model files, or an empty list.
    """
    if isinstance(models, (str, os.PathLike)) and Path(models).is_dir():
        inside = Path(models) / "series" if (Path(models) / "series").is_dir() else Path(models)
        files = sorted((file for file in inside.iterdir() if file.suffix in (".keras", ".h5")), key=_natural)
        if not files and (inside / "model.json").is_file():
            files = [inside / "model.json"]
        if not files:
            raise ValueError(f"{models}: this folder holds no model files (.keras, .h5).")
        return Epochs(
            [load_model(file, optimizer=False) for file in files], [*map(_epoch, files)], Path(models), files[-1]
        )
    several = [models] if isinstance(models, (Model, str, os.PathLike)) else list(models)
    if not several:
        raise ValueError("`models` must hold at least one model. Received: none.")
    loaded = [load_model(each, optimizer=False) if isinstance(each, (str, os.PathLike)) else each for each in several]
    files = [Path(each) if isinstance(each, (str, os.PathLike)) else None for each in several]
    names = [_epoch(file) if file else f"model {number}" for number, file in enumerate(files, 1)]
    return Epochs(loaded, names, next(filter(None, reversed(files)), None), files[-1])


def check_finite(model: Model, name: str, pictures: Sequence[Any], card: dict[str, Any]) -> None:
    """Refuse a net that training has led astray: after the first NaN every number is one.

    Parameters
    ----------
    model : Model
    name : str
        What the message calls it.
    pictures : list of Picture
        What it must return finite numbers for.
    card : dict
        Its classifier.json.

    Raises
    ------
    ValueError
        A weight, or an output for one of the pictures, is not finite.
    """
    for key, place in unfold(model).items():
        for weight, array in (*place.layer.params.items(), *place.layer.state.items()):
            if not np.isfinite(array).all():
                raise ValueError(
                    f"The page explains nets of finite numbers; this one's training has diverged. "
                    f"Received: {name!r}, where '{layer_path(key)}/{weight}' holds "
                    f"{array[~np.isfinite(array)][0]}."
                )
    for picture in pictures:
        y = model.forward(taken(model, picture.pixels, card))
        if not np.isfinite(y).all():
            raise ValueError(
                f"The page explains nets of finite numbers. Received: {name!r}, which gives "
                f"{y[~np.isfinite(y)][0]} for the picture {picture.name!r}."
            )


def _natural(file: Path):
    """Sort numbers in names as numbers: epoch_99 before epoch_100."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", file.name)]


def _epoch(file: Path):
    """Name a checkpoint: "epoch_08.keras" is "epoch 8"."""
    number = re.search(r"epoch\D*(\d+)", file.stem)
    return f"epoch {int(number[1])}" if number else file.stem
