"""The doctor on pictures that are the same but for their size or compression: known by their thumbnails.

A picture averaged to 16 x 16 grey values, less its mean and divided by its length, hardly changes when it is encoded
again or resized: the product of two such thumbnails is their correlation, and two copies have one near 1.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minicnn.data import Folder, fingerprints, load_image

from .. import console
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


def pairs(known: NDArray[np.float32], block: int = 1024) -> list[tuple[int, int]]:
    """Return the pairs of thumbnails that are alike.

    Parameters
    ----------
    known : (N, K) float32, of length 1 or 0
    block : int, how many are compared with all at once

    Returns
    -------
    pairs : list of (i, j), i < j
    """
    found = []
    for start in range(0, len(known), block):
        alike = known[start : start + block] @ known[start:].T >= ALIKE
        found += [(start + int(i), start + int(j)) for i, j in np.argwhere(alike) if i < j]
    return found


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
    kinds: dict[str, list[tuple[int, int]]] = {"splits": [], "classes": [], "one": []}
    content = fingerprints([path for path, _, _ in rows])
    for i, j in pairs(thumbnails([path for path, _, _ in rows])):
        (_, a, kind), (_, b, other) = rows[i], rows[j]
        if kind != other:
            kinds["classes"].append((i, j))
        elif a == b:
            kinds["one"].append((i, j))
        elif content[i] != content[j]:
            kinds["splits"].append((i, j))
    told = {
        "splits": ("near-duplicates in two splits", "remove one of each pair, or the validation accuracy is too high"),
        "classes": ("near-duplicates in two classes", "one of each pair has the wrong label"),
        "one": ("near-duplicates", "they count twice; remove one of each pair"),
    }
    for kind, (name, remedy) in told.items():
        if kinds[kind]:
            i, j = kinds[kind][0]
            many = "1 pair of pictures looks" if len(kinds[kind]) == 1 else f"{len(kinds[kind])} pairs of pictures look"
            yield Finding(
                name, f"{many} the same but for size or compression, such as {rows[i][0]} and {rows[j][0]}: {remedy}."
            )
