"""Pictures with several labels each, which folders can't say: a CSV of file and labels.

    file,labels
    a/1.jpg,cat;outdoors
    a/2.jpg,
    b/1.jpg,dog

The first line is a heading. Files are named from the CSV's own folder, or by their whole paths. Labels are separated by
";" or "|"; where the whole file has neither, by spaces. A picture may have none.
"""

import copy
import csv
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from ..arguments import integer
from ..files import replacing
from ..types import AnyPath, NDArray

MOST_BYTES = 1 << 28  # of a CSV


class LabelledSplit(NamedTuple):
    """The pictures of one split.

    Attributes
    ----------
    files : list of Path
    labels : (N, labels) int64
        1 where a picture has a label.

    Examples
    --------
    >>> import numpy as np
    >>> LabelledSplit([Path("a.png")], np.array([[0, 1]])).labels.shape
    (1, 2)
    """

    files: list[Path]
    labels: NDArray[np.int64]


class LabelledPictures:
    r"""The pictures that a CSV lists, with their labels.

    Parameters
    ----------
    path : str or PathLike
        The CSV.
    split_seed : int
        Decides which pictures are held out: a fifth, `default_rng([split_seed])` permutes the sorted names.

    Attributes
    ----------
    path : Path
    class_names : tuple of str
        The labels, sorted.
    splits : dict
        "train" and "validation" -> LabelledSplit(files, labels).

    Raises
    ------
    ValueError
        No such CSV, no heading, a line without two columns, a picture twice or missing, fewer than two pictures, or no
        label.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in "abcdef":
    ...     Path(folder, f"{name}.png").touch()
    >>> _ = Path(folder, "l.csv").write_text("file,labels\na.png,x;y\nb.png,y\nc.png,\nd.png,x\ne.png,\nf.png,z\n")
    >>> pictures = LabelledPictures(folder / "l.csv")
    >>> pictures.class_names, pictures.split("all").labels[0].tolist()
    (('x', 'y', 'z'), [1, 1, 0])
    >>> {name: len(split.files) for name, split in pictures.splits.items()}
    {'train': 5, 'validation': 1}
    """

    rule: str = "fifth"
    drawn: bool = True
    path: Path
    split_seed: int
    class_names: tuple[str, ...]
    splits: dict[str, LabelledSplit]

    def __init__(self, path: AnyPath, split_seed: int = 0):
        self.path, self.split_seed = Path(path), integer("split_seed", split_seed, 0)
        rows = _rows(self.path)
        names = sorted({label for _, labels in rows for label in labels})
        if not names:
            raise ValueError(f"{self.path}: no picture has a label.")
        if len(rows) < 2:
            raise ValueError(f"{self.path}: it must list at least two pictures. Received: {len(rows)}.")
        self.class_names = tuple(names)
        files = [self.path.parent / name for name, _ in rows]
        for file in files:
            if not file.is_file():
                raise ValueError(f"{self.path}: it lists {file}, which is not there.")
        labels = np.array([[name in own for name in names] for _, own in rows], np.int64)
        held = np.zeros(len(rows), bool)
        held[np.random.default_rng([split_seed]).permutation(len(rows))[: max(1, round(len(rows) / 5))]] = True
        self.splits = {
            name: LabelledSplit([files[i] for i in np.flatnonzero(part)], labels[part])
            for name, part in (("train", ~held), ("validation", held))
        }

    def split(self, name: str) -> LabelledSplit:
        """Return (files, labels) of "train", of "validation" or of "all"."""
        if name == "all":
            files = [file for split in self.splits.values() for file in split.files]
            labels = np.concatenate([split.labels for split in self.splits.values()])
            order = sorted(range(len(files)), key=lambda k: files[k])
            return LabelledSplit([files[k] for k in order], labels[order])
        if name not in self.splits:
            raise ValueError(
                f"`split` must be train, validation or all; {self.path} has no others. Received: {name!r}."
            )
        return self.splits[name]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return {split: {label: number of pictures}}."""
        return {
            name: dict(zip(self.class_names, split.labels.sum(0).tolist(), strict=True))
            for name, split in self.splits.items()
        }

    def without(self, files: Iterable[Path]) -> Self:
        """Return a copy that lacks these files."""
        out, kept = set(files), copy.copy(self)
        kept.splits = {}
        for name, split in self.splits.items():
            keep = np.array([file not in out for file in split.files], dtype=bool)
            kept.splits[name] = LabelledSplit([file for file in split.files if file not in out], split.labels[keep])
        return kept

    def write_split(self, path: AnyPath) -> None:
        """Write as JSON which file is in which split, as `Folder.record` has it."""
        record: dict[str, Any] = {
            "folder": str(self.path.parent.resolve()),
            "rule": self.rule,
            "seed": self.split_seed,
            "drawn": self.drawn,
            "class_names": list(self.class_names),
            "splits": {name: [self._name_of(file) for file in split.files] for name, split in self.splits.items()},
        }
        with replacing(path) as file:
            file.write((json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode(errors="backslashreplace"))

    def _name_of(self, file: Path) -> str:
        """Return a file's name from the CSV's folder, or its whole path where the CSV has that."""
        below = file.is_relative_to(self.path.parent)
        return (file.relative_to(self.path.parent) if below else file).as_posix()


def _rows(path: Path) -> list[tuple[str, set[str]]]:
    """Read (file, labels) of each line, sorted by file."""
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file.")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path}: it has {path.stat().st_size} bytes; more than {MOST_BYTES} are not read.")
    try:
        with open(path, newline="", encoding="utf-8-sig") as lines:
            table = [(number, row) for number, row in enumerate(csv.reader(lines), 1) if row]
    except (UnicodeDecodeError, csv.Error) as fault:
        raise ValueError(f"{path}: it is no CSV in UTF-8 ({fault}).") from None
    first = table[0][1][0].strip() if table else ""
    if Path(first).suffix and (path.parent / first).is_file():
        raise ValueError(f"{path}: its first line must be a heading, as file,labels. Received: {first}, a file.")
    rows: dict[str, set[str]] = {}
    files: set[str] = set()
    between = r"[;|]" if any(re.search(r"[;|]", row[-1]) for _, row in table) else r"\s+"
    for number, row in table[1:]:
        if len(row) != 2 or not row[0].strip():
            raise ValueError(
                f"{path}: line {number} must have two columns, file and labels. Received: {str(row)[:80]}."
            )
        name = row[0].strip()
        file = os.path.abspath(path.parent / name)  # "./a.jpg" is "a.jpg"
        if file in files:
            raise ValueError(f"{path}: it lists {name!r} twice.")
        files.add(file)
        rows[name] = {label for part in re.split(between, row[1]) if (label := part.strip())}
    return sorted(rows.items())
