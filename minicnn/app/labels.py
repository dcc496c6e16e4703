"""Judge a model that gives several labels at once: precision, recall and F1 of each."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..data import ImageBatches, LabelledPictures, fingerprints, reading
from ..models import Model, html_table
from ..types import AnyArray, IntArray
from .card import known, shaped
from .predict import probabilities

THRESHOLD: float = 0.5  # where classifier.json says none


class LabelJudgement:
    """How right a model is about labels, each for itself.

    Parameters
    ----------
    class_names : list of str
    truth : (N, labels) bool
    predicted : (N, labels) bool

    Attributes
    ----------
    class_names : list of str
    count : int
        Of the pictures.
    right, predicted, true : (labels,) int
        How many pictures have the label and were given it; were given it; have it.
    """

    class_names: list[str]
    count: int
    right: IntArray
    predicted: IntArray
    true: IntArray

    def __init__(self, class_names: Sequence[str], truth: ArrayLike, predicted: ArrayLike) -> None:
        given, told = np.asarray(truth, bool), np.asarray(predicted, bool)
        self.class_names, self.count = list(class_names), len(given)
        self.right, self.predicted, self.true = (given & told).sum(0), told.sum(0), given.sum(0)

    @property
    def precision(self) -> AnyArray:
        """Share of pictures with the label among those that were given it; NaN where none was. (labels,) float."""
        return _share(self.right, self.predicted)

    @property
    def recall(self) -> AnyArray:
        """Share of pictures that were given the label among those that have it; NaN where none has. (labels,) float."""
        return _share(self.right, self.true)

    @property
    def f1(self) -> AnyArray:
        """The harmonic mean of the two, 2 right / (predicted + true). (labels,) float."""
        return _share(2 * self.right, self.predicted + self.true)

    def __str__(self) -> str:
        width = max(*map(len, self.class_names), len("label"))
        lines = [f"{self.count} pictures", "", f"{'label':<{width}}  precision  recall      F1  pictures"]
        for name, *cells in self._rows():
            lines.append(f"{name:<{width}}{cells[0]:>11}{cells[1]:>8}{cells[2]:>8}{cells[3]:>10}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Write the same table as HTML: a notebook shows it."""
        return html_table(["label", "precision", "recall", "F1", "pictures"], self._rows(), 1, f"{self.count} pictures")

    def _rows(self) -> list[list[str]]:
        """List, for each label, its name, three shares and how many pictures have it."""
        every = zip(self.class_names, self.precision, self.recall, self.f1, self.true, strict=True)
        return [
            [name, *(f"{share:.3f}" if np.isfinite(share) else "-" for share in shares), str(count)]
            for name, *shares, count in every
        ]


def _share(part: IntArray, whole: IntArray) -> AnyArray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def evaluate_labels(
    model: Model,
    path: str | os.PathLike[str],
    split: str | None = None,
    *,
    skip_corrupt: bool = False,
    split_seed: int | None = None,
    say: Callable[[str], Any] = print,
) -> tuple[LabelJudgement, str]:
    """Judge a model on pictures that a CSV lists, on all that it did not learn from unless told otherwise.

    Parameters
    ----------
    model : Model
        With its `classifier` set, of `task` "many".
    path : str or PathLike
        See `data.LabelledPictures`.
    split : "train", "validation" or "all", optional
        By default all but what the model learned from, known by content.
    skip_corrupt : bool
        Leave out and count files that are no pictures.
    split_seed : int, optional
        By default the seed of the model's own training.
    say : function of a line

    Returns
    -------
    judgement : LabelJudgement
    split : str
        Which was taken.

    Raises
    ------
    ValueError
        The labels are not the model's, or nothing is left to judge on.
    """
    card = known(model)
    field, names = card.get("split") or {}, card["class_names"]
    pictures = LabelledPictures(path, (field.get("seed") or 0) if split_seed is None else split_seed)
    if extra := set(pictures.class_names) - set(names):
        raise ValueError(
            f"{path} must have labels of the model's, {', '.join(names)}. Received: {', '.join(sorted(extra))}."
        )
    files, labels = pictures.split(split or "all")
    learned = set(field.get("learned", []))
    seen = np.array([print_ in learned for print_ in fingerprints(files)], bool)
    if not learned:
        say("the model's file does not tell what it learned from: it may have been these pictures.")
    elif split in ("train", "all"):
        say(f"the model learned from {seen.sum()} of these {len(files)} pictures.")
    elif seen.any():
        if seen.all():
            raise ValueError(
                f"The model learned from all {len(files)} pictures of {path}; --split all judges it on them."
            )
        say(f"{seen.sum()} of {len(files)} pictures are left out: the model learned from them.")
        files, labels = [file for file, out in zip(files, seen, strict=True) if not out], labels[~seen]
    columns = [names.index(name) for name in pictures.class_names]
    truth = np.zeros((len(files), len(names)), np.int64)
    truth[:, columns] = labels
    batches = ImageBatches(
        files,
        truth,
        names,
        tuple(card["size"]),
        **reading(card),
        scale=card["scale"],
        offset=card["offset"],
        order=card.get("order", "rgb"),
        label_mode="many",
        skip_corrupt=skip_corrupt,
    )
    if batches.skipped:
        say(f"{len(batches.skipped)} skipped as no pictures.")
    p = probabilities(model, model.predict((shaped(model, x) for x, _ in batches)))
    least = card.get("threshold")
    return LabelJudgement(names, batches.labels, p >= (THRESHOLD if least is None else least)), split or "unseen"
