"""Stored feature vectors: a frozen base repeats one forward pass for each picture, so it is run once.

`minicnn.data.VectorStore` keeps them, for both packages. Augmentation fits in where its draws are counted: the vector
of draw 3 of a picture depends on the picture and the 3 alone, and an epoch takes one draw after the other.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from minicnn.data import ROWS, VectorStore, answer_key, mirrored, variants

from .. import pictures, runtime
from ..model import Classifier
from ..pictures import Pictures, Recipe
from ..runtime import Diverged, console
from ..types import AnyPath, Dataset, Net

BLOCK: int = 256  # pictures a file of the store
LARGEST: int = 1 << 26  # bytes of one with maps
BATCH: int = ROWS - 1
"""Pictures a batch. Each batch is filled up to 32 rows: a vector's last bits depend on the batch's size, and for the
last row on its place too, which is therefore never a picture's. (Of 33 rows not only the last would differ: with
registers of 32 bytes and one thread of TensorFlow's the 32 pictures had bits of four kinds, by their places.)"""


def store_for(
    classifier: Classifier, recipe: Recipe, store: AnyPath, augment: str = "none", draw: int = 0
) -> VectorStore:
    """Return the stored vectors of one (weights, size, preprocessing, draw of an augmentation).

    Parameters
    ----------
    classifier : Classifier
    recipe : Recipe
    store : str or path
    augment : "none", "course", "light" or "mirror"
    draw : int, from 1; 0 for the pictures as they are

    Returns
    -------
    vectors : VectorStore
    """
    return VectorStore(store, key_of(classifier.vectors, classifier.base.get_weights(), recipe, augment, draw))


def key_of(net: Net, arrays: Sequence[NDArray[Any]], recipe: Recipe, augment: str, draw: int) -> dict[str, Any]:
    """Return what a net's answer depends on beside the picture.

    Parameters
    ----------
    net : keras.Model
        The last layer's precision is part of the key.
    arrays : the weights that the answer depends on
    recipe : Recipe
    augment : "none", "course", "light" or "mirror"
    draw : int, from 1; 0 for the pictures as they are

    Returns
    -------
    key : dict that JSON can write
    """
    precision = net.layers[-1].compute_dtype
    return answer_key(
        arrays, **dataclasses.asdict(recipe), precision=precision, rows=BATCH + 1, augment=augment, draw=draw
    )


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
    augment : "none", "course", "light" or "mirror"
    draw : int, from 1
        Which draw of the augmentation (the one of "mirror" is the mirror images); 0 for the pictures as they are.

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
    known = answers(classifier.vectors, split, where, shard, augment, draw)
    return None if shard[1] > 1 else np.stack([known[digest] for digest in split.hashes()])


def answers(
    net: Net,
    split: Pictures,
    where: VectorStore,
    shard: tuple[int, int] = (0, 1),
    augment: str = "none",
    draw: int = 0,
    dtype: str = "float32",
) -> dict[str, NDArray[np.floating[Any]]]:
    """Return what a net answers to a split's pictures, computing and storing what is missing.

    Parameters
    ----------
    net : keras.Model from pictures to a vector, or to one map or several
    split : Pictures
    where : VectorStore
    shard : (i, n)
        With n > 1 only part i of n of the missing ones is computed.
    augment : "none", "course", "light" or "mirror"
    draw : int, from 1; 0 for the pictures as they are
    dtype : "float32" or "float16", in which answers are kept

    Returns
    -------
    known : {SHA-256 of a picture: its answer, flat}

    Raises
    ------
    ValueError
        The store holds maps and cannot be written, or not be read.
    Diverged
        An answer is not finite.
    """
    known = where.read()
    tell_of(where)
    first, hashes = {}, split.hashes()
    for i, digest in enumerate(hashes):
        first.setdefault(digest, i)
    missing = [first[digest] for digest in sorted(first) if digest not in known]
    mine = [i for i in missing if int(hashes[i][:15], 16) % shard[1] == shard[0]]
    kept = _compute(net, split, mine, where, known, augment, draw, np.dtype(dtype))
    where.drop_damaged(replaced=kept and shard[1] == 1)
    if not where.mapped:
        return known
    known = where.read()
    if shard[1] == 1 and (lost := len(first.keys() - known.keys())):
        reason = next(iter(where.unread.values()), "they are gone")
        raise ValueError(f"{lost} of {len(first)} maps in {where.folder} cannot be read: {reason}.")
    return known


def tell_of(where: VectorStore) -> None:
    """Say which blocks of a store could not be read.

    Parameters
    ----------
    where : VectorStore, just read

    Raises
    ------
    ValueError
        It holds maps, and blocks of it may be whole.
    """
    for path in where.damaged:
        console.note(f"{path} cannot be read; its vectors are computed again.")
    if where.unread:
        path, reason = next(iter(where.unread.items()))
        these = f"{len(where.unread)} of the blocks in {where.folder} cannot be read now, such as {path.name}"
        these += f" ({reason})"
        if where.mapped:
            raise ValueError(f"{these}; they may be whole, so nothing is computed again.")
        console.note(f"{these}: they stay, and what they hold is computed again.")


