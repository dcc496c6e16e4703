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
from pathlib import Path

import numpy as np

from keras_ref import console, data, files, model, runtime
from keras_ref.errors import Diverged, Refusal

BATCH = 32  # every batch is padded to this size: a vector depends in its last bits on the size of its batch
BLOCK = 256


def default_store():
    """Give the user's store: $KERAS_REF_CACHE, else keras_ref/features in the user's cache folder."""
    named = os.environ.get("KERAS_REF_CACHE")
    return (
        Path(named)
        if named
        else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keras_ref" / "features"
    )


def subfolder(classifier, recipe, store):
    """Give the folder for one (weights, size, preprocessing), with a key.json that says what it stands for."""
    precision = classifier.vectors.layers[-1].compute_dtype
    key = {"weights": model.fingerprint(classifier.base), "batch": BATCH, "precision": precision}
    key |= dataclasses.asdict(recipe)
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]
    where = Path(store) / name
    if not (where / "key.json").exists():
        files.write_json(where / "key.json", key)
    return where


def vectors(classifier, split, store, shard=(0, 1)):
    """Give the pooled vectors of a split's pictures, (N, 2048) float32, computing and storing those that are missing.

    With `shard` = (i, n), n > 1, only every n-th of the missing ones is computed and None is returned.
    """
    if classifier.base.trainable_weights:
        raise Refusal("Stored vectors are only right for a frozen base; this one has layers that learn (unfreeze).")
    where = subfolder(classifier, split.recipe, store)
    hashes = [files.content_hash(path) for path in split.paths]
    known = read_store(where)
    first = {}
    for i, digest in enumerate(hashes):
        first.setdefault(digest, i)
    missing = [first[digest] for digest in sorted(first) if digest not in known]
    mine = [i for i in missing if int(hashes[i][:15], 16) % shard[1] == shard[0]]
    _compute(classifier.vectors, split, mine, hashes, where, known)
    return None if shard[1] > 1 else np.stack([known[digest] for digest in hashes])


def _compute(net, split, mine, hashes, where, known):
    if not mine:
        return
    left = data.Pictures([split.paths[i] for i in mine], split.recipe, keep=False)
    pending = []
    with console.progress("features", len(mine)) as advance, left.naming_the_culprit():
        batches = iter(left.batches(BATCH))
        for start in range(0, len(mine), BATCH):
            (x,) = next(batches)
            x = x.numpy()
            whole = np.zeros((BATCH, *x.shape[1:]), np.float32)
            whole[: len(x)] = x
            y = np.asarray(net.predict_on_batch(whole)).astype(np.float32)[: len(x)]
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
    name = hashlib.sha256(raw).hexdigest()[:20]
    with files.beside(where / f"{name}.npz") as partial, open(partial, "wb") as stream:
        np.savez(stream, hashes=raw, vectors=np.stack([known[digest] for digest in digests]))


def read_store(where):
    """Read all blocks of a subfolder: {SHA-256: vector}; a block that cannot be read is as good as absent."""
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


def merge(sources, store):
    """Copy every block of other stores into `store`; return how many were new."""
    new = 0
    for source in map(Path, sources):
        if not source.is_dir():
            raise Refusal(f"The store {source} is not there.")
        for path in sorted(source.glob("*/*")):
            if path.name.startswith(".") or path.suffix not in (".npz", ".json"):
                continue
            target = Path(store) / path.parent.name / path.name
            if not target.exists():
                with files.beside(target) as partial:
                    shutil.copyfile(path, partial)
                new += path.suffix == ".npz"
    return new


def batches(stored, one_hot, batch_size, order=None):
    """Give a tf.data.Dataset of batches (vectors, one-hot labels) in `order`."""
    tf, _ = runtime.load()
    order = np.arange(len(stored)) if order is None else order
    return data.steady(tf.data.Dataset.from_tensor_slices((stored[order], one_hot[order])).batch(batch_size))
