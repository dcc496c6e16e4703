"""Which files below a folder are pictures, and what is left out, in one line by name and number.

Left out are hidden files and folders, macOS's `__MACOSX`, empty files, files whose suffix tells of a picture that this
Pillow cannot read, and everything else.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import ClassVar

from PIL import Image

from ..types import AnyPath
from .decode import FORMATS, SUFFIXES

UNREAD_SUFFIXES: tuple[str, ...] = tuple(".arw .cr2 .dng .eps .heic .heif .ico .jp2 .jxl .nef .psd .svg .tga".split())
MOST_NAMED = 3  # of each kind


class LeftOut:
    """The names of what is left out, by kind; as text the one line that tells of it, empty where there is nothing.

    Attributes
    ----------
    names : dict
        Kind, a key of `KINDS` -> names.

    Examples
    --------
    >>> left_out = LeftOut()
    >>> left_out.add("other", "notes.txt")
    >>> left_out.add("hidden", ".DS_Store")
    >>> print(left_out)
    left out: 1 hidden (.DS_Store); 1 other (notes.txt).
    """

    KINDS: ClassVar[dict[str, str]] = {
        "hidden": "hidden",
        "macos": "of macOS's archiver",
        "empty": "empty",
        "unreadable": "of a kind of picture that is not read here",
        "link": "behind a link to a folder",
        "other": "other",
    }

    names: dict[str, list[str]]

    def __init__(self) -> None:
        self.names = {kind: [] for kind in self.KINDS}

    def __len__(self) -> int:
        """Return how many files and folders are left out."""
        return sum(map(len, self.names.values()))

    def __str__(self) -> str:
        """Return the line that tells of it, or nothing."""
        told: list[str] = []
        for kind, names in self.names.items():
            if names:
                some = ", ".join(sorted(names)[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
                told.append(f"{len(names)} {self.KINDS[kind]} ({some})")
        return f"left out: {'; '.join(told)}." if told else ""

    def add(self, kind: str, name: str) -> None:
        """Leave one more out; `kind` is a key of `KINDS`."""
        self.names[kind].append(name)


def pictures_below(folder: AnyPath, left_out: LeftOut, prefix: str = "") -> list[str]:
    """List the pictures in a folder and in the folders below it.

    Parameters
    ----------
    folder : str or PathLike
    left_out : LeftOut
        Gets the rest.
    prefix : str
        "hat/", before the names of what is left out.

    Returns
    -------
    names : list of str
        Relative to `folder`, with "/" between folders, sorted as str.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> path = wardrobe.write_folder(tempfile.mkdtemp(), train=2, validation=0, size=16)
    >>> left_out = LeftOut()
    >>> _ = (path / "train" / "notes.txt").write_text("ten kinds of clothes")
    >>> pictures_below(path / "train", left_out)[:3], str(left_out)
    (['dress/0000.png', 'dress/0001.png', 'hat/0000.png'], 'left out: 1 other (notes.txt).')
    """
    return sorted(walk(folder, left_out, prefix))


def walk(folder: AnyPath, left_out: LeftOut, prefix: str = "", inner: str = "") -> Iterator[str]:
    """Yield what `pictures_below` lists, in an order of its own; of one folder alone the names are held in memory."""
    with os.scandir(folder) as entries:
        here = sorted(entries, key=lambda entry: entry.name)
    for entry in here:
        name, kind = inner + entry.name, kind_of(entry)
        if kind == "folder":
            yield from walk(entry.path, left_out, prefix, f"{name}/")
        elif kind == "picture":
            yield name
        else:
            left_out.add(kind, prefix + name)


def kind_of(entry: Path | os.DirEntry[str], follow: bool = False) -> str:
    """Return "picture", "folder", or why an entry (a Path or DirEntry) is left out, a key of `LeftOut.KINDS`.

    A link to a folder may lead in a circle, so it is one only where the caller says `follow`.
    """
    if entry.name.startswith("."):
        return "hidden"
    if entry.name == "__MACOSX":
        return "macos"
    if entry.is_dir():
        return "link" if entry.is_symlink() and not follow else "folder"
    suffix = os.path.splitext(entry.name)[1].lower()
    if suffix not in readable():
        return "unreadable" if suffix in SUFFIXES or suffix in UNREAD_SUFFIXES else "other"
    if not entry.is_file():
        return "other"
    return "picture" if entry.stat().st_size else "empty"


@cache
def readable() -> frozenset[str]:
    """Return those of SUFFIXES that this Pillow can read: WebP and AVIF may be missing from a build."""
    known = Image.registered_extensions()
    return frozenset(suffix for suffix in SUFFIXES if known.get(suffix) in FORMATS and known[suffix] in Image.OPEN)
