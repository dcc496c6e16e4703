"""A folder of photographs becomes lists of files: which picture is of which class, and in which split.

Either the folder holds `train`, and perhaps `validation` and `test`, each with one folder a class; or it holds the
class folders alone. Without a `validation` folder a fifth of the training pictures is held out, class by class, by
`split_seed`. Pictures in folders inside a class belong to the class. What is no picture is left out, and told.
"""

import copy
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from ..arguments import integer
from ..files import replacing
from ..types import AnyPath, NDArray
from .decode import SUFFIXES
from .listing import LeftOut, kind_of, pictures_below, walk

SPLITS: tuple[str, ...] = ("train", "validation", "test")


class Split(NamedTuple):
    """The pictures of one split.

    Attributes
    ----------
    files : list of Path
    labels : (N,) int64
        The class of each, an index into `class_names`.

    Examples
    --------
    >>> import numpy as np
    >>> files, labels = Split([Path("hat/0000.png")], np.array([1]))
    >>> files[0].name, labels.tolist()
    ('0000.png', [1])
    """

    files: list[Path]
    labels: NDArray[np.int64]


class Folder:
    """The files of a folder of pictures, by split and class.

    Parameters
    ----------
    path : str or PathLike
    split_seed : int, 0 or more
        Decides which fifth is held out where there is no `validation` folder.

    Attributes
    ----------
    class_names : tuple of str
        Sorted.
    splits : dict
        "train" -> Split(files, labels), ...
    drawn : bool
        Whether the validation split was drawn here, by `split_seed`.
    left_out : LeftOut
        What is no part of it; as text one line, or empty.

    Raises
    ------
    ValueError
        The folder is missing or empty, has fewer than two classes or a class without pictures, a split has other
        classes than `train`, or a class of one picture must be split.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> path = wardrobe.write_folder(tempfile.mkdtemp(), train=5, validation=0, size=16)
    >>> folder = Folder(path)
    >>> folder.class_names[:3], folder.rule  # a fifth of each class is held out
    (('dress', 'hat', 'longsleeve'), 'fifth')
    >>> {name: len(split.files) for name, split in folder.splits.items()}
    {'train': 40, 'validation': 10}
    """

    path: Path
    split_seed: int | None
    class_names: tuple[str, ...]
    splits: dict[str, Split]
    drawn: bool
    left_out: LeftOut

    def __init__(self, path: AnyPath, split_seed: int = 0):
        self.path, self.split_seed = Path(path), integer("split_seed", split_seed, 0)
        self.left_out = LeftOut()
        roots, self.class_names = _layout(self.path, self.left_out)
        self.splits = {name: self._pictures(root) for name, root in roots.items()}
        self.drawn = "train" in roots and "validation" not in roots
        if self.drawn:
            self._hold_out(split_seed)

    def split(self, name: str) -> Split:
        """Return (files, labels) of one split, or of "all"; ValueError where the folder has no such split."""
        if name == "all":
            files = [file for split in self.splits.values() for file in split.files]
            return Split(files, np.concatenate([split.labels for split in self.splits.values()]))
        if name not in self.splits:
            raise ValueError(f"`split` must be one of {', '.join(self.splits)} in {self.path}. Received: {name!r}.")
        return self.splits[name]

    @property
    def evaluation_split(self) -> str:
        """The split that a model is judged on: test if present, else validation."""
        return next(name for name in ("test", "validation", "train") if name in self.splits)

    def name_of(self, file: AnyPath) -> str:
        """Return a file's name below the folder, with "/" on every machine."""
        return Path(file).relative_to(self.path).as_posix()

    def counts(self) -> dict[str, dict[str, int]]:
        """Return {split: {class name: number of pictures}}."""
        classes = len(self.class_names)
        return {
            name: dict(zip(self.class_names, np.bincount(split.labels, minlength=classes).tolist(), strict=True))
            for name, split in self.splits.items()
        }

    def without(self, files: Iterable[Path]) -> Self:
        """Return a copy that lacks these files; ValueError where a class of a split has none left."""
        out, kept = set(files), copy.copy(self)
        kept.splits = {}
        for name, split in self.splits.items():
            keep = np.array([file not in out for file in split.files], dtype=bool)
            kept.splits[name] = Split([file for file in split.files if file not in out], split.labels[keep])
            for class_name, count in kept.counts()[name].items():
                if not count:
                    raise ValueError(
                        f"Every class must have a readable picture. Received: {class_name!r} in {name} of {self.path}"
                        " with none."
                    )
        return kept

    def record(self) -> dict[str, Any]:
        """Return which file is in which split: {folder, rule, seed, drawn, class_names, splits: {name: [file]}}."""
        return {
            "folder": str(self.path.resolve()),
            "rule": self.rule,
            "seed": self.split_seed if self.drawn else None,
            "drawn": self.drawn,
            "class_names": list(self.class_names),
            "splits": {name: [self.name_of(file) for file in split.files] for name, split in self.splits.items()},
        }

    @property
    def rule(self) -> str:
        """How the splits came about: "fifth" where it was drawn here, "folders" where the folder says."""
        return "fifth" if self.drawn else "folders"

    def write_split(self, path: AnyPath) -> None:
        """Write `record` as JSON."""
        with replacing(path) as file:
            text = json.dumps(self.record(), indent=1, ensure_ascii=False) + "\n"
            file.write(text.encode(errors="backslashreplace"))  # as JSON has a name that is no text: "\udcff.png"

    def _pictures(self, root: Path) -> Split:
        files: list[Path] = []
        labels: list[int] = []
        for label, name in enumerate(self.class_names):
            found = pictures_below(root / name, self.left_out, f"{self.name_of(root / name)}/")
            if not found:
                raise ValueError(
                    f"Every class must have a picture ({', '.join(SUFFIXES)}). Received: {root / name} with none."
                )
            files += [root / name / file for file in found]
            labels += [label] * len(found)
        return Split(files, np.array(labels, dtype=np.int64))

    def _hold_out(self, split_seed: int) -> None:
        files, labels = self.splits["train"]
        held = np.zeros(len(files), dtype=bool)
        for label, name in enumerate(self.class_names):
            members = np.flatnonzero(labels == label)
            if len(members) < 2:
                raise ValueError(
                    f"Class {name!r} in {self.path} must have at least 2 pictures, or the folder a `validation` folder:"
                    f" a fifth of each class is held out for validation. Received: {len(members)} picture."
                )
            count = max(1, round(len(members) / 5))
            held[np.random.default_rng([split_seed, label]).permutation(members)[:count]] = True
        self.splits["train"] = Split([files[i] for i in np.flatnonzero(~held)], labels[~held])
        self.splits["validation"] = Split([files[i] for i in np.flatnonzero(held)], labels[held])
        self.splits = {name: self.splits[name] for name in SPLITS if name in self.splits}


