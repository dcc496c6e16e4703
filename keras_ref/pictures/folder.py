"""A folder of pictures to train on: minicnn.data reads it, so that both packages hold out the same pictures."""

from collections.abc import Sequence
from pathlib import Path

from minicnn.data import Folder, Split, find_unreadable

from ..runtime import console
from ..types import AnyPath, Result


def read(root: AnyPath, split_seed: int = 0) -> Folder:
    """Read a data folder, and name what is no part of it.

    Parameters
    ----------
    root : str or path
        It holds `train`, and perhaps `validation` and `test`, each with a folder a class; or the class folders alone.
    split_seed : int, 0 or more
        Draws the held-out fifth of each class where there is no `validation`.

    Returns
    -------
    found : minicnn.data.Folder, with the splits train and validation

    Raises
    ------
    ValueError
        The folder cannot be trained on.
    """
    found = Folder(root, split_seed)
    if "train" not in found.splits:
        raise ValueError(f"{root} has {', '.join(found.splits)} but no train/.")
    if len(found.left_out):
        console.note(f"{root}: {found.left_out}")
    return found


def as_recorded(found: Folder, record: Result) -> Folder:
    """Return a data set with the splits of a run's split.json, whatever rule drew them.

    Runs of before `split_seed` drew the held-out fifth from their own seed: what they wrote down is what counts.

    Parameters
    ----------
    found : minicnn.data.Folder
    record : the content of split.json

    Returns
    -------
    recorded : minicnn.data.Folder
    """
    files, labels = found.split("all")
    at = {found.name_of(path): i for i, path in enumerate(files)}
    splits = {name: split for name, split in found.splits.items() if name == "test"}
    for name in ("train", "validation"):
        rows = [at[key] for key in record[name]]
        splits[name] = Split([files[i] for i in rows], labels[rows])
    recorded = found.without(())  # a copy
    recorded.splits = splits
    recorded.split_seed = record.get("seed")  # None: an older rule
    return recorded


def corrupt(paths: Sequence[Path]) -> dict[Path, str]:
    """Decode every picture once, many at a time, and return those that fail.

    Parameters
    ----------
    paths : sequence of Path

    Returns
    -------
    wrong : {path: what is wrong with it}
    """
    with console.progress("reading every picture", len(paths)) as advance:
        return find_unreadable(paths, advance=advance)


def without_corrupt(found: Folder) -> tuple[Folder, dict[Path, str]]:
    """Leave out the pictures of a data set that cannot be read, and note how many.

    Parameters
    ----------
    found : minicnn.data.Folder

    Returns
    -------
    kept : minicnn.data.Folder
    wrong : {path: what is wrong with it}

    Raises
    ------
    ValueError
        A class has no picture left.
    """
    wrong = corrupt(found.split("all").files)
    kept = found.without(wrong)
    console.note(f"{len(wrong)} corrupt pictures are left out." if wrong else "No picture is corrupt.")
    return kept, wrong
