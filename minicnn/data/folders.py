"""A folder of photographs becomes lists of files: which picture is of which class, and in which split.

Either the folder holds `train`, and perhaps `validation` and `test`, each with one folder a class; or it holds the
class folders alone. Without a `validation` folder a fifth of the training pictures is held out, class by class, by a
seed. Files with other endings than those of pictures, and hidden files, are no part of it.
"""

import json
import os
from pathlib import Path

import numpy as np

from minicnn.data.decode import SUFFIXES

SPLITS = ("train", "validation", "test")
HELD_OUT = 0.2


class Folder:
    """The files of a folder of pictures, by split and class.

    Parameters
    ----------
    path : str or path     seed : int >= 0, decides which fifth is held out where there is no `validation` folder

    Attributes
    ----------
    class_names : tuple of str, sorted     splits : {"train": (files, labels), ...}, files a list of Path,
        labels (N,) int64     drawn : True where the validation split was drawn here, by `seed`

    Raises
    ------
    ValueError: the folder is missing or empty, has fewer than two classes or a class without pictures, a split has
        other classes than `train`, or a class of one picture must be split.
    """

    def __init__(self, path, seed=0):
        self.path, self.seed = Path(path), seed
        if not self.path.is_dir():
            what = "is a file" if self.path.exists() else "does not exist"
            raise ValueError(f"A folder of pictures is needed: {self.path} {what}.")
        present = [name for name in SPLITS if _is_split(self.path / name)]
        roots = {name: self.path / name for name in present} or {"train": self.path}
        first = next(iter(roots))  # train, where there is one
        self.class_names = _class_names(roots[first])
        for name, root in roots.items():
            _check_same_classes(name, _class_names(root), first, self.class_names)
        self.splits = {name: _pictures(root, self.class_names) for name, root in roots.items()}
        self.drawn = first == "train" and "validation" not in roots
        if self.drawn:
            self._hold_out()

    def split(self, name):
        """Return (files, labels) of one split; ValueError where the folder has no such split."""
        if name not in self.splits:
            raise ValueError(f"`split` must be one of {', '.join(self.splits)} in {self.path}. Received: {name!r}.")
        return self.splits[name]

    @property
    def evaluation_split(self):
        """What a model is judged on: test if present, else validation."""
        return next(name for name in ("test", "validation", "train") if name in self.splits)

    def counts(self):
        """Return {split: {class name: number of pictures}}."""
        return {
            name: dict(
                zip(self.class_names, np.bincount(labels, minlength=len(self.class_names)).tolist(), strict=True)
            )
            for name, (_, labels) in self.splits.items()
        }

    def write_split(self, path):
        """Write which file is in which split as JSON: {folder, seed, drawn, class_names, splits: {name: [file]}}."""
        record = {
            "folder": str(self.path.resolve()),
            "seed": self.seed if self.drawn else None,
            "drawn": self.drawn,
            "class_names": self.class_names,
            "splits": {
                name: [file.relative_to(self.path).as_posix() for file in files]
                for name, (files, _) in self.splits.items()
            },
        }
        path = Path(path)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)

    def _hold_out(self):
        files, labels = self.splits["train"]
        held = np.zeros(len(files), dtype=bool)
        for label, name in enumerate(self.class_names):
            members = np.flatnonzero(labels == label)
            if len(members) < 2:
                raise ValueError(
                    f"Class {name!r} in {self.path} must have at least 2 pictures, or the folder a `validation` folder:"
                    f" a fifth of each class is held out for validation. Received: {len(members)} picture."
                )
            count = max(1, round(len(members) * HELD_OUT))
            held[np.random.default_rng((self.seed, label)).permutation(members)[:count]] = True
        for name, chosen in (("train", ~held), ("validation", held)):
            self.splits[name] = [files[i] for i in np.flatnonzero(chosen)], labels[chosen]


def find_classes(path):
    """Return the class names of a folder of pictures, sorted; the errors are those of `Folder`."""
    return Folder(path).class_names


def _is_split(path):
    # A class may be called "test": a split holds folders, a class holds pictures.
    return path.is_dir() and not any(_is_picture(file) for file in path.iterdir())


def _is_picture(path):
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _class_names(root):
    names = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not names:
        raise ValueError(f"A folder of pictures must hold one folder for each class. Received: {root} with none.")
    if len(names) == 1:
        raise ValueError(
            f"A folder of pictures must hold two classes or more. Received: {root} with {names[0]!r} only."
        )
    return tuple(names)


def _check_same_classes(name, found, first, expected):
    missing, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing or extra:
        differences = [f"{', '.join(extra)} too many"] * bool(extra) + [f"{', '.join(missing)} missing"] * bool(missing)
        raise ValueError(
            f"The `{name}` folder must have the classes of `{first}`: {', '.join(expected)}."
            f" Received: {' and '.join(differences)}."
        )


def _pictures(root, class_names):
    files, labels = [], []
    for label, name in enumerate(class_names):
        found = sorted(file for file in (root / name).iterdir() if _is_picture(file))
        if not found:
            raise ValueError(
                f"Every class must have a picture ({', '.join(SUFFIXES)}). Received: {root / name} with none."
            )
        files += found
        labels += [label] * len(found)
    return files, np.array(labels, dtype=np.int64)
