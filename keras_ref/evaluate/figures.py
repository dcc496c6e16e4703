"""What an evaluation is in numbers: every figure from the answers of one model to the pictures of a split."""

import csv
import dataclasses
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.data import Folder
from minicnn.files import FLOOR, logits_of
from minicnn.metrics import interval

from .. import predict
from ..model import Card
from ..runtime import files
from ..types import AnyPath, Result
from . import calibration

TOP: int = 3  # a right class among so many is worth a figure of its own
CALIBRATED_ON: str = "validation"  # the split that `evaluate --calibrate` fits on


@dataclass
class Answers:
    """What one model says about each picture of a split.

    Parameters
    ----------
    card : Card, the classes in the model's order
    paths : N paths
    labels : (N,) int
    raw : (N, classes) float64, as the net answers: logits, before the card's temperature, or probabilities
    """

    card: Card
    paths: tuple[Path, ...]
    labels: NDArray[np.integer[Any]]
    raw: NDArray[np.float64]

    @property
    def logits(self) -> NDArray[np.floating[Any]]:
        """Logits that lead to the net's answers, before the card's temperature, (N, classes) float64."""
        return self.raw if self.card.output == "logits" else logits_of(self.raw)

    @property
    def probabilities(self) -> NDArray[np.floating[Any]]:
        """What predict says of each picture, (N, classes) float64."""
        return predict.probabilities(self.raw, self.card)

    @property
    def bare(self) -> "Answers":
        """The same answers without the card's temperature."""
        return dataclasses.replace(self, card=dataclasses.replace(self.card, temperature=None))

    @property
    def losses(self) -> NDArray[np.floating[Any]]:
        """The cross-entropy of each picture, (N,) float64.

        That of a model that answers probabilities is Keras's: they are divided by their sum and bounded by its epsilon.
        """
        if self.card.output == "probabilities":
            p = self.probabilities
            p = np.clip(p / np.maximum(p.sum(axis=1, keepdims=True), FLOOR), FLOOR, 1 - FLOOR)
            return -np.log(p[np.arange(len(p)), self.labels])
        z = self.raw / (self.card.temperature or 1)
        shifted = z - z.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -logs[np.arange(len(logs)), self.labels]

    @property
    def guesses(self) -> NDArray[np.integer[Any]]:
        """The most probable class of each picture, (N,) int."""
        return self.raw.argmax(axis=1)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each picture's most probable class is its own, (N,) bool."""
        return self.guesses == self.labels


def summary(answers: Answers, trained: Mapping[str, int] | None = None) -> Result:
    """Return every figure of an evaluation.

    Parameters
    ----------
    answers : Answers
    trained : {class: pictures} that the model learned from, or None where nobody knows
        Of always naming one class the figure is that of the largest of these; without them of the split's own largest.

    Returns
    -------
    figures : what JSON can write
    """
    names, labels, n = answers.card.class_names, answers.labels, len(answers.labels)
    probabilities, right = answers.probabilities, int(answers.right.sum())
    confusion = np.zeros((len(names), len(names)), int)
    np.add.at(confusion, (labels, answers.guesses), 1)
    counts = confusion.sum(axis=1)
    largest = max(names, key=lambda name: trained.get(name, 0)) if trained else names[int(counts.argmax())]
    return {
        "pictures": n,
        "right": right,
        "accuracy": right / n,
        "interval": interval(right, n),
        "loss": float(answers.losses.mean()),
        "top3": _among(answers.raw, labels, TOP) if len(names) > TOP else None,
        "macro_f1": _macro_f1(confusion),
        "ece": calibration.expected_error(probabilities, labels),
        "ece_without_temperature": calibration.expected_error(answers.bare.probabilities, labels),
        "temperature": answers.card.temperature,
        "calibrated_on": None if answers.card.temperature is None else CALIBRATED_ON,
        "majority": int(counts[names.index(largest)]) / n,
        "majority_class": largest,
        "majority_of": "training" if trained else "the split",
        "answered": _answered(answers, probabilities),
        "per_class": [
            {
                "class": name,
                "pictures": int(counts[i]),
                "precision": _ratio(confusion[i, i], confusion[:, i].sum()),
                "recall": _ratio(confusion[i, i], counts[i]),
            }
            for i, name in enumerate(names)
        ],
        "confusion": confusion.tolist(),
        "class_names": list(names),
    }


def trained_counts(card: Card, found: Folder) -> dict[str, int] | None:
    """Return how many pictures of each class a model learned from.

    Parameters
    ----------
    card : Card
    found : minicnn.data.Folder
        Its train/ is taken for the model's where the model does not tell.

    Returns
    -------
    counts : {class: pictures}, or None where neither tells
    """
    told = ((card.split or {}).get("counts") or {}).get("train")
    if told or "train" not in found.splits:
        return told or None
    counts = np.bincount(found.splits["train"].labels, minlength=len(found.class_names))
    return dict(zip(found.class_names, counts.tolist(), strict=True))


def write_answers(answers: Answers, found: Folder, path: AnyPath) -> None:
    """Write what a model says of each picture, a row each: answers.csv.

    Parameters
    ----------
    answers : Answers
    found : minicnn.data.Folder
    path : str or path
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    names = answers.card.class_names
    rows.writerow(["picture", "is", "class", "probability", "loss", *(f"p_{name}" for name in names)])
    for file, label, p, loss in zip(answers.paths, answers.labels, answers.probabilities, answers.losses, strict=True):
        told = predict.named(p, answers.card)
        rows.writerow([found.name_of(file), names[label], told, float(p.max()), float(loss), *map(float, p)])
    files.write_text(path, text.getvalue())


def _among(answers, labels, k):
    """Return the share of pictures whose class is among the k most probable; the first of equals comes first."""
    ranked = np.argsort(-answers, axis=1, kind="stable")[:, :k]
    return float((ranked == labels[:, None]).any(axis=1).mean())


def _macro_f1(confusion):
    """Return the mean over classes of 2 TP / (2 TP + FP + FN); a class that neither is nor is named has none."""
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float((2 * confusion.diagonal()[both > 0] / both[both > 0]).mean())


def _answered(answers, probabilities):
    """Return what the threshold leaves: pictures answered, and how many of them right."""
    least = answers.card.threshold
    if least is None:
        return None
    kept = probabilities.max(axis=1) >= least
    return {"threshold": least, "pictures": int(kept.sum()), "right": int((answers.right & kept).sum())}


def _ratio(part, whole):
    return float(part / whole) if whole else None
