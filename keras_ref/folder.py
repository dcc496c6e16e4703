"""A folder of pictures: its splits, its classes, its files, and which of them cannot be read.

Either DIR holds `train`, `validation` and perhaps `test`, each with a folder a class; or DIR holds the class folders
alone, and a seeded fifth of each class is held out for validation.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from keras_ref import console, pictures
from keras_ref.errors import Refusal

SPLITS = ("train", "validation", "test")
HELD_OUT = 0.2


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

    def split(self, name=None):
        """Give the split `name`; without a name `test` if there is one, else `validation`."""
        name = name or ("test" if "test" in self.splits else "validation")
        if name not in self.splits:
            raise Refusal(f"{self.root} has no split {name!r}; it has {', '.join(self.splits)}.")
        return self.splits[name]

    def key(self, path):
        """Give a picture's path below the root, the same on every machine."""
        return path.relative_to(self.root).as_posix()


def read(root, seed=1):
    """Read the layout of a data folder; refuse one that cannot be trained on.

    The seed matters only where the validation fifth has to be drawn.
    """
    root = Path(root)
    if not root.is_dir():
        raise Refusal(
            f"The data folder {root} is not there; give a folder with train/ and validation/, or with a folder a class."
        )
    if (root / "train").is_dir():
        return _with_splits(root)
    if (root / "validation").is_dir():
        raise Refusal(f"{root} has validation/ but no train/.")
    return _held_out(root, seed)


def _class_folders(parent):
    return sorted(p for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))


def _files(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in pictures.SUFFIXES and not p.name.startswith("."))


def _with_splits(root):
    names = [name for name in SPLITS if (root / name).is_dir()]
    if "validation" not in names:
        raise Refusal(f"{root} has train/ but no validation/.")
    class_names = tuple(p.name for p in _class_folders(root / "train"))
    splits = {}
    for name in names:
        found = tuple(p.name for p in _class_folders(root / name))
        if found != class_names:
            odd = sorted(set(found) ^ set(class_names))[0]
            raise Refusal(
                f"The classes of {root}/{name} differ from those of {root}/train: {odd!r} is in one of them only."
            )
        splits[name] = _split(name, [_files(root / name / c) for c in class_names], class_names, root / name)
    return _checked(Folder(root, class_names, splits, held_out=False))


def _split(name, files, class_names, where):
    for class_name, paths in zip(class_names, files, strict=True):
        if not paths:
            raise Refusal(f"The class {class_name!r} of {where} has no pictures.")
    labels = np.repeat(np.arange(len(files)), [len(paths) for paths in files])
    return Split(name, tuple(path for paths in files for path in paths), labels)


def _held_out(root, seed):
    class_names = tuple(p.name for p in _class_folders(root))
    draw = np.random.default_rng([seed, 5])
    train, validation = [], []
    for class_name in class_names:
        paths = _files(root / class_name)
        if len(paths) == 1:
            raise Refusal(
                f"The class {class_name!r} of {root} has 1 picture: at least 2 are needed, to train on and to hold out."
            )
        drawn = set(draw.permutation(len(paths))[: max(1, round(len(paths) * HELD_OUT))].tolist()) if paths else set()
        validation.append([path for i, path in enumerate(paths) if i in drawn])
        train.append([path for i, path in enumerate(paths) if i not in drawn])
    splits = (
        {
            "train": _split("train", train, class_names, root),
            "validation": _split("validation", validation, class_names, root),
        }
        if class_names
        else {}
    )
    return _checked(Folder(root, class_names, splits, held_out=True))


def _checked(folder):
    if len(folder.class_names) < 2:
        raise Refusal(
            f"{folder.root} must hold pictures in at least 2 class folders. Received: {len(folder.class_names)}."
        )
    return folder


def corrupt(paths):
    """Decode every picture once, many at a time; give {path: what is wrong} for those that fail."""
    found = {}
    with console.progress("reading every picture", len(paths)) as advance, ThreadPoolExecutor() as pool:
        for path, wrong in zip(paths, pool.map(_complaint, paths), strict=True):
            advance()
            if wrong:
                found[path] = wrong
    return found


def _complaint(path):
    try:
        pictures.decode(pictures.read(path), path)
    except Refusal as refusal:
        return str(refusal)
    return None


def without_corrupt(folder):
    """Give the data set without its unreadable pictures, and {path: what is wrong} of those left out."""
    every = [path for split in folder.splits.values() for path in split.paths]
    bad = corrupt(every)
    splits = {}
    for name, split in folder.splits.items():
        keep = np.array([path not in bad for path in split.paths])
        paths = tuple(path for path in split.paths if path not in bad)
        splits[name] = Split(name, paths, split.labels[keep])
        counts = np.bincount(splits[name].labels, minlength=len(folder.class_names))
        if not counts.all():
            raise Refusal(
                f"The class {folder.class_names[counts.argmin()]!r} of {folder.root} has no readable picture in {name}."
            )
    return replace(folder, splits=splits), bad
