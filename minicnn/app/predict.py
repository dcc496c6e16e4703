"""Name what is on photographs: the probability of each class."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..data import LeftOut, PictureError, load_image, pictures_below, reading
from ..files import probabilities_of
from ..models import Model
from ..types import Array
from .card import fed, known

AnyPath = TypeVar("AnyPath", bound=str | os.PathLike[str])


def probabilities(model: Model, outputs: Array | dict[str, Array]) -> Array:
    """Turn a model's outputs into probabilities.

    Logits are divided by classifier.json's temperature.

    Parameters
    ----------
    model : Model
        With its `classifier` set.
    outputs : (N, K) float, or a dict of one
        One output, K = 1, means two classes and is that of the second; where each label is for itself (`task` "many"),
        each unit is a label's.

    Returns
    -------
    p : (N, classes) float

    Raises
    ------
    ValueError
        An output is not a finite number.
    """
    if isinstance(outputs, dict):
        (outputs,) = outputs.values()
    check_finite(outputs)
    card = known(model)
    return probabilities_of(outputs, card["output"], card.get("task", "one"), card.get("temperature"))


def check_finite(outputs: Array) -> None:
    """Refuse, with a ValueError, answers that are no finite numbers."""
    if not np.isfinite(outputs).all():
        raise ValueError(f"The model's answers must be finite numbers. Received: {outputs[~np.isfinite(outputs)][0]}.")


def predict(
    model: Model, paths: Sequence[AnyPath], batch_size: int = 32, unreadable: dict[AnyPath, str] | None = None
) -> Array:
    """Return the probability of each class for pictures in files.

    Parameters
    ----------
    model : Model
        With its `classifier` set, see `card.complete`.
    paths : list of str or PathLike
    batch_size : int
    unreadable : dict, optional
        Gets {path: why} of those that are no pictures, which have no row then.

    Returns
    -------
    p : (N, classes) float

    Raises
    ------
    PictureError
        A file is no picture, and `unreadable` is None.
    """
    parts = [np.zeros((0, len(known(model)["class_names"])), np.float32)]
    parts += [probabilities(model, model.predict(x)) for _, x in read_batches(model, paths, batch_size, unreadable)]
    return np.concatenate(parts)


def read_batches(
    model: Model, paths: Sequence[AnyPath], batch_size: int = 32, unreadable: dict[AnyPath, str] | None = None
) -> Iterator[tuple[list[AnyPath], Array]]:
    """Yield (paths, x): pictures as the model takes them, batch by batch; see `predict`."""
    card = known(model)
    for start in range(0, len(paths), batch_size):
        pictures, read = [], []
        for path in paths[start : start + batch_size]:
            try:
                pictures.append(load_image(path, tuple(card["size"]), **reading(card)))
                read.append(path)
            except PictureError as problem:
                if unreadable is None:
                    raise
                unreadable[path] = str(problem)
        if pictures:
            yield read, fed(model, np.stack(pictures))


def picture_files(paths: Iterable[str | os.PathLike[str]], left_out: LeftOut | None = None) -> list[Path]:
    """List the pictures that paths name: files as they are, folders by their pictures, sorted.

    Parameters
    ----------
    paths : list of str or PathLike
    left_out : LeftOut, optional
        Gets what is left out of the folders.

    Returns
    -------
    files : list of Path

    Raises
    ------
    ValueError
        A folder holds no pictures.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            here = LeftOut() if left_out is None else left_out
            inside = pictures_below(path, here, f"{path}/")
            if not inside:
                raise ValueError(f"{path}: this folder holds no pictures. {str(here).capitalize()}".rstrip())
            files += [path / name for name in inside]
        else:
            files.append(path)
    return files
