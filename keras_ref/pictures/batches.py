"""From files to batches, as a tf.data pipeline: parallel decode, prefetch, every picture decoded once.

The pixels are the course's: Pillow's nearest to (size, size), then x / 127.5 - 1. TensorFlow's decoder gives Pillow's
pixels where it is asked for the accurate transform; a JPEG that EXIF turns, CMYK or 16 bits and every other format goes
through Pillow itself. Augmentation exists for the pictures that a net learns from and for no others.
"""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minicnn.data import content_hashes, draw_seeds, load_image, mirrored

from .. import runtime
from ..runtime import console
from ..types import AnyPath, Dataset, Tensor
from . import augment, jpeg
from .recipe import Recipe

HEAD: int = 1 << 16  # bytes looked at for a JPEG's header


def padded(x: NDArray[Any], size: int) -> NDArray[np.float32]:
    """Fill a batch up with zeros: what a net answers depends in its last bits on the size of the batch.

    Parameters
    ----------
    x : (n, ...) array, n <= size
    size : int

    Returns
    -------
    whole : (size, ...) float32
    """
    whole = np.zeros((size, *x.shape[1:]), np.float32)
    whole[: len(x)] = x
    return whole


def steady(batches: Dataset) -> Dataset:
    """Finish a tf.data pipeline: prefetched, the same speed in every pass, split by elements over several devices.

    With TensorFlow's autotuning about every third pass over the files runs on one core alone (measured on two: 1.3 s
    instead of 0.7 s for 1,534 photographs), whatever number of parallel calls is asked for.

    Parameters
    ----------
    batches : tf.data.Dataset

    Returns
    -------
    batches : tf.data.Dataset
    """
    tf, _ = runtime.load()
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.with_options(options).prefetch(2)


