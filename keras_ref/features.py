"""Stored feature vectors: a frozen base repeats one forward pass for each picture, so it is run once.

`minicnn.data.VectorStore` keeps them, for both packages. Augmentation fits in where its draws are counted: the vector
of draw 3 of a picture depends on the picture and the 3 alone, and an epoch takes one draw after the other.
"""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minicnn.data import VectorStore, default_store, weights_digest
from minicnn.data import merge_stores as merge

from . import console, pictures, runtime
from .errors import Diverged
from .model import Classifier
from .pictures import Pictures, Recipe
from .types import AnyPath, Dataset

__all__ = ["BATCH", "BLOCK", "Stored", "default_store", "merge", "store_for", "vectors"]

BLOCK: int = 256  # pictures a file of the store
BATCH: int = 32
"""Pictures a batch. Each batch is filled up to one row more: a vector's last bits depend on the batch's size, and for
the last row on its neighbours too, which is therefore never a picture."""


def store_for(
    classifier: Classifier, recipe: Recipe, store: AnyPath, augment: str = "none", draw: int = 0
) -> VectorStore:
    """Return the stored vectors of one (weights, size, preprocessing, draw of an augmentation).

    Parameters
    ----------
    classifier : Classifier
    recipe : Recipe
    store : str or path
    augment : "none", "course" or "light"
    draw : int, from 1; 0 for the pictures as they are

    Returns
    -------
    vectors : VectorStore
    """
    precision = classifier.vectors.layers[-1].compute_dtype
    key = {"weights": weights_digest(classifier.base.get_weights()), "rows": BATCH + 1, "precision": precision}
    key |= dataclasses.asdict(recipe)
    if draw:
        key |= {"augment": augment, "draw": draw}
    return VectorStore(store, key)


def vectors(
    classifier: Classifier,
    split: Pictures,
    store: AnyPath,
    shard: tuple[int, int] = (0, 1),
    augment: str = "none",
    draw: int = 0,
) -> NDArray[np.float32] | None:
    """Return the pooled vectors of a split's pictures, computing and storing those that are missing.

    Parameters
    ----------
    classifier : Classifier with a frozen base
    split : Pictures
    store : str or path
        One that cannot be written is read, and what it lacks is computed and not kept.
    shard : (i, n)
        With n > 1 only part i of n of the missing ones is computed.
    augment : "none", "course" or "light"
    draw : int, from 1
        Which draw of the augmentation; 0 for the pictures as they are.

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
    where = store_for(classifier, split.recipe, store, augment, draw)
    known = where.read()
    for path in where.damaged:
        console.note(f"{path} cannot be read; its vectors are computed again.")
    hashes = split.hashes()
    first = {}
    for i, digest in enumerate(hashes):
        first.setdefault(digest, i)
    missing = [first[digest] for digest in sorted(first) if digest not in known]
    mine = [i for i in missing if int(hashes[i][:15], 16) % shard[1] == shard[0]]
    _compute(classifier.vectors, split, mine, where, known, augment, draw)
    where.drop_damaged()
    return None if shard[1] > 1 else np.stack([known[digest] for digest in hashes])


def _compute(net, split, mine, where, known, augment, draw):
    if not mine:
        return
    left = Pictures([split.paths[i] for i in mine], split.recipe, keep=False)
    hashes = left.hashes()
    what = f"features, draw {draw}" if draw else "features"
    pending, kept = [], True
    with console.progress(what, len(mine)) as advance, left.naming_the_culprit():
        drawn = iter(left.drawn(BATCH, augment, draw) if draw else left.batches(BATCH))
        for start in range(0, len(mine), BATCH):
            (x,) = next(drawn)
            y = np.asarray(net.predict_on_batch(pictures.padded(x.numpy(), BATCH + 1))).astype(np.float32)[: len(x)]
            if not np.isfinite(y).all():
                bad = start + int(np.isfinite(y).all(axis=1).argmin())
                raise Diverged(
                    f"The base's answer to {left.paths[bad]} is not finite: "
                    f"its weights are not, or they overflow in {net.layers[-1].compute_dtype}."
                )
            digests = hashes[start : start + BATCH]
            known.update(zip(digests, y, strict=True))
            pending += digests
            advance(len(x))
            if kept and (len(pending) >= BLOCK or start + BATCH >= len(mine)):
                kept = where.write(pending, np.stack([known[digest] for digest in pending]))
                pending = []
    if not kept:
        console.note(f"The store {where.folder.parent} cannot be written: these vectors are not kept.")


class Stored:
    """What a head learns from or is judged on: the vectors of a split, with draws another set in each epoch.

    Parameters
    ----------
    classifier : Classifier with a frozen base
    split : Pictures with labels
    store : str or path
    augment : "none", "course" or "light"
    draws : int
        How many draws of the augmentation there are; 0 for the pictures as they are.

    Attributes
    ----------
    one_hot : (N, classes) float32
    width : int, numbers a vector
    """

    def __init__(
        self, classifier: Classifier, split: Pictures, store: AnyPath, augment: str = "none", draws: int = 0
    ) -> None:
        if split.one_hot is None:
            raise ValueError("Pictures to learn from must have labels.")
        self.one_hot: NDArray[np.float32] = split.one_hot
        sets = []
        for draw in range(1, draws + 1) if draws else [0]:
            found = vectors(classifier, split, store, augment=augment, draw=draw)
            assert found is not None  # which only a shard's part is
            sets.append(found)
        self._sets = sets
        self.width: int = sets[0].shape[1]

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.one_hot)

    def epoch(self, number: int) -> NDArray[np.float32]:
        """Return the vectors of an epoch: its own draw, or with fewer draws than epochs the first again.

        Parameters
        ----------
        number : int, from 1

        Returns
        -------
        vectors : (N, width) float32
        """
        return self._sets[(number - 1) % len(self._sets)]

    def batches(self, number: int, batch_size: int, order: ArrayLike | None = None) -> Dataset:
        """Return an epoch's batches of vectors and labels.

        Parameters
        ----------
        number : int, from 1
        batch_size : int
        order : (n,) int, the numbers of the pictures, or None for all

        Returns
        -------
        batches : tf.data.Dataset of (vectors, one-hot labels)
        """
        tf, _ = runtime.load()
        order = np.arange(len(self)) if order is None else np.asarray(order)
        chosen = self.epoch(number)[order], self.one_hot[order]
        return pictures.steady(tf.data.Dataset.from_tensor_slices(chosen).batch(batch_size))
