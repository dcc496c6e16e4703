"""Judge a model on a folder of pictures: how often it is right, and who is taken for whom."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..data import ImageBatches, evaluation_set, folder_as_trained, reading, recorded_split_field
from ..metrics import interval
from ..models import Model, html_table
from ..types import IntArray
from .card import known, shaped
from .predict import probabilities


class Judgement:
    """How right a model is on a set: accuracy with its 95% interval, and who is taken for whom.

    Parameters
    ----------
    class_names : list of str
    labels : (N,) int
        The true classes.
    predicted : (N,) int
        What the model took them for.

    Attributes
    ----------
    class_names : list of str
    confusion : (classes, classes) int
        Row: the true class, column: the predicted one.
    """

    class_names: list[str]
    confusion: IntArray

    def __init__(self, class_names: Sequence[str], labels: ArrayLike, predicted: ArrayLike) -> None:
        self.class_names = list(class_names)
        self.confusion = np.zeros((len(class_names),) * 2, int)
        np.add.at(self.confusion, (np.asarray(labels), np.asarray(predicted)), 1)

    @property
    def accuracy(self) -> float:
        """Share of right predictions."""
        return self.confusion.trace() / self.confusion.sum()

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the accuracy (Wilson 1927)."""
        return interval(int(self.confusion.trace()), int(self.confusion.sum()))

    def __str__(self) -> str:
        return f"{self._headline()}\n\n{self.table()}"

    __repr__ = __str__

    def _headline(self) -> str:
        low, high = self.interval
        return f"accuracy {self.accuracy:.3f} on {self.confusion.sum()} pictures (95% interval {low:.3f} to {high:.3f})"

    def _repr_html_(self) -> str:
        """Write the same table as HTML, a cell the darker the more of its class went there: a notebook shows it."""
        totals = self.confusion.sum(1)
        rows = [
            [name, *(str(count or ".") for count in row), _share(row[label], totals[label]).strip()]
            for label, (name, row) in enumerate(zip(self.class_names, self.confusion, strict=True))
        ]
        shades = self.confusion / np.maximum(totals, 1)[:, None]
        head = ["true \\ predicted", *self.class_names, "found"]
        return html_table(head, rows, 1, self._headline(), shades.tolist())

    def table(self) -> str:
        """Write the confusion table: true classes down, predicted ones across, the share found at the end.

        Returns
        -------
        table : str
        """
        width = max(map(len, self.class_names))
        lines = [" " * width + "".join(f"{name[:6]:>8}" for name in self.class_names) + "   found"]
        for label, (name, row) in enumerate(zip(self.class_names, self.confusion, strict=True)):
            cells = "".join(f"{count or '.':>8}" for count in row)
            lines.append(f"{name:<{width}}{cells}{_share(row[label], row.sum())}")
        return "\n".join(lines)


def _share(right: int, total: int) -> str:
    return f"{right / total:8.0%}" if total else f"{'-':>8}"


def evaluate(
    model: Model,
    folder: str | os.PathLike[str],
    split: str | None = None,
    *,
    skip_corrupt: bool = False,
    split_seed: int | None = None,
    path: str | os.PathLike[str] | None = None,
    say: Callable[[str], Any] = print,
) -> tuple[Judgement, str]:
    """Judge a model on a folder of pictures: its test split if present, else validation, unless told otherwise.

    What the model learned from, known by content, is left out and counted; the splits "train" and "all" are judged
    whole, with a word.

    Parameters
    ----------
    model : Model
        With its `classifier` set, see `card.complete`.
    folder : str or PathLike
        See `data.Folder`.
    split : "train", "validation", "test" or "all", optional
    skip_corrupt : bool
        Leave out and count files that are no pictures.
    split_seed : int, optional
        Decides which pictures are held out where the folder has no `validation`; by default the seed of the model's own
        training.
    path : str or PathLike, optional
        The model's file: a run of an older version has its list of pictures beside it.
    say : function of a line

    Returns
    -------
    judgement : Judgement
    split : str
        Which was taken.

    Raises
    ------
    ValueError
        The folder's classes are not the model's, or it holds nothing to judge on.
    """
    card = known(model)
    if len(model.outputs) != 1 or card.get("task") == "pictures":
        raise ValueError("Only nets that name classes can be judged: with one output, a row of numbers a picture.")
    if card.get("task") == "many":
        raise ValueError(
            "A net that gives each label for itself is judged on a CSV of file,labels; --task one judges it by its "
            f"most probable class. Received: {folder}."
        )
    field = card.get("split")
    if field is None and path is not None:
        field = recorded_split_field(path, folder)
    pictures = folder_as_trained(folder, field, split_seed)
    names = card["class_names"]
    if set(pictures.class_names) != set(names):
        raise ValueError(
            f"{folder} must hold the model's classes {', '.join(names)} (--classes names them otherwise). "
            f"Received: {', '.join(pictures.class_names)}."
        )
    if pictures.left_out:
        say(str(pictures.left_out))
    judged = evaluation_set(pictures, field, split)
    if judged.note:
        say(judged.note)
    labels = np.array([names.index(name) for name in pictures.class_names])[judged.labels]  # in the model's order
    batches = _batches(card, judged.files, labels, skip_corrupt)
    if batches.skipped:
        say(f"{len(batches.skipped)} skipped as no pictures.")
    flat = len(model.input_shape) == 3  # without an axis of channels
    p = probabilities(model, model.predict((shaped(model, x) for x, _ in batches) if flat else batches))
    if (least := card.get("threshold")) is not None:
        answered = p.max(-1) >= least
        right = int((p.argmax(-1) == batches.labels)[answered].sum())
        say(f"Below {least:g} it is none of these: {answered.sum()} of {len(p)} answered, {right} of them right.")
    return Judgement(names, batches.labels, p.argmax(-1)), judged.split


def _batches(card: dict[str, Any], files: Sequence[Any], labels: IntArray, skip_corrupt: bool) -> ImageBatches:
    """Read pictures as the card says."""
    return ImageBatches(
        files,
        labels,
        card["class_names"],
        tuple(card["size"]),
        **reading(card),
        scale=card["scale"],
        offset=card["offset"],
        order=card.get("order", "rgb"),
        label_mode="int",
        skip_corrupt=skip_corrupt,
    )
