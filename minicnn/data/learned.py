"""What a model learned from, known by content, so that it is never judged on these pictures without a word.

The `split` field of classifier.json, which travels with the model, tells how the training pictures were chosen and has
the beginning of each one's SHA-256:

    {"rule": "fifth", "seed": 0, "counts": {"train": {"hat": 40, ...}, ...}, "learned": ["9f8a...", ...]}

`rule` is "folders" where train/ and validation/ lay there, "fifth" where `seed` drew the validation pictures.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..types import AnyPath, NDArray
from .folders import Folder
from .hashes import content_hash
from .labelled import LabelledPictures

SplitField = dict[str, Any]  # the `split` field of classifier.json

MOST_LISTED = 100_000  # in a model's file: those with the smallest hashes, so that any part is a fair sample
HASH_BYTES = 8  # of each hash: two of 100,000 pictures agree with a chance of 3e-10
SPLIT_CHOICES: tuple[str, ...] = ("train", "validation", "test", "all")


class EvaluationSet(NamedTuple):
    """The pictures that a model is to be judged on.

    Attributes
    ----------
    split : str
        Which was chosen.
    files : list of Path
    labels : (N,) int64
    learned : int
        How many pictures of the split the model learned from.
    left_out : bool
        Whether these are left out.
    note : str
        One sentence on that, or "".

    Examples
    --------
    >>> import numpy as np
    >>> chosen = EvaluationSet("test", [Path("test/hat/0000.png")], np.array([1]), 0, True, "")
    >>> chosen.split, len(chosen.files)
    ('test', 1)
    """

    split: str
    files: list[Path]
    labels: NDArray[np.int64]
    learned: int
    left_out: bool
    note: str


def fingerprints(files: Sequence[AnyPath], workers: int | None = None) -> list[str]:
    """Return the beginning of the SHA-256 of each file's content; files are read on threads.

    Parameters
    ----------
    files : list of paths
    workers : int, optional
        Threads; by default what the standard library takes.

    Returns
    -------
    hashes : list of str
        8 bytes, 16 hex digits, a file.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "shirt.png")
    >>> _ = file.write_bytes(b"abc")
    >>> fingerprints([file])
    ['ba7816bf8f01cfea']
    """
    with ThreadPoolExecutor(workers) as pool:
        return [digest[: 2 * HASH_BYTES] for digest in pool.map(content_hash, files)]


def split_field(folder: Folder | LabelledPictures, earlier: SplitField | None = None) -> SplitField:
    """Return the `split` field of classifier.json for a model that learns from the split `train` of a folder.

    Parameters
    ----------
    folder : Folder or LabelledPictures
    earlier : dict, optional
        The field of the model that its training goes on from: those pictures it has learned from too.

    Returns
    -------
    field : dict
        rule, seed, counts, and learned: the fingerprint of each training picture.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> field = split_field(Folder(wardrobe.write_folder(tempfile.mkdtemp(), train=5, validation=0, size=16)))
    >>> field["rule"], field["seed"], field["counts"]["train"]["hat"], len(field["learned"])
    ('fifth', 0, 4, 40)
    """
    hashes = fingerprints(folder.split("train").files) + (earlier or {}).get("learned", [])
    return {
        "rule": folder.rule,
        "seed": folder.split_seed if folder.drawn else None,
        "counts": folder.counts(),
        "learned": sorted(set(hashes))[:MOST_LISTED],
    }


def split_seed_of(field: SplitField | None) -> int:
    """Return the seed by which the held-out pictures of a model were drawn, or 0, the seed where nothing was drawn."""
    return (field or {}).get("seed") or 0


def recorded_split_field(model_path: AnyPath, folder_path: AnyPath | None) -> SplitField | None:
    """Make the `split` field of an older run's model, which has none, from the split.json that the run wrote beside it.

    Parameters
    ----------
    model_path : str or PathLike
        Of the model's file.
    folder_path : str or PathLike, optional
        Where to look for the pictures that no longer lie in the folder that the run trained on.

    Returns
    -------
    field : dict or None
        None where there is no such record, or none of its pictures is found; `missing` counts those that are not.

    Examples
    --------
    >>> import tempfile
    >>> run = Path(tempfile.mkdtemp())
    >>> _ = Path(run, "shirt.png").write_bytes(b"abc")
    >>> _ = Path(run, "split.json").write_text('{"seed": 7, "train": ["shirt.png"]}')
    >>> field = recorded_split_field(run / "model.keras", run)
    >>> field["rule"], field["seed"], field["learned"]
    ('fifth', 7, ['ba7816bf8f01cfea'])
    """
    try:
        record = json.loads((Path(model_path).parent / "split.json").read_text(encoding="utf-8"))
        train = record.get("splits", record)["train"]
        roots = [Path(root) for root in (record.get("folder"), folder_path) if root]
        files = [next((root / name for root in roots if (root / name).is_file()), None) for name in train]
        seed = record.get("seed")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    hashes = fingerprints([file for file in files if file])
    if not hashes:
        return None
    return {
        "rule": "fifth" if seed is not None else "folders",
        "seed": seed,
        "counts": None,
        "learned": sorted(set(hashes))[:MOST_LISTED],
        "missing": files.count(None),
    }


def evaluation_set(folder: Folder, field: SplitField | None, split: str | None = None) -> EvaluationSet:
    """Choose the pictures of a folder that a model may be judged on.

    Parameters
    ----------
    folder : Folder
        As `folder_as_trained` reads it.
    field : dict or None
        The `split` field of the model's classifier.json; None where the model has none.
    split : str, optional
        "test" and "validation" leave out what the model learned from, "train" and "all" are judged whole, with a word.
        By default "test" if present, else "validation".

    Returns
    -------
    chosen : EvaluationSet

    Raises
    ------
    ValueError
        Nobody knows what the model learned from and the folder holds nothing out; or the model learned from all.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> folder = Folder(wardrobe.write_folder(tempfile.mkdtemp(), train=5, validation=0, size=16))
    >>> field = split_field(folder)
    >>> chosen = evaluation_set(folder, field)
    >>> chosen.split, len(chosen.files), chosen.learned
    ('validation', 10, 0)
    >>> evaluation_set(folder, field, "all").note
    'the model learned from 40 of these 50 pictures.'
    """
    if split not in (None, *SPLIT_CHOICES):
        raise ValueError(f"`split` must be one of {', '.join(SPLIT_CHOICES)}. Received: {split!r}.")
    chosen = split or folder.evaluation_split
    files, labels = folder.split(chosen)
    if field is None:
        return EvaluationSet(chosen, files, labels, 0, False, _without_list(folder, chosen, len(files)))
    learned = set(field["learned"])
    known = np.array([content in learned for content in fingerprints(files)], dtype=bool)
    count, whole = int(known.sum()), chosen in ("train", "all")
    if not whole:
        if count == len(files):
            raise ValueError(
                f"The model learned from all {count} pictures of {chosen} in {folder.path}, so that they can't judge"
                " it; --split all judges it on all pictures all the same."
            )
        files, labels = [file for file, out in zip(files, known, strict=True) if not out], labels[~known]
    return EvaluationSet(chosen, files, labels, count, not whole, _with_list(field, chosen, count, len(known), whole))


def _without_list(folder: Folder, chosen: str, count: int) -> str:
    if chosen in ("train", "all"):
        return f"the model's file does not tell what it learned from: it may have been these {count} pictures."
    if folder.drawn and chosen == "validation":
        raise ValueError(
            f"The model's file does not tell what it learned from, and {folder.path} has neither a test nor a"
            f" validation folder: the model may have learned from any picture there. --split all judges it on all"
            f" {len(folder.split('all').files)}."
        )
    return f"the model's file does not tell what it learned from; {chosen}/ of {folder.path} is taken as unseen."


def _with_list(field: SplitField, chosen: str, count: int, total: int, whole: bool) -> str:
    listed, counts = len(field["learned"]), (field.get("counts") or {}).get("train") or {}
    trained = sum(counts.values())
    partial = ""
    if listed == MOST_LISTED < trained:
        partial = f" (the file lists {listed} of the {trained} that it learned from)"
    if missing := field.get("missing", 0):
        partial = f" ({missing} others that it learned from were not found by name, and may be among these)"
    if not count:
        return partial and f"the model learned from none of the {total} pictures of {chosen}{partial}."
    if whole:
        return f"the model learned from {count} of these {total} pictures{partial}."
    return f"{count} of the {total} pictures of {chosen} are left out: the model learned from them{partial}."


def folder_as_trained(path: AnyPath, field: SplitField | None, split_seed: int | None = None) -> Folder:
    """Read a folder of pictures so that the pictures held out are those of a model's own training.

    Parameters
    ----------
    path : str or PathLike
    field : dict or None
        The `split` field of the model's classifier.json.
    split_seed : int, optional
        In place of the model's.

    Raises
    ------
    ValueError
        As in `Folder`.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> path = wardrobe.write_folder(tempfile.mkdtemp(), train=5, validation=0, size=16)
    >>> field = split_field(Folder(path, split_seed=3))
    >>> folder_as_trained(path, field).split_seed, folder_as_trained(path, field, split_seed=4).split_seed
    (3, 4)
    """
    return Folder(path, split_seed=split_seed_of(field) if split_seed is None else split_seed)