class Pictures:
    """The pictures of one split for one recipe: decoded by tf.data on the first pass, then served from memory.

    Parameters
    ----------
    paths : sequence of Path
    recipe : Recipe
    labels : (N,) int or None
    classes : int
        The length of a one-hot label.
    keep : bool
        Whether decoded pixels may be kept in memory (they are only where they fit in a quarter of it).

    Attributes
    ----------
    one_hot : (N, classes) float32, or None without labels
    keeps : bool, whether decoded pixels are kept
    """

    def __init__(
        self,
        paths: Sequence[AnyPath],
        recipe: Recipe,
        labels: NDArray[np.integer[Any]] | None = None,
        classes: int = 0,
        keep: bool = True,
    ) -> None:
        self.paths: list[Path] = list(map(Path, paths))
        self.recipe: Recipe = recipe
        self.one_hot: NDArray[np.float32] | None = None
        if labels is not None:
            self.one_hot = np.eye(classes, dtype=np.float32)[labels]
        self._routes = None
        self._kept = None
        self._hashes = None
        needed = len(self.paths) * recipe.height * recipe.width * 3
        self.keeps: bool = keep and needed < _memory() // 4

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.paths)

    def decoded(self, order: ArrayLike | None = None) -> Dataset:
        """Read the pictures from their files.

        Parameters
        ----------
        order : (n,) int, the numbers of the pictures, or None for all

        Returns
        -------
        pictures : tf.data.Dataset of (height, width, 3) uint8, in `order`
        """
        tf, _ = runtime.load()
        routes, ys, xs = self._look()
        plain = (routes >= 0).all()
        order = np.arange(len(self)) if order is None else np.asarray(order)
        names = tf.constant([os.fsencode(path) for path in self.paths])
        routes, ys, xs = tf.constant(routes), tf.constant(ys), tf.constant(xs)
        shape = (self.recipe.height, self.recipe.width, 3)

        def by_tensorflow(i):
            picture = tf.io.decode_jpeg(tf.io.read_file(names[i]), channels=3, dct_method="INTEGER_ACCURATE")
            return tf.gather(tf.gather(picture, ys[routes[i, 0]]), xs[routes[i, 1]], axis=1)

        def by_pillow(i):
            return tf.numpy_function(lambda k: self._pixels(int(k)), [i], tf.uint8, stateful=False)

        def picture(i):
            if plain:  # the usual folder; a tenth faster without the choice
                return tf.ensure_shape(by_tensorflow(i), shape)
            return tf.ensure_shape(tf.cond(routes[i, 0] >= 0, lambda: by_tensorflow(i), lambda: by_pillow(i)), shape)

        return tf.data.Dataset.from_tensor_slices(order).map(picture, num_parallel_calls=_cores())

    def pixels(self) -> Tensor:
        """Return all pictures; the first call reads them.

        Returns
        -------
        pixels : (N, height, width, 3) uint8 tensor, in the order of the paths
        """
        if self._kept is None:
            tf, _ = runtime.load()
            blocks = []
            with console.progress("decoding pictures", len(self)) as advance, self.naming_the_culprit():
                for block in steady(self.decoded().batch(64)):
                    blocks.append(block)
                    advance(len(block))
            self._kept = tf.concat(blocks, axis=0)
        return self._kept

    def batches(self, batch_size: int, order: ArrayLike | None = None) -> Dataset:
        """Return batches of the pictures exactly as they are: nothing here can augment.

        Parameters
        ----------
        batch_size : int
        order : (n,) int, the numbers of the pictures, or None for all

        Returns
        -------
        batches : tf.data.Dataset of (x,) or (x, one-hot y)
        """
        tf, _ = runtime.load()
        order = np.arange(len(self)) if order is None else np.asarray(order)
        found = self._uint8(order, batch_size).map(self.recipe.prepare(), _cores())
        return self._labelled(found, order, batch_size)

    def hashes(self) -> list[str]:
        """Return the SHA-256 of each picture's file; the first call reads them.

        Returns
        -------
        digests : N texts of 64 hex digits
        """
        if self._hashes is None:
            self._hashes = content_hashes(self.paths)
        return self._hashes

    def drawn(self, batch_size: int, augmentation: str, draw: int, order: ArrayLike | None = None) -> Dataset:
        """Return batches of the pictures as one draw of an augmentation has them.

        A draw depends on its number and a picture's content: whoever trains on it, in whatever order, sees the same.
        The one draw of `mirror` is the mirror images.

        Parameters
        ----------
        batch_size : int
        augmentation : "course", "light" or "mirror"
        draw : int, from 1
        order : (n,) int, the numbers of the pictures, or None for all

        Returns
        -------
        batches : tf.data.Dataset of (x,) or (x, one-hot y)
        """
        order = np.arange(len(self)) if order is None else np.asarray(order)
        if augmentation == "mirror":
            return self._mirrored(batch_size, np.ones(len(self), bool), order)
        return self._augmented(batch_size, augmentation, draw_seeds(self.hashes(), draw), order)

    def training_batches(
        self,
        batch_size: int,
        seed: int,
        epoch: int,
        augmentation: str = "none",
        draws: int = 0,
        part: tuple[int, int] = (0, 1),
    ) -> Dataset:
        """Return one epoch to learn from: order and augmentation depend on (seed, epoch, picture) and on nothing else.

        Parameters
        ----------
        batch_size : int
        seed : int, 0 or more
        epoch : int, from 1
        augmentation : "none", "course", "light" or "mirror"
        draws : int
            With K above 0 epoch n takes draw n of `drawn`, after the Kth the first again.
        part : (i, n)
            Of n workers the ith gets every nth picture of the epoch's order.

        Returns
        -------
        batches : tf.data.Dataset of (x,) or (x, one-hot y)
        """
        order = np.random.default_rng([seed, epoch]).permutation(len(self))[part[0] :: part[1]]
        if augmentation == "none":
            return self.batches(batch_size, order)
        if augmentation == "mirror":
            return self._mirrored(batch_size, mirrored(len(self), seed, epoch), order)
        if draws:
            return self.drawn(batch_size, augmentation, (epoch - 1) % draws + 1, order)
        return self._augmented(
            batch_size, augmentation, augment.seeds([p.name for p in self.paths], seed, epoch), order
        )

    def _mirrored(self, batch_size, coins, order):
        """Return batches in `order`, of a picture's mirror image where its coin is true."""
        tf, _ = runtime.load()
        prepare = self.recipe.prepare()
        both = tf.data.Dataset.zip(
            self._uint8(order, batch_size), tf.data.Dataset.from_tensor_slices(coins[order]).batch(batch_size)
        )
        changed = both.map(lambda x, coin: prepare(tf.where(coin[:, None, None, None], x[:, :, ::-1], x)), _cores())
        return self._labelled(changed, order, batch_size)

    def _augmented(self, batch_size, augmentation, seeds, order):
        tf, _ = runtime.load()
        change = augment.transformer(augmentation, self.recipe.height, self.recipe.width)
        prepare = self.recipe.prepare()
        changed = tf.data.Dataset.zip(
            self._uint8(order, 1).unbatch(), tf.data.Dataset.from_tensor_slices(seeds[order])
        ).map(lambda x, s: change(prepare(x), s), num_parallel_calls=_cores())
        return self._labelled(changed.batch(batch_size), order, batch_size)

    @contextmanager
    def naming_the_culprit(self) -> Iterator[None]:
        """Turn a decoder's complaint in a `with` block into a ValueError with the file's name."""
        tf, _ = runtime.load()
        try:
            yield
        except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError, tf.errors.UnknownError) as error:
            for path in self.paths:
                try:
                    load_image(path)
                except ValueError as refusal:
                    raise ValueError(
                        f"{refusal} Remove it; train and evaluate leave out all such pictures with --skip-corrupt."
                    ) from None
            if "jpeg" in str(error.message).lower():
                first = str(error.message).splitlines()[0]
                raise ValueError(f"TensorFlow cannot decode a picture that Pillow can: {first}") from None
            raise

    def _uint8(self, order, batch_size):
        tf, _ = runtime.load()
        if not self.keeps:
            return self.decoded(order).batch(batch_size)
        kept = self.pixels()
        numbers = tf.data.Dataset.from_tensor_slices(np.asarray(order)).batch(batch_size)
        return numbers.map(lambda i: tf.gather(kept, i), num_parallel_calls=_cores())

    def _labelled(self, batches, order, batch_size):
        tf, _ = runtime.load()
        if self.one_hot is not None:
            labels = tf.data.Dataset.from_tensor_slices(self.one_hot[order]).batch(batch_size)
            batches = tf.data.Dataset.zip(batches, labels)
        else:
            batches = batches.map(lambda x: (x,))
        return steady(batches.apply(tf.data.experimental.assert_cardinality(math.ceil(len(order) / batch_size))))

    def _look(self):
        """Find each picture's way: rows of the index tables for TensorFlow's decoder, or -1 for Pillow."""
        if self._routes is None:
            if self.recipe.resize != "nearest":
                sizes = [None] * len(self)
            else:
                sizes = [jpeg.plain_jpeg_size(_head(path)) for path in self.paths]
            heights = sorted({size[0] for size in sizes if size} | {1})
            widths = sorted({size[1] for size in sizes if size} | {1})
            row, column = {n: k for k, n in enumerate(heights)}, {n: k for k, n in enumerate(widths)}
            routes = np.array([(row[s[0]], column[s[1]]) if s else (-1, -1) for s in sizes], np.int32).reshape(-1, 2)
            ys = np.stack([jpeg.nearest_index(n, self.recipe.height) for n in heights])
            xs = np.stack([jpeg.nearest_index(n, self.recipe.width) for n in widths])
            self._routes = routes, ys, xs
        return self._routes

    def _pixels(self, i):
        r = self.recipe
        return load_image(self.paths[i], (r.height, r.width), r.resize)


def _cores():
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory():
    """Return the machine's memory in bytes; where the system does not tell, 8 GiB are assumed."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):
        return 8 << 30


def _head(path):
    with open(path, "rb") as stream:
        return stream.read(HEAD)
