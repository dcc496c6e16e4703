"""What a model learned from, known by content, so that it is never judged on these pictures without a word.

The `split` field of classifier.json, which travels with the model, tells how the training pictures were chosen and has
the beginning of each one's SHA-256:

    {"rule": "fifth", "seed": 0, "counts": {"train": {"hat": 40, ...}, ...}, "learned": ["9f8a...", ...]}

`rule` is "folders" where train/ and validation/ lay there, "fifth" where `seed` drew the validation pictures.
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minicnn.data.folders import Folder

MOST = 100_000  # pictures that a model's file lists: those with the smallest hashes, so that any part is a fair sample
BYTES = 8  # of each hash: two of 100,000 pictures agree with a chance of 3e-10
CHOICES = ("train", "validation", "test", "all")


class Judged(NamedTuple):
    """The pictures that a model is to be judged on.

    `split` is what was chosen, `files` (list of Path) and `labels` (N,) the pictures; `learned` how many pictures of
    the split the model learned from, `left_out` whether these are left out; `note` one sentence on that, or "".
    """

    split: str
    files: list
    labels: np.ndarray
    learned: int
    left_out: bool
    note: str


def fingerprints(files, workers=None):
    """Return the first 8 bytes of the SHA-256 of each file's content, as 16 hex digits; files are read on threads."""

    def digest(file):
        with open(file, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[: 2 * BYTES]

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(digest, files))


def split_field(folder, earlier=None):
    """Return the `split` field of classifier.json for a model that learns from the split `train` of `folder`.

    `earlier` is the field of the model that its training goes on from, if any: those pictures it has learned from too.
    """
    hashes = fingerprints(folder.split("train").files) + (earlier or {}).get("learned", [])
    return {
        "rule": folder.rule,
        "seed": folder.split_seed if folder.drawn else None,
        "counts": folder.counts(),
        "learned": sorted(set(hashes))[:MOST],
    }


def split_seed_of(field):
    """Return the seed by which the held-out pictures of a model were drawn, or 0, the seed where nothing was drawn."""
    return (field or {}).get("seed") or 0


def field_beside(model_path, folder_path):
    """Make the `split` field of a model of an older run from the split.json beside it; None where there is none.

    The pictures are looked for in the folder that the run trained on, or else in `folder_path`.
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
    return {
        "rule": "fifth" if seed is not None else "folders",
        "seed": seed,
        "counts": None,
        "learned": sorted(set(hashes))[:MOST],
    }


def to_judge(folder, field, split=None):
    """Choose the pictures of a folder that a model may be judged on.

    Parameters
    ----------
    folder : Folder, drawn by `split_seed_of(field)`
    field : the `split` field of the model's classifier.json, or None where the model has none
    split : None ("test" if present, else "validation", without what the model learned from), or the caller's choice:
        "test" and "validation" leave out what it learned from, "train" and "all" are judged whole, with a word

    Returns
    -------
    judged : Judged

    Raises
    ------
    ValueError: nobody knows what the model learned from and the folder holds nothing out; the model learned from all.
    """
    if split not in (None, *CHOICES):
        raise ValueError(f"`split` must be one of {', '.join(CHOICES)}. Received: {split!r}.")
    chosen = split or folder.evaluation_split
    files, labels = folder.split(chosen)
    if field is None:
        return Judged(chosen, files, labels, 0, False, _without_list(folder, chosen, len(files)))
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
    return Judged(chosen, files, labels, count, not whole, _with_list(field, chosen, count, len(known), whole))


def _without_list(folder, chosen, count):
    if chosen in ("train", "all"):
        return f"the model's file does not tell what it learned from: it may have been these {count} pictures."
    if folder.drawn and chosen == "validation":
        raise ValueError(
            f"The model's file does not tell what it learned from, and {folder.path} has neither a test nor a"
            f" validation folder: the model may have learned from any picture there. --split all judges it on all"
            f" {len(folder.split('all').files)}."
        )
    return f"the model's file does not tell what it learned from; {chosen}/ of {folder.path} is taken as unseen."


def _with_list(field, chosen, count, total, whole):
    listed, counts = len(field["learned"]), (field.get("counts") or {}).get("train") or {}
    trained = sum(counts.values())
    partial = f" (the file lists {listed} of the {trained} that it learned from)" if listed == MOST < trained else ""
    if not count:
        return partial and f"the model learned from none of the {total} pictures of {chosen}{partial}."
    if whole:
        return f"the model learned from {count} of these {total} pictures{partial}."
    return f"{count} of the {total} pictures of {chosen} are left out: the model learned from them{partial}."


def folder_for(path, field, split_seed=None):
    """Read a folder of pictures with the held-out fifth of the model's own training, unless `split_seed` is given."""
    return Folder(path, split_seed=split_seed_of(field) if split_seed is None else split_seed)
