"""The doctor on pictures that are the same but for their size or compression: known by their thumbnails.

A picture averaged to 16 x 16 grey values, less its mean and divided by its length, hardly changes when it is encoded
again or resized: the product of two such thumbnails is their correlation, and two copies have one near 1.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.data import Folder, fingerprints, load_image

from ..runtime import console
from .finding import Finding

SIDE: int = 16  # pixels of a thumbnail
ALIKE: float = 0.995  # the correlation of two copies at least
LUMINANCE: NDArray[np.float32] = np.array(
    [0.299, 0.587, 0.114], np.float32
)  # of red, green and blue, as in Pillow's "L"
FLAT: float = 1.0  # grey levels: a thumbnail that varies less is no picture to be known by
MOST: int = 20_000  # pictures compared with each other, as their pairs are their square


def thumbnails(files: Sequence[Path]) -> NDArray[np.float32]:
    """Return what each picture is known by; of one that is flat or can't be read zeros, which are like nothing.

    Parameters
    ----------
    files : N paths

    Returns
    -------
    known : (N, SIDE * SIDE) float32, each of length 1 or 0
    """

    def known(file: Path) -> NDArray[np.float32]:
        try:
            grey = (load_image(file, SIDE, "box") @ LUMINANCE).ravel()
        except ValueError:
            return np.zeros(SIDE * SIDE, np.float32)
        grey -= grey.mean()
        return grey / np.linalg.norm(grey) if grey.std() > FLAT else np.zeros_like(grey)

    with ThreadPoolExecutor() as pool, console.progress("comparing pictures", len(files)) as advance:
        found = []
        for one in pool.map(known, files):
            found.append(one)
            advance()
    return np.stack(found)


def pairs(known: NDArray[np.float32], block: int = 256) -> Iterator[NDArray[np.integer[Any]]]:
    """Yield the pairs of thumbnails that are alike, those of a block of thumbnails at a time.

    There may be as many as the square of the thumbnails: the frames of a camera that does not move.

    Parameters
    ----------
    known : (N, K) float32, of length 1 or 0
    block : int, how many are compared with all at once

    Yields
    ------
    pairs : (P, 2) int, i < j
    """
    for start in range(0, len(known), block):
        alike = np.argwhere(known[start : start + block] @ known[start:].T >= ALIKE)
        yield start + alike[alike[:, 0] < alike[:, 1]]


def near_duplicates(found: Folder) -> Iterator[Finding]:
    """Find pictures that are copies of each other: in two splits, in two classes, or in one.

    Those of the same bytes in two splits are another finding's.

    Parameters
    ----------
    found : minicnn.data.Folder

    Yields
    ------
    finding : Finding, one on each of the three
    """
    rows = [
        (path, name, int(label))
        for name, (files, labels) in found.splits.items()
        for path, label in zip(files, labels, strict=True)
    ]
    if len(rows) > MOST:
        console.note(f"Of the {len(rows)} pictures {MOST} are compared with each other for copies.")
        rows = [rows[i] for i in np.linspace(0, len(rows) - 1, MOST).astype(int)]
    _, content = np.unique(fingerprints([path for path, _, _ in rows]), return_inverse=True)
    _, split = np.unique([name for _, name, _ in rows], return_inverse=True)
    label = np.array([label for _, _, label in rows])
    count: dict[str, int] = dict.fromkeys(("splits", "classes", "one"), 0)
    first: dict[str, tuple[int, int]] = {}
    for i, j in (each.T for each in pairs(thumbnails([path for path, _, _ in rows]))):
        mixed, within = label[i] != label[j], split[i] == split[j]
        kinds = {"classes": mixed, "one": ~mixed & within, "splits": ~mixed & ~within & (content[i] != content[j])}
        for kind, found_here in kinds.items():
            if found_here.any():
                at = int(found_here.argmax())
                first.setdefault(kind, (int(i[at]), int(j[at])))
                count[kind] += int(found_here.sum())
    told = {
        "splits": ("near-duplicates in two splits", "remove one of each pair, or the validation accuracy is too high"),
        "classes": ("near-duplicates in two classes", "one of each pair has the wrong label"),
        "one": ("near-duplicates", "they count twice; remove one of each pair"),
    }
    for kind, (name, remedy) in told.items():
        if kind in first:
            i, j = first[kind]
            many = "1 pair of pictures looks" if count[kind] == 1 else f"{count[kind]} pairs of pictures look"
            yield Finding(
                name, f"{many} the same but for size or compression, such as {rows[i][0]} and {rows[j][0]}: {remedy}."
            )
