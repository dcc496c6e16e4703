"""Look for what spoils a training before an epoch is spent on it.

`check(model, train, validation)` takes a Keras model and two data sets as Keras takes them: tf.data.Dataset,
ImageDataGenerator flows and other keras.utils.PyDataset, or (x, y) arrays. `check_folder` looks at a folder of
pictures.
"""

from pathlib import Path

import numpy as np

from keras_ref import card as cards
from keras_ref import config as configs
from keras_ref import data, doctor_data, doctor_model, folder
from keras_ref.doctor_data import Finding
from keras_ref.errors import Refusal


def check(model=None, train=None, validation=None, learning_rate=None, from_scratch=False):
    """Look at a model and at what it will be trained and validated on; give a list of findings, empty if all is well.

    Parameters
    ----------
    model : a compiled Keras model or None     train, validation : data sets as `fit` takes them, or None
    learning_rate : float, the rate that was asked for, or None
    from_scratch : bool, whether every layer is meant to learn, BatchNormalization included
    """
    found = []
    learned, checked = (doctor_data.draw(source) if source is not None else None for source in (train, validation))
    for what, drawn in (("training", learned), ("validation", checked)):
        found += doctor_data.not_finite(drawn, what) if drawn is not None else []
    if checked is not None:
        found += doctor_data.augmented(validation, checked)
    if learned is not None and checked is not None:
        found += doctor_data.same_scale(learned, checked)
        found += doctor_data.same_classes(train, validation, learned, checked)
        found += doctor_data.shared_pictures(train, validation, checked)
    if model is not None:
        found += doctor_model.not_finite(model)
        found += doctor_model.output(model)
        found += doctor_model.base_in_training_mode(model, from_scratch)
        found += doctor_model.learning_rate(model, learning_rate)
        sample = learned or checked
        if sample is not None:
            found += doctor_model.input_scale(model, sample)
            found += doctor_model.unreachable(model, sample)
    return found


def check_folder(root):
    """Look at a folder of pictures: classes that differ, pictures in two splits, corrupt pictures, classes of one."""
    root = Path(root)
    try:
        found = folder.read(root)
    except ValueError as refusal:
        if (root / "train").is_dir() and (root / "validation").is_dir():
            kind = "different classes" if "must have the classes" in str(refusal) else "unusable folder"
            return [Finding(kind, str(refusal))]
        raise
    findings = []
    bad = folder.corrupt([path for split in found.splits.values() for path in split.paths])
    if bad:
        path, wrong = next(iter(bad.items()))
        findings.append(Finding("corrupt pictures", f"{len(bad)} pictures cannot be read, such as {path}: {wrong}"))
    findings += doctor_data.in_two_splits({name: split.paths for name, split in found.splits.items()})
    return findings


def check_run(run_folder, data_folder=None):
    """Look at a run folder and its newest model, or at a model file, with the pictures of a data folder."""
    path, asked, scratch = Path(run_folder), None, False
    if path.is_dir():
        config = configs.read(path / "config.json")
        asked, scratch = config.lr, config.weights == "none" and not config.frozen
        data_folder = data_folder or config.data
        saved = sorted(path.glob("*.keras"), key=lambda p: p.stat().st_mtime)
        if not saved:
            raise Refusal(f"{path} holds no .keras file yet.")
        path = saved[-1]
    net, card, _ = cards.load(path, compiled=True)
    found = folder.read(data_folder)
    sources = []
    for name in ("train", "validation"):
        split = found.splits[name]
        if len(found.class_names) != len(card.class_names):
            return [
                Finding(
                    "different classes",
                    f"{path} knows {len(card.class_names)} classes, {data_folder} has {len(found.class_names)}.",
                )
            ]
        some = np.linspace(0, len(split) - 1, min(len(split), 64)).astype(int)
        loaded = data.Pictures([split.paths[i] for i in some], card.recipe, split.labels[some], len(card.class_names))
        sources.append(loaded.batches(32))
    return check(net, *sources, learning_rate=asked, from_scratch=scratch)
