"""Which files below a folder are pictures, and what is left out, told in one line by name and number.

Left out are hidden files and folders, macOS's `__MACOSX`, empty files, files whose suffix tells of a picture that this
Pillow cannot read, and everything else.
"""

import os
from functools import cache

from PIL import Image

from minicnn.data.decode import FORMATS, SUFFIXES

ELSEWHERE = (".arw", ".cr2", ".dng", ".eps", ".heic", ".heif", ".ico", ".jp2", ".jxl", ".nef", ".psd", ".svg", ".tga")
NAMED = 3  # of each kind


class LeftOut:
    """The names of what is left out, by kind; as text the one line that tells of it, empty where there is nothing."""

    KINDS = {
        "hidden": "hidden",
        "macos": "of macOS's archiver",
        "empty": "empty",
        "unreadable": "of a kind of picture that is not read here",
        "link": "behind a link to a folder",
        "other": "other",
    }

    def __init__(self):
        self.names = {kind: [] for kind in self.KINDS}

    def __len__(self):
        """Return how many files and folders are left out."""
        return sum(map(len, self.names.values()))

    def __str__(self):
        told = []
        for kind, names in self.names.items():
            if names:
                some = ", ".join(sorted(names)[:NAMED]) + (", ..." if len(names) > NAMED else "")
                told.append(f"{len(names)} {self.KINDS[kind]} ({some})")
        return f"left out: {'; '.join(told)}." if told else ""

    def add(self, kind, name):
        """Leave one more out."""
        self.names[kind].append(name)


def pictures_below(folder, left_out, prefix=""):
    """List the pictures in a folder and in the folders below it.

    Parameters
    ----------
    folder : str or path      left_out : LeftOut, gets the rest      prefix : str, "hat/", before the names told of

    Returns
    -------
    names : list of str, relative to `folder`, with "/" between folders, sorted as str
    """
    found = []

    def enter(path, inner):
        with os.scandir(path) as entries:
            for entry in entries:
                name, kind = inner + entry.name, kind_of(entry)
                if kind == "folder":
                    enter(entry.path, f"{name}/")
                elif kind == "picture":
                    found.append(name)
                else:
                    left_out.add(kind, prefix + name)

    enter(folder, "")
    return sorted(found)


def kind_of(entry, follow=False):
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
        return "unreadable" if suffix in SUFFIXES or suffix in ELSEWHERE else "other"
    if not entry.is_file():
        return "other"
    return "picture" if entry.stat().st_size else "empty"


@cache
def readable():
    """Return those of SUFFIXES that this Pillow can read: WebP and AVIF may be missing from a build."""
    known = Image.registered_extensions()
    return frozenset(suffix for suffix in SUFFIXES if known.get(suffix) in FORMATS and known[suffix] in Image.OPEN)
