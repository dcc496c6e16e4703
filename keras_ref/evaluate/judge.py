"""How good a classifier is on pictures it never learned from: 8.12, with intervals, and two checkpoints pairwise."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.data import Folder, evaluation_set, folder_as_trained, load_image, recorded_split_field

from .. import pictures, predict, results
from ..model import Card, weights
from ..model import card as cards
from ..runtime import console, files
from ..types import AnyPath, Net, Result
from . import calibration, gradcam
from .figures import CALIBRATED_ON, Answers, summary, trained_counts, write_answers

BATCH: int = 32
WORST: int = 24  # pictures shown


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
            raw.append(predict.ask(net, x.numpy(), BATCH, mirror))
            advance(len(x))
    answers = predict.finite(np.concatenate(raw), files, card.output)
    return Answers(dataclasses.replace(card, class_names=names), tuple(files), labels, np.asarray(answers, np.float64))


def load(model_path: AnyPath, data_folder: AnyPath) -> tuple[tuple[Net, Card], dict[str, Any] | None]:
    """Load a model, and what it learned from.

    Parameters
    ----------
    model_path : str or path of a model file
    data_folder : str or path, where to look for the pictures of an older run

    Returns
    -------
    model : (net, card)
    field : what it learned from, see `minicnn.data.split_field`, or None
    """
    net, card, sentence = cards.load(model_path)
    console.note(sentence)
    return (net, card), card.split or recorded_split_field(model_path, data_folder)


def judged(
    fields: Sequence[dict[str, Any] | None],
    data_folder: AnyPath,
    split_name: str | None = None,
    split_seed: int | None = None,
    skip_corrupt: bool = False,
) -> tuple[Folder, str, list[Path], NDArray[np.integer[Any]]]:
    """Choose the pictures to judge models on, without what any of them learned from.

    Parameters
    ----------
    fields : what each of them learned from, or None
    data_folder : str or path
    split_name : "train", "validation", "test", "all", or None: test if there is one, else validation
    split_seed : int, or None for the one of the first model's training
    skip_corrupt : bool
        Whether pictures that can't be read are left out.

    Returns
    -------
    found : minicnn.data.Folder
    split : str, which was chosen
    files : N paths
    labels : (N,) int

    Raises
    ------
    ValueError
        Nothing is left to judge on.
    """
    known = next((field for field in fields if field), None)
    found = folder_as_trained(data_folder, known, split_seed)
    if len(found.left_out):
        console.note(f"{data_folder}: {found.left_out}")
    if skip_corrupt:
        found, _ = pictures.without_corrupt(found)
    chosen = [evaluation_set(found, field, split_name) for field in fields]
    for note in dict.fromkeys(one.note for one in chosen if one.note):
        console.note(note[0].upper() + note[1:])
    both = set.intersection(*(set(one.files) for one in chosen))
    first = chosen[0]
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


def evaluate(
    model_path: AnyPath,
    data_folder: AnyPath,
    out: AnyPath,
    split_name: str | None = None,
    split_seed: int | None = None,
    skip_corrupt: bool = False,
    mirror: bool = False,
) -> Result:
    """Evaluate one model in a new folder: evaluation.json, answers.csv, confusion.png, worst.png and gradcam.png.

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
    model, field = load(model_path, data_folder)
    found, split, paths, labels = judged([field], data_folder, split_name, split_seed, skip_corrupt)
    answers = ask(model_path, model, found, paths, labels, mirror)
    result: dict[str, Any] = {"model": str(model_path), "base": weights.named(model[0])}
    result |= {"data": str(data_folder), "split": split, "mirror": mirror}
    result |= summary(answers, trained_counts(answers.card, found))
    console.note(result["base"])
    worst, result["worst"] = _worst(found, answers)
    files.write_json(out / "evaluation.json", result)
    write_answers(answers, found, out / "answers.csv")
    results.confusion(
        result["confusion"],
        answers.card.class_names,
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
    _draw_maps(model, answers, worst, out / "gradcam.png")
    return result


def _draw_maps(model, answers, worst, path):
    """Draw where a model looks: on the pictures that it is most wrong about, then on those of the largest loss."""
    net, card = model
    order = np.argsort(-answers.losses, kind="stable").tolist()
    shown = (worst + [i for i in order if i not in set(worst)])[:WORST]
    guessed = answers.guesses
    looked = gradcam.looker(net)
    if looked is None:  # no maps beside the picture itself
        return
    r, names = card.recipe, answers.card.class_names
    pixels = np.stack([load_image(answers.paths[i], (r.height, r.width), r.resize) for i in shown])
    heat = looked.maps(r.prepare()(pixels), guessed[shown])
    items = []
    for i, picture, drawn in zip(shown, pixels, heat, strict=True):
        words = names[guessed[i]] + ("" if answers.right[i] else f", but is {names[answers.labels[i]]}")
        items.append((gradcam.over(picture, drawn), f"for {words}"))
    results.contact_sheet(items, path, title="What speaks for the answer (Grad-CAM, red: most)")


def _worst(found, answers):
    """Return the numbers of the pictures that a model is most wrong about, the worst first, and a row on each."""
    order = np.argsort(-answers.losses, kind="stable")
    worst = [i for i in order.tolist() if not answers.right[i]][:WORST]
    probabilities, names = answers.probabilities, answers.card.class_names
    guessed = probabilities.argmax(axis=1)
    rows = [
        {
            "picture": found.name_of(answers.paths[i]),
            "is": names[answers.labels[i]],
            "taken_for": names[guessed[i]],
            "probability": float(probabilities[i, guessed[i]]),
        }
        for i in worst
    ]
    return worst, rows


def calibrate(
    model_path: AnyPath,
    data_folder: AnyPath,
    rejected: float | None = None,
    split_seed: int | None = None,
    skip_corrupt: bool = False,
    mirror: bool = False,
) -> Result:
    """Fit a temperature on validation, and a threshold if asked for, and keep both in the model's classifier.json.

    Parameters
    ----------
    model_path : str or path of a model file
    data_folder : str or path
    rejected : float, 0..1, or None
        The share of validation's right answers that may become "none of these"; None keeps the threshold there is.
    split_seed : int, or None for the one of the model's training
    skip_corrupt : bool
        Whether pictures that can't be read are left out.
    mirror : bool
        Whether an answer is the mean of those to a picture and to its mirror image.

    Returns
    -------
    fitted : temperature, threshold, mirror, and pictures, loss and ECE before and after

    Raises
    ------
    ValueError
        The model or the data can't be used, or nothing can be fitted.
    Diverged
        An answer is not finite.
    """
    model, field = load(model_path, data_folder)
    found, split, paths, labels = judged([field], data_folder, CALIBRATED_ON, split_seed, skip_corrupt)
    bare = model[0], dataclasses.replace(model[1], temperature=None)
    before = ask(model_path, bare, found, paths, labels, mirror)
    heat = calibration.temperature(before.logits, before.labels)
    after = dataclasses.replace(before, card=dataclasses.replace(before.card, temperature=heat))
    least = model[1].threshold
    if rejected is not None:
        least = calibration.threshold(after.probabilities, after.labels, rejected)
    cards.describe(model_path, dataclasses.replace(model[1], temperature=heat, threshold=least))
    fitted: Result = {"split": split, "pictures": len(paths), "temperature": heat, "threshold": least}
    fitted["mirror"] = mirror
    for name, answers in (("before", before), ("after", after)):
        ece = calibration.expected_error(answers.probabilities, answers.labels)
        fitted[name] = {"loss": float(answers.losses.mean()), "ece": ece}
    return fitted


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
    models, fields = zip(*(load(path, data_folder) for path in (first, second)), strict=True)
    found, split, paths, labels = judged(fields, data_folder, split_name, split_seed, skip_corrupt)
    both = zip((first, second), models, strict=True)
    a, b = (ask(path, model, found, paths, labels, mirror) for path, model in both)
    only_a, only_b = int((a.right & ~b.right).sum()), int((b.right & ~a.right).sum())
    result = {"models": [str(first), str(second)], "data": str(data_folder), "split": split}
    result |= {one: summary(each, trained_counts(each.card, found)) for one, each in (("a", a), ("b", b))}
    result |= {"only_a": only_a, "only_b": only_b}
    result["p"] = results.mcnemar(only_a, only_b)
    files.write_json(out / "comparison.json", result)
    return result
