"""Stored feature vectors: a frozen base without augmentation repeats one forward pass, so it is run once.

A store is a folder with a subfolder for each (weights, size, preprocessing), and in it block files that hold the
SHA-256 of pictures' bytes and their pooled vectors. A block is written beside and renamed, never changed afterwards:
an interrupted run keeps the blocks it finished, and two processes can only do the same work twice.
"""

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import console, files, pictures, runtime, weights
from .errors import Diverged
from .model import Classifier
from .pictures import Pictures, Recipe
from .types import AnyPath, Dataset

BATCH: int = 32  # every batch is padded to this size: a vector depends in its last bits on the size of its batch
BLOCK: int = 256  # pictures a file of the store


def default_store() -> Path:
    """Return the user's store: $KERAS_REF_CACHE, else keras_ref/features in the user's cache folder."""
    if named := os.environ.get("KERAS_REF_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keras_ref" / "features"


def subfolder(classifier: Classifier, recipe: Recipe, store: AnyPath) -> Path:
    """Return the folder for one (weights, size, preprocessing), with a key.json that says what it stands for.

    Parameters
    ----------
    classifier : Classifier
    recipe : Recipe
    store : str or path

    Returns
    -------
    folder : Path
    """
    precision = classifier.vectors.layers[-1].compute_dtype
    key = {"weights": weights.fingerprint(classifier.base), "batch": BATCH, "precision": precision}
    key |= dataclasses.asdict(recipe)
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]
    where = Path(store) / name
    if not (where / "key.json").exists():
        files.write_json(where / "key.json", key)
    return where


def vectors(
    classifier: Classifier, split: Pictures, store: AnyPath, shard: tuple[int, int] = (0, 1)
) -> NDArray[np.float32] | None:
    """Return the pooled vectors of a split's pictures, computing and storing those that are missing.

    Parameters
    ----------
    classifier : Classifier with a frozen base
    split : Pictures
    store : str or path
    shard : (i, n)
        With n > 1 only part i of n of the missing ones is computed.

    Returns
    -------
    vectors : (N, 2048) float32, or None with n > 1

    Raises
    ------
    ValueError
        The base has layers that learn.
    Diverged
        A vector is not finite.
    """
    if classifier.base.trainable_weights:
        raise ValueError("Stored vectors are only right for a frozen base; this one has layers that learn (unfreeze).")
    where = subfolder(classifier, split.recipe, store)
    hashes = [_content_hash(path) for path in split.paths]
    known = read_store(where)
    first = {}
    for i, digest in enumerate(hashes):
        first.setdefault(digest, i)
    missing = [first[digest] for digest in sorted(first) if digest not in known]
    mine = [i for i in missing if int(hashes[i][:15], 16) % shard[1] == shard[0]]
    _compute(classifier.vectors, split, mine, hashes, where, known)
    return None if shard[1] > 1 else np.stack([known[digest] for digest in hashes])


def labelled(
    classifier: Classifier, split: Pictures, store: AnyPath
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the pooled vectors of a split's pictures, and their labels.

    Parameters
    ----------
    classifier : Classifier with a frozen base
    split : Pictures with labels
    store : str or path

    Returns
    -------
    vectors : (N, 2048) float32
    one_hot : (N, classes) float32
    """
    whole = vectors(classifier, split, store)
    if whole is None or split.one_hot is None:
        raise ValueError("Pictures to learn from must have labels.")
    return whole, split.one_hot


def _content_hash(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compute(net, split, mine, hashes, where, known):
    if not mine:
        return
    left = Pictures([split.paths[i] for i in mine], split.recipe, keep=False)
    pending = []
    with console.progress("features", len(mine)) as advance, left.naming_the_culprit():
        batches = iter(left.batches(BATCH))
        for start in range(0, len(mine), BATCH):
            (x,) = next(batches)
            y = np.asarray(net.predict_on_batch(pictures.padded(x.numpy(), BATCH))).astype(np.float32)[: len(x)]
            if not np.isfinite(y).all():
                bad = start + int(np.isfinite(y).all(axis=1).argmin())
                raise Diverged(
                    f"The base's answer to {left.paths[bad]} is not finite: "
                    f"its weights are not, or they overflow in {net.layers[-1].compute_dtype}."
                )
            for i, vector in zip(mine[start : start + BATCH], y, strict=True):
                known[hashes[i]] = vector
                pending.append(hashes[i])
            advance(len(x))
            if len(pending) >= BLOCK or start + BATCH >= len(mine):
                _write_block(where, pending, known)
                pending = []


def _write_block(where, digests, known):
    raw = np.frombuffer(bytes.fromhex("".join(digests)), np.uint8).reshape(-1, 32)
    name = hashlib.sha256(raw.data).hexdigest()[:20]
    with files.writing(where / f"{name}.npz") as file:
        np.savez(file, hashes=raw, vectors=np.stack([known[digest] for digest in digests]))


def read_store(where: AnyPath) -> dict[str, NDArray[np.float32]]:
    """Read all blocks of a subfolder; a block that cannot be read is as good as absent.

    Parameters
    ----------
    where : str or path

    Returns
    -------
    known : {SHA-256: vector}
    """
    known = {}
    for path in sorted(Path(where).glob("*.npz")):
        if path.name.startswith("."):
            continue
        try:
            with open(path, "rb") as stream, np.load(stream) as block:
                for raw, vector in zip(block["hashes"], block["vectors"], strict=True):
                    known[raw.tobytes().hex()] = vector
        except Exception:  # zipfile, zlib and numpy each have their own error for a damaged file
            console.note(f"{path} cannot be read; its vectors are computed again.")
    return known


def merge(sources: Sequence[AnyPath], store: AnyPath) -> int:
    """Copy every block of other stores into one.

    Parameters
    ----------
    sources : paths of stores
    store : str or path

    Returns
    -------
    new : int, blocks that were not there before

    Raises
    ------
    ValueError
        A store is not there.
    """
    new = 0
    for source in map(Path, sources):
        if not source.is_dir():
            raise ValueError(f"The store {source} is not there.")
        for path in sorted(source.glob("*/*")):
            if path.name.startswith(".") or path.suffix not in (".npz", ".json"):
                continue
            target = Path(store) / path.parent.name / path.name
            if not target.exists():
                with open(path, "rb") as block, files.writing(target) as file:
                    shutil.copyfileobj(block, file)
                new += path.suffix == ".npz"
    return new


def batches(
    stored: NDArray[np.float32], one_hot: NDArray[np.float32], batch_size: int, order: ArrayLike | None = None
) -> Dataset:
    """Return batches of stored vectors and their labels.

    Parameters
    ----------
    stored : (N, width) float32
    one_hot : (N, classes) float32
    batch_size : int
    order : (n,) int, the numbers of the pictures, or None for all

    Returns
    -------
    batches : tf.data.Dataset of (vectors, one-hot labels)
    """
    tf, _ = runtime.load()
    order = np.arange(len(stored)) if order is None else np.asarray(order)
    return pictures.steady(tf.data.Dataset.from_tensor_slices((stored[order], one_hot[order])).batch(batch_size))
