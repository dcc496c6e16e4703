"""The three questions to the doctor: about a model and its data sets, about a folder, about a run."""

from pathlib import Path

import numpy as np

from minicnn.data import Folder

from .. import config as configs
from .. import pictures
from ..model import card as cards
from ..model import weights
from ..runtime import console
from ..types import AnyPath, Net
from . import data, duplicates, labels, model, pipeline, trained
from .data import Source
from .finding import Finding

SOME: int = 64  # pictures of a split that a run's model is looked at with


def check(
    net: Net | None = None,
    train: Source | None = None,
    validation: Source | None = None,
    learning_rate: float | None = None,
    from_scratch: bool = False,
) -> list[Finding]:
    """Look at a model and at what it will be trained and validated on.

    Parameters
    ----------
    net : a compiled Keras model, or None
    train : a data set as `fit` takes it, or None
        A tf.data.Dataset, an ImageDataGenerator flow or another keras.utils.PyDataset, or (x, y) arrays.
    validation : likewise
    learning_rate : float or None
        The rate that was asked for.
    from_scratch : bool
        Whether every layer is meant to learn, BatchNormalization included.

    Returns
    -------
    findings : list of Finding, empty if all is well
    """
    found: list[Finding] = []
    learned, checked = (data.draw(source) if source is not None else None for source in (train, validation))
    both = [(what, one) for what, one in (("training", learned), ("validation", checked)) if one is not None]
    for what, drawn in both:
        found += data.not_finite(drawn, what)
    if checked is not None:
        changed = list(data.augmented(validation, checked))
        found += changed or pipeline.cached_augmentation(validation)
    if learned is not None and checked is not None:
        found += data.same_scale(learned, checked)
        found += data.same_classes(train, validation, learned, checked)
        found += data.shared_pictures(train, validation, checked)
    if net is not None:
        found += _of_the_net(net, both, learning_rate, from_scratch)
        if both and not found:  # what is known to be wrong would be found again here, in other words
            found += _of_its_answers(net, dict(both))
    return found


def _of_the_net(net, both, learning_rate, from_scratch):
    """Look at a net by itself, and at what it is fed with."""
    found = [
        *model.not_finite(net),
        *model.output(net),
        *labels.head(net),
        *model.base_in_training_mode(net, from_scratch),
        *model.frozen_after_compile(net),
        *model.learning_rate(net, learning_rate),
    ]
    found += [] if found else model.rate_in_reason(net, from_scratch)
    if both:
        found += model.input_scale(net, both[0][1])
        odd = [finding for what, drawn in both for finding in labels.labels(net, drawn, what)]
        found += odd or model.unreachable(net, both[0][1])
    return found


def _of_its_answers(net, drawn):
    """Look at what a net answers: of one that was trained the classes, of any whether it can learn."""
    if getattr(net, "loss", None) is None:
        return []
    found: list[Finding] = []
    if trained.has_learned(net):
        for what, one in drawn.items():
            found += trained.order_of_labels(net, one, what)
        found += trained.one_class(net, next(iter(drawn.values())))
        if len(drawn) == 2 and not found:
            found += trained.shuffled_labels(net, drawn["training"], drawn["validation"])
    return found or list(trained.memorises(net, next(iter(drawn.values()))))


def check_folder(root: AnyPath) -> list[Finding]:
    """Look at a folder of pictures: classes that differ, pictures in two splits, copies, corrupt pictures.

    Parameters
    ----------
    root : str or path

    Returns
    -------
    findings : list of Finding, empty if all is well

    Raises
    ------
    ValueError
        It is no data folder at all.
    """
    root = Path(root)
    try:
        found = pictures.read(root)
    except ValueError as refusal:
        if (root / "train").is_dir() and (root / "validation").is_dir():
            kind = "different classes" if "must have the classes" in str(refusal) else "unusable folder"
            return [Finding(kind, str(refusal))]
        raise
    findings = []
    bad = pictures.corrupt(found.split("all").files)
    if bad:
        path, wrong = next(iter(bad.items()))
        findings.append(Finding("corrupt pictures", f"{len(bad)} pictures cannot be read, such as {path}: {wrong}"))
    findings += data.in_two_splits({name: split.files for name, split in found.splits.items()})
    findings += duplicates.near_duplicates(found)
    return findings


def check_run(run_folder: AnyPath, data_folder: AnyPath | None = None) -> list[Finding]:
    """Look at a run folder and its newest model, or at a model file, with the pictures of a data folder.

    Parameters
    ----------
    run_folder : str or path of a run folder or a model file
    data_folder : str or path, or None for the run's own

    Returns
    -------
    findings : list of Finding, empty if all is well

    Raises
    ------
    ValueError
        There is no model, or it can't be read.
    """
    path, asked, scratch = Path(run_folder), None, False
    if path.is_dir():
        config = configs.read(path / "config.json")
        asked, scratch = config.lr, config.weights == "none" and not config.frozen
        data_folder = data_folder or config.data
        saved = sorted(path.glob("*.keras"), key=lambda p: p.stat().st_mtime)
        if not saved:
            raise ValueError(f"{path} holds no .keras file yet.")
        path = saved[-1]
    elif data_folder is None:
        raise ValueError(f"{path} is a model file; give the data folder that it is to be looked at with.")
    net, card, _ = cards.load(path, compiled=True)
    console.note(weights.named(net))
    found = pictures.read(data_folder)
    known, there = len(card.class_names), len(found.class_names)
    if known != there:
        return [Finding("different classes", f"{path} knows {known} classes, {data_folder} has {there}.")]
    sources = (_some(found, name, card) for name in ("train", "validation"))
    return check(net, *sources, learning_rate=asked, from_scratch=scratch)


def _some(found: Folder, name, card):
    files, labels = found.split(name)
    some = np.linspace(0, len(files) - 1, min(len(files), SOME)).astype(int)
    loaded = pictures.Pictures([files[i] for i in some], card.recipe, labels[some], len(card.class_names))
    return loaded.batches(32)
