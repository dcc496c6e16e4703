"""How good a classifier is on pictures it never learned from: 8.12, with intervals, and two checkpoints pairwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.data import Folder, evaluation_set, folder_as_trained, recorded_split_field
from minicnn.metrics import interval

from . import card as cards
from . import console, files, pictures, predict, results, weights
from .card import Card
from .types import AnyPath, Net, Result

BATCH: int = 32
WORST: int = 24  # pictures shown


@dataclass
class Answers:
    """What one model says about each picture of a split.

    Parameters
    ----------
    class_names : tuple of str
    paths : N paths
    labels : (N,) int
    probabilities : (N, classes) float64
    losses : (N,) float64
    """

    class_names: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: NDArray[np.integer[Any]]
    probabilities: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each picture's most probable class is its own, (N,) bool."""
        return self.probabilities.argmax(axis=1) == self.labels


def ask(
    model_path: AnyPath,
    model: tuple[Net, Card],
    found: Folder,
    files: Sequence[Path],
    labels: NDArray[np.integer[Any]],
    mirror: bool = False,
) -> Answers:
    """Run a loaded model over pictures of a data folder.

    Parameters
    ----------
    model_path : str or path, what an error calls it
    model : (net, card)
    found : minicnn.data.Folder
    files : N pictures of it
    labels : (N,) int, their classes
    mirror : bool
        Whether an answer is the mean of those to a picture and to its mirror image.

    Returns
    -------
    answers : Answers, the classes in the model's order

    Raises
    ------
    ValueError
        The classes are others than the model's, or a picture can't be read.
    Diverged
        An answer is not finite.
    """
    net, card = model
    names, labels = _matched(card, found, labels, model_path)
    source = pictures.Pictures(files, card.recipe, keep=False)
    raw = []
    with console.progress("evaluating", len(files)) as advance, source.naming_the_culprit():
        for (x,) in source.batches(BATCH):
            raw.append(np.float64(predict.ask(net, x.numpy(), BATCH, mirror)))
            advance(len(x))
    answers = predict.finite(np.concatenate(raw), files, card.output)
    probabilities, losses = _scores(answers, labels, card.output)
    return Answers(names, tuple(files), labels, probabilities, losses)


def _load(model_path, data_folder):
    """Load a model, and return ((net, card), what it learned from or None)."""
    net, card, sentence = cards.load(model_path)
    console.note(sentence)
    return (net, card), card.split or recorded_split_field(model_path, data_folder)


def _judged(fields, data_folder, split_name, split_seed, skip_corrupt):
    """Choose the pictures to judge models on: (folder, split, files, labels), without what any of them learned from."""
    known = next((field for field in fields if field), None)
    found = folder_as_trained(data_folder, known, split_seed)
    if len(found.left_out):
        console.note(f"{data_folder}: {found.left_out}")
    if skip_corrupt:
        found, _ = pictures.without_corrupt(found)
    judged = [evaluation_set(found, field, split_name) for field in fields]
    for note in dict.fromkeys(one.note for one in judged if one.note):
        console.note(note[0].upper() + note[1:])
    both = set.intersection(*(set(one.files) for one in judged))
    first = judged[0]
    keep = [i for i, path in enumerate(first.files) if path in both]
    if not keep:
        raise ValueError(f"No picture of {first.split} in {data_folder} is left that neither model learned from.")
    return found, first.split, [first.files[i] for i in keep], first.labels[keep]


def _matched(card, found, labels, where):
    """Return class names in the model's order and the labels in that order."""
    if set(card.class_names) == set(found.class_names):
        order = np.array([card.class_names.index(name) for name in found.class_names])
        return card.class_names, order[labels]
    if len(card.class_names) != len(found.class_names):
        raise ValueError(
            f"{where} knows {len(card.class_names)} classes, but {found.path} has {len(found.class_names)}."
        )
    if card.class_names == tuple(str(i) for i in range(len(card.class_names))):
        return found.class_names, labels
    odd = sorted(set(card.class_names) ^ set(found.class_names))[0]
    raise ValueError(f"{where} and {found.path} do not have the same classes: {odd!r} is in one of them only.")


def _scores(raw, labels, output):
    rows = np.arange(len(labels))
    if output == "logits":
        shifted = raw - raw.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    else:  # as Keras has it: divide by the row's sum, clip at 1e-7
        logs = np.log(np.clip(raw / raw.sum(axis=1, keepdims=True), 1e-7, 1 - 1e-7))
    return np.exp(logs), -logs[rows, labels]


def summary(answers: Answers) -> Result:
    """Return every figure of an evaluation.

    Parameters
    ----------
    answers : Answers

    Returns
    -------
    figures : what JSON can write
    """
    names, labels, n = answers.class_names, answers.labels, len(answers.labels)
    guessed, right = answers.probabilities.argmax(axis=1), int(answers.right.sum())
    confusion = np.zeros((len(names), len(names)), int)
    np.add.at(confusion, (labels, guessed), 1)
    per_class = [
        {
            "class": name,
            "pictures": int(confusion[i].sum()),
            "precision": _ratio(confusion[i, i], confusion[:, i].sum()),
            "recall": _ratio(confusion[i, i], confusion[i].sum()),
        }
        for i, name in enumerate(names)
    ]
    return {
        "pictures": n,
        "right": right,
        "accuracy": right / n,
        "interval": interval(right, n),
        "loss": float(answers.losses.mean()),
        "majority": np.bincount(labels).max() / n,
        "per_class": per_class,
        "confusion": confusion.tolist(),
        "class_names": list(names),
    }


