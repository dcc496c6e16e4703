"""The frozen part of a fine-tuned net is run once: what it answers is kept, and an epoch costs what learns alone.

Everything before the first layer that learns is a constant of a picture. `cut` parts the net there: `front` goes from
pictures to the maps where both parts meet, `back` from these to the logits. The maps of a 299 px picture at Xception's
last block are 200 KB as float16, so they lie in memory-mapped files, within a budget that is said.
"""

import contextlib
import math
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from minicnn.data import VectorStore, mirrored, variants

from .. import pictures, runtime
from ..model import Classifier
from ..pictures import Pictures
from ..runtime import console
from ..types import AnyPath, Dataset, Net
from . import stored

BUDGET: float = 8.0  # GB of maps that the store may hold


@dataclass
class Cut:
    """A classifier in two parts, which share its layers.

    Parameters
    ----------
    front : keras.Model, from pictures to one map or several; nothing in it learns
    back : keras.Model, from these to logits
    shapes : the maps' shapes, (H, W, C) each
    """

    front: Net
    back: Net
    shapes: list[tuple[int, ...]]

    @property
    def width(self) -> int:
        """How many numbers the maps of one picture are."""
        return sum(map(math.prod, self.shapes))


def cut(classifier: Classifier) -> Cut:
    """Part a classifier before the first layer that learns.

    Parameters
    ----------
    classifier : Classifier whose base learns in part

    Returns
    -------
    parts : Cut
    """
    _, keras = runtime.load()
    base, changing, meeting, steps = classifier.base, set(), {}, []
    for layer in base.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        node = layer._inbound_nodes[0]
        inputs, (output,) = list(node.input_tensors), node.output_tensors
        if layer.trainable_weights or changing & {id(tensor) for tensor in inputs}:
            changing.add(id(output))
            steps.append((layer, inputs, output))
            meeting |= {id(tensor): tensor for tensor in inputs if id(tensor) not in changing}
    if not steps:  # BatchNormalization and ReLU alone were asked for, and neither learns
        meeting = {id(base.output): base.output}
    front = keras.Model(base.input, list(meeting.values()), name="front")
    maps = {key: keras.Input(tensor.shape[1:]) for key, tensor in meeting.items()}
    known = dict(maps)
    for layer, inputs, output in steps:
        given = [known[id(tensor)] for tensor in inputs]
        known[id(output)] = layer(given if len(given) > 1 else given[0])
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(known[id(base.output)])
    back = keras.Model(list(maps.values()), classifier.head(pooled), name="back")
    return Cut(front, back, [tuple(tensor.shape[1:]) for tensor in meeting.values()])


class Maps:
    """What the back part learns from or is judged on: the stored maps of a split.

    Parameters
    ----------
    parts : Cut
    split : Pictures with labels
    store : str or path
    kind : "float16" or "float32"
    augment : "none", "course", "light" or "mirror"
    draws : int

    Raises
    ------
    ValueError
        The store cannot be written.
    Diverged
        A map is not finite, as where float16 does not hold it.
    """

    def __init__(
        self, parts: Cut, split: Pictures, store: AnyPath, kind: str, augment: str = "none", draws: int = 0
    ) -> None:
        if split.one_hot is None:
            raise ValueError("Pictures to learn from must have labels.")
        self._parts, self._one_hot, self._mirror = parts, split.one_hot, augment == "mirror"
        self._sets = []
        for draw in variants(augment, draws):
            where = _store_for(parts, split, store, kind, augment, draw)
            known = stored.answers(parts.front, split, where, augment=augment, draw=draw, dtype=kind)
            with contextlib.suppress(OSError):  # a store that is only read keeps its times
                os.utime(where.folder)  # used now: `make_room` takes the others first
            self._sets.append([known[digest] for digest in split.hashes()])

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._one_hot)

    def batches(self, number: int, batch_size: int, order: ArrayLike | None = None, seed: int = 0) -> Dataset:
        """Return an epoch's batches of maps and labels.

        Parameters
        ----------
        number : int, from 1
        batch_size : int
        order : (n,) int, the numbers of the pictures, or None for all
        seed : int, 0 or more
            Of the coins that choose between a picture and its mirror image.

        Returns
        -------
        batches : tf.data.Dataset of (maps, one-hot labels)
        """
        tf, _ = runtime.load()
        order = np.arange(len(self)) if order is None else np.asarray(order)
        which = np.full(len(self), (number - 1) % len(self._sets))
        if self._mirror:
            which = mirrored(len(self), seed, number).astype(int)
        ends = np.cumsum([math.prod(shape) for shape in self._parts.shapes])[:-1]

        def batch() -> Iterator[tuple]:
            for start in range(0, len(order), batch_size):
                some = order[start : start + batch_size]
                rows = np.stack([self._sets[which[i]][i] for i in some]).astype(np.float32)
                maps = np.split(rows, ends, axis=1)
                shaped = (part.reshape(-1, *shape) for part, shape in zip(maps, self._parts.shapes, strict=True))
                yield tuple(shaped), self._one_hot[some]

        signature = (
            tuple(tf.TensorSpec((None, *shape), tf.float32) for shape in self._parts.shapes),
            tf.TensorSpec((None, self._one_hot.shape[1]), tf.float32),
        )
        made = tf.data.Dataset.from_generator(batch, output_signature=signature)
        return pictures.steady(made.apply(tf.data.experimental.assert_cardinality(math.ceil(len(order) / batch_size))))


def gigabytes(parts: Cut, learned: int, checked: int, kind: str, sets: int) -> float:
    """Return what the maps of a run take.

    Parameters
    ----------
    parts : Cut
    learned : int, pictures to learn from
    checked : int, pictures to be judged on
    kind : "float16" or "float32"
    sets : int, variants of each picture to learn from

    Returns
    -------
    size : float, GB
    """
    return (learned * sets + checked) * parts.width * np.dtype(kind).itemsize / 1e9


def make_room(store: AnyPath, needed: float, budget: float, keep: set[Path]) -> None:
    """Remove the maps that were used longest ago, until the budget holds what is needed.

    Parameters
    ----------
    store : str or path
    needed : float, GB
    budget : float, GB
    keep : folders that are not removed, since what is needed lies there in part
    """
    folders = [path for path in (Path(store) / "maps").glob("*") if path.is_dir() and path not in keep]
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) / 1e9 for path in folders}
    for path in sorted(folders, key=lambda path: path.stat().st_mtime):
        if needed + sum(sizes.values()) <= budget:
            return
        shutil.rmtree(path)
        console.note(f"Maps of {sizes.pop(path):.2g} GB were removed for newer ones: {path}.")


def folders(parts: Cut, split: Pictures, store: AnyPath, kind: str, augment: str, draws: int) -> set[Path]:
    """Return where the maps of a split are kept.

    Parameters
    ----------
    parts : Cut
    split : Pictures
    store : str or path
    kind : "float16" or "float32"
    augment : "none", "course", "light" or "mirror"
    draws : int

    Returns
    -------
    folders : set of Path
    """
    return {_store_for(parts, split, store, kind, augment, draw).folder for draw in variants(augment, draws)}


def _store_for(parts, split, store, kind, augment, draw):
    key = stored.key_of(parts.front, parts.front.get_weights(), split.recipe, augment, draw)
    return VectorStore(Path(store) / "maps", key | {"maps": parts.shapes, "as": kind}, mapped=True)
