"""A folder of pictures for Keras: minicnn.data reads it, so that both packages hold out the same pictures.

Either DIR holds `train`, and perhaps `validation` and `test`, each with a folder a class; or it holds the class folders
alone. Where there is no `validation`, a fifth of each class is held out by `split_seed`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_ref import console
from keras_ref.errors import Refusal
from minicnn.data import Folder as Pictures
from minicnn.data import split_field, unreadable

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Split:
    """The pictures of one split: paths, and the class number of each."""

    name: str
    paths: tuple[Path, ...]
    labels: np.ndarray

    def __len__(self):
        """Give the number of pictures."""
        return len(self.paths)


@dataclass(frozen=True)
class Folder:
    """A data set: where it lies, its class names in index order, its splits by name."""

    root: Path
    class_names: tuple[str, ...]
    splits: dict[str, Split]
    held_out: bool
    pictures: Pictures

    def key(self, path):
        """Give a picture's path below the root, the same on every machine."""
        return path.relative_to(self.root).as_posix()

    def learned(self):
        """Give the `split` field of classifier.json for a model that learns from `train`."""
        return split_field(self.pictures)

    def as_recorded(self, record):
        """Give the data set with the splits of a run's split.json, whatever rule drew them.

        Runs of before `split_seed` drew the held-out fifth from their own seed: what they wrote down is what counts.
        """
        files, labels = self.pictures.split("all")
        at = {self.key(path): i for i, path in enumerate(files)}
        splits = {name: split for name, split in self.pictures.splits.items() if name == "test"}
        for name in ("train", "validation"):
            rows = [at[key] for key in record[name]]
            splits[name] = self.pictures.splits[name]._replace(files=[files[i] for i in rows], labels=labels[rows])
        kept = self.pictures.without(())  # a copy
        kept.splits, kept.split_seed = splits, record.get("seed")
        return _from(kept)


def read(root, split_seed=0):
    """Read the layout of a data folder, and name what is no part of it; refuse one that cannot be trained on."""
    found = Pictures(root, split_seed)
    if "train" not in found.splits:
        raise Refusal(f"{root} has {', '.join(found.splits)} but no train/.")
    if len(found.left_out):
        console.note(f"{root}: {found.left_out}")
    return _from(found)


def _from(found):
    splits = {name: Split(name, tuple(split.files), split.labels) for name, split in found.splits.items()}
    return Folder(found.path, found.class_names, splits, found.drawn, found)


def corrupt(paths):
    """Decode every picture once, many at a time; give {path: what is wrong} for those that fail."""
    with console.progress("reading every picture", len(paths)) as advance:
        return unreadable(paths, advance=advance)


def without_corrupt(folder):
    """Give the data set without its unreadable pictures, and {path: what is wrong} of those left out."""
    bad = corrupt([path for split in folder.splits.values() for path in split.paths])
    return without(folder, bad), bad


def without(folder, paths):
    """Give the data set without some of its pictures; refuse a class that has none left."""
    return _from(folder.pictures.without(paths))