def _compute(net, split, mine, where, known, augment, draw, dtype) -> bool:
    """Compute what is missing into `known`, or into the store of maps; tell whether the store has all of it."""
    if not mine:
        return True
    left = Pictures([split.paths[i] for i in mine], split.recipe, keep=False)
    hashes = left.hashes()
    what = ("maps" if where.mapped else "features") + (f", draw {draw}" if draw else "")
    pending, kept, block = {}, True, BLOCK
    with console.progress(what, len(mine)) as advance:
        for start, y in computed(net, left, augment, draw, dtype):
            if where.mapped:  # a block is a file that stays open
                block = max(BATCH, min(BLOCK, LARGEST // y[0].nbytes))
            pending |= zip(hashes[start : start + BATCH], y, strict=True)
            advance(len(y))
            if len(pending) >= block or start + BATCH >= len(mine):
                kept = kept and where.write(list(pending), np.stack(list(pending.values())))
                if not where.mapped:
                    known |= pending
                elif not kept:
                    raise ValueError(
                        f"The store {where.folder.parent} cannot be written, so no maps can be kept there."
                    )
                pending = {}
    if not kept:
        console.note(f"The store {where.folder.parent} cannot be written: these vectors are not kept.")
    return kept


def computed(
    net: Net, left: Pictures, augment: str = "none", draw: int = 0, dtype: DTypeLike = "float32"
) -> Iterator[tuple[int, NDArray[np.floating[Any]]]]:
    """Run a net over pictures, batch by batch.

    Parameters
    ----------
    net : keras.Model
    left : Pictures
    augment : "none", "course", "light" or "mirror"
    draw : int, from 1; 0 for the pictures as they are
    dtype : of what comes

    Yields
    ------
    start : int, the number of the batch's first picture
    y : (n, width), each picture's answer, flat

    Raises
    ------
    Diverged
        An answer is not finite.
    """
    if not len(left):  # a dataset of no files takes their names for numbers
        return
    with left.naming_the_culprit():
        drawn = iter(left.drawn(BATCH, augment, draw) if draw else left.batches(BATCH))
        for start in range(0, len(left), BATCH):
            (x,) = next(drawn)
            y = _flat(net.predict_on_batch(pictures.padded(x.numpy(), BATCH + 1)), dtype)[: len(x)]
            if not np.isfinite(y).all():
                bad = start + int(np.isfinite(y).all(axis=1).argmin())
                raise Diverged(
                    f"The base's answer to {left.paths[bad]} is not finite: "
                    f"its weights are not, or they overflow in {net.layers[-1].compute_dtype} or {dtype}."
                )
            yield start, y


def _flat(answer, dtype):
    """Join what a net answers to a batch, one array or several, to (N, width)."""
    each = answer if isinstance(answer, (list, tuple)) else [answer]
    with np.errstate(over="ignore"):  # what float16 does not hold is found by who asks whether it is finite
        return np.concatenate([np.asarray(one).reshape(len(one), -1) for one in each], axis=1).astype(dtype)


class Stored:
    """What a head learns from or is judged on: the vectors of a split, augmented ones in other ways in each epoch.

    Parameters
    ----------
    classifier : Classifier with a frozen base
    split : Pictures with labels
    store : str or path
    augment : "none", "course", "light" or "mirror"
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
        self._mirror = augment == "mirror"
        sets = []
        for draw in variants(augment, draws):
            found = vectors(classifier, split, store, augment=augment, draw=draw)
            assert found is not None  # which only a shard's part is
            sets.append(found)
        self._sets = sets
        self.width: int = sets[0].shape[1]

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.one_hot)

    def epoch(self, number: int, seed: int = 0) -> NDArray[np.float32]:
        """Return the vectors of an epoch: its own draw, or with fewer draws than epochs the first again.

        Parameters
        ----------
        number : int, from 1
        seed : int, 0 or more
            Of the coins that choose between a picture and its mirror image.

        Returns
        -------
        vectors : (N, width) float32
        """
        if self._mirror:
            return np.where(mirrored(len(self), seed, number)[:, None], self._sets[1], self._sets[0])
        return self._sets[(number - 1) % len(self._sets)]

    def batches(self, number: int, batch_size: int, order: ArrayLike | None = None, seed: int = 0) -> Dataset:
        """Return an epoch's batches of vectors and labels.

        Parameters
        ----------
        number : int, from 1
        seed : int, 0 or more
            Of the coins that choose between a picture and its mirror image.
        batch_size : int
        order : (n,) int, the numbers of the pictures, or None for all

        Returns
        -------
        batches : tf.data.Dataset of (vectors, one-hot labels)
        """
        tf, _ = runtime.load()
        order = np.arange(len(self)) if order is None else np.asarray(order)
        chosen = self.epoch(number, seed)[order], self.one_hot[order]
        return pictures.steady(tf.data.Dataset.from_tensor_slices(chosen).batch(batch_size))