def _ratio(part, whole):
    return float(part / whole) if whole else None


def evaluate(
    model_path: AnyPath,
    data_folder: AnyPath,
    out: AnyPath,
    split_name: str | None = None,
    split_seed: int | None = None,
    skip_corrupt: bool = False,
    mirror: bool = False,
) -> Result:
    """Evaluate one model; write evaluation.json, confusion.png and worst.png to a new folder.

    Parameters
    ----------
    model_path : str or path of a model file
    data_folder : str or path
    out : str or path of a new or empty folder
    split_name : "train", "validation", "test", "all", or None: test if there is one, else validation
        What a model learned from is known by content and left out, unless this is "train" or "all".
    split_seed : int, or None for the one of the model's training
    skip_corrupt : bool
        Whether pictures that can't be read are left out.
    mirror : bool
        Whether an answer is the mean of those to a picture and to its mirror image.

    Returns
    -------
    result : the content of evaluation.json

    Raises
    ------
    ValueError
        The model or the data can't be used, or nothing is left to judge it on.
    Diverged
        An answer is not finite.
    """
    out = files.unused(out)
    model, field = _load(model_path, data_folder)
    found, split, paths, labels = _judged([field], data_folder, split_name, split_seed, skip_corrupt)
    answers = ask(model_path, model, found, paths, labels, mirror)
    result: dict[str, Any] = {"model": str(model_path), "base": weights.named(model[0])}
    result |= {"data": str(data_folder), "split": split} | summary(answers)
    console.note(result["base"])
    worst, result["worst"] = _worst(found, answers)
    files.write_json(out / "evaluation.json", result)
    results.confusion(
        result["confusion"],
        answers.class_names,
        out / "confusion.png",
        f"{Path(model_path).name} on {split}: {result['right']} of {result['pictures']} right",
    )
    if worst:
        captions = [f"{w['is']}\ntaken for {w['taken_for']} {w['probability']:.0%}" for w in result["worst"]]
        results.contact_sheet(
            [(answers.paths[i], text) for i, text in zip(worst, captions, strict=True)],
            out / "worst.png",
            title=f"The {len(worst)} pictures of {split} it is most wrong about",
        )
    return result


def _worst(found, answers):
    """Return the numbers of the pictures that a model is most wrong about, the worst first, and a row on each."""
    order = np.argsort(-answers.losses, kind="stable")
    worst = [i for i in order.tolist() if not answers.right[i]][:WORST]
    guessed = answers.probabilities.argmax(axis=1)
    rows = [
        {
            "picture": found.name_of(answers.paths[i]),
            "is": answers.class_names[answers.labels[i]],
            "taken_for": answers.class_names[guessed[i]],
            "probability": float(answers.probabilities[i, guessed[i]]),
        }
        for i in worst
    ]
    return worst, rows


def compare(
    first: AnyPath,
    second: AnyPath,
    data_folder: AnyPath,
    out: AnyPath,
    split_name: str | None = None,
    split_seed: int | None = None,
    skip_corrupt: bool = False,
    mirror: bool = False,
) -> Result:
    """Compare two models on the same pictures; write comparison.json to a new folder.

    Parameters
    ----------
    first : str or path of a model file
    second : likewise
    data_folder : str or path
    out : str or path of a new or empty folder
    split_name : "train", "validation", "test", "all", or None: test if there is one, else validation
        What a model learned from is known by content and left out, unless this is "train" or "all".
    split_seed : int, or None for the one of the model's training
    skip_corrupt : bool
        Whether pictures that can't be read are left out.
    mirror : bool
        Whether an answer is the mean of those to a picture and to its mirror image.

    Returns
    -------
    result : the content of comparison.json

    Raises
    ------
    ValueError
        A model or the data can't be used, or nothing is left to judge both on.
    Diverged
        An answer is not finite.
    """
    out = files.unused(out)
    models, fields = zip(*(_load(path, data_folder) for path in (first, second)), strict=True)
    found, split, paths, labels = _judged(fields, data_folder, split_name, split_seed, skip_corrupt)
    both = zip((first, second), models, strict=True)
    a, b = (ask(path, model, found, paths, labels, mirror) for path, model in both)
    only_a, only_b = int((a.right & ~b.right).sum()), int((b.right & ~a.right).sum())
    result = {"models": [str(first), str(second)], "data": str(data_folder), "split": split}
    result |= {"a": summary(a), "b": summary(b), "only_a": only_a, "only_b": only_b}
    result["p"] = results.mcnemar(only_a, only_b)
    files.write_json(out / "comparison.json", result)
    return result