def find_classes(path: AnyPath) -> tuple[str, ...]:
    """Return the class names of a folder of pictures, sorted; the errors are those of `Folder`.

    Parameters
    ----------
    path : str or PathLike

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> find_classes(wardrobe.write_folder(tempfile.mkdtemp(), train=1, validation=1, size=16))[-2:]
    ('skirt', 't-shirt')
    """
    return Folder(path).class_names


def stream_pictures(path: AnyPath, left_out: LeftOut | None = None) -> Iterator[Path]:
    """Yield every picture that `Folder` lists, of all splits, without holding more than one folder's names in memory.

    Parameters
    ----------
    path : str or PathLike
    left_out : LeftOut, or None
        Gets what is no part of it.

    Yields
    ------
    file : Path
        Folder by folder, sorted in each.

    Raises
    ------
    ValueError
        The folder is missing or empty, has fewer than two classes, or a split has other classes than `train`.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> path = wardrobe.write_folder(tempfile.mkdtemp(), train=5, validation=1, size=16)
    >>> [file.name for file in stream_pictures(path)][:2], sum(1 for _ in stream_pictures(path))
    (['0000.png', '0001.png'], 60)
    """
    path, left_out = Path(path), LeftOut() if left_out is None else left_out
    roots, class_names = _layout(path, left_out)
    for root in roots.values():
        for name in class_names:
            prefix = f"{(root / name).relative_to(path).as_posix()}/"
            yield from (root / name / file for file in walk(root / name, left_out, prefix))


def _layout(path: Path, left_out: LeftOut) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return where each split's class folders lie, and the classes, which all splits share."""
    if not path.is_dir():
        what = "is a file" if path.exists() else "does not exist"
        raise ValueError(f"A folder of pictures is needed: {path} {what}.")
    present = [name for name in SPLITS if _is_split(path / name)]
    if present:
        _classes(path, left_out, "", present)  # what lies beside the splits is left out
    roots = {name: path / name for name in present} or {"train": path}
    first = next(iter(roots))  # train, where there is one
    found = {name: _classes(root, left_out, f"{name}/" if present else "") for name, root in roots.items()}
    class_names = _checked(found[first], roots[first])
    for name, names in found.items():
        _check_same_classes(name, names, first, class_names)
    return roots, class_names


def _classes(root: Path, left_out: LeftOut, prefix: str, wanted: Collection[str] | None = None) -> list[str]:
    """Return the names of the folders in `root`, sorted; what else lies there, or isn't wanted, is left out."""
    names: list[str] = []
    for entry in root.iterdir():
        kind = kind_of(entry, follow=True)
        if kind == "folder" and (wanted is None or entry.name in wanted):
            names.append(entry.name)
        elif kind == "folder":
            left_out.add("other", f"{prefix}{entry.name}/")
        else:
            left_out.add("other" if kind == "picture" else kind, prefix + entry.name)
    return sorted(names)


def _is_split(path: Path) -> bool:
    # A class may be called "test": a class holds pictures, a split folders, and perhaps a picture that lies astray.
    if not path.is_dir():
        return False
    kinds = {kind_of(entry, follow=True) for entry in path.iterdir()}
    return "folder" in kinds or "picture" not in kinds


def _checked(names: list[str], root: Path) -> tuple[str, ...]:
    if not names:
        raise ValueError(f"A folder of pictures must hold one folder for each class. Received: {root} with none.")
    if len(names) == 1:
        raise ValueError(
            f"A folder of pictures must hold two classes or more. Received: {root} with {names[0]!r} only."
        )
    return tuple(names)


def _check_same_classes(name: str, found: list[str], first: str, expected: tuple[str, ...]) -> None:
    missing, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing or extra:
        differences = [f"{', '.join(extra)} too many"] * bool(extra) + [f"{', '.join(missing)} missing"] * bool(missing)
        raise ValueError(
            f"The `{name}` folder must have the classes of `{first}`: {', '.join(expected)}."
            f" Received: {' and '.join(differences)}."
        )
