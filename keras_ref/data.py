"""From files to batches, as a tf.data pipeline: parallel decode, prefetch, every picture decoded once.

The pixels are the course's: Pillow's nearest to (size, size), then x / 127.5 - 1. TensorFlow's decoder gives Pillow's
pixels where it is asked for the accurate transform; a JPEG that EXIF turns, CMYK or 16 bits and every other format goes
through Pillow itself. Augmentation exists for the pictures that a net learns from and for no others.
"""

import os
from dataclasses import dataclass

import numpy as np

from keras_ref import augment, console, pictures, runtime
from keras_ref.errors import Refusal

XCEPTION = {"scale": 1 / 127.5, "offset": -1.0}
HEAD = 1 << 16  # bytes looked at for a JPEG's header


@dataclass(frozen=True)
class Recipe:
    """How a picture becomes a net's input: size in pixels, resampling, and x * scale + offset on 0..255."""

    height: int
    width: int
    resize: str = "nearest"
    scale: float = XCEPTION["scale"]
    offset: float = XCEPTION["offset"]

    def prepare(self):
        """Give prepare(uint8 pixels): the float32 values that a net takes, Keras's preprocess_input to the last bit.

        Hence a division, where `x * scale` would be shorter. The divisor is made here, outside the pipeline's graph:
        a constant inside it TensorFlow would replace by its reciprocal, with other last bits.
        """
        tf, _ = runtime.load()
        divisor, offset = tf.constant(1 / self.scale, tf.float32), tf.constant(self.offset, tf.float32)
        return lambda pixels: tf.cast(pixels, tf.float32) / divisor + offset


def square(size):
    """Give Xception's recipe for (size, size) pictures."""
    return Recipe(size, size)


def steady(batches):
    """Finish a tf.data pipeline: prefetched, the same speed in every pass, split by elements over several devices.

    With TensorFlow's autotuning about every third pass over the files runs on one core alone (measured on two: 1.3 s
    instead of 0.7 s for 1,534 photographs), whatever number of parallel calls is asked for.
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
    paths : sequence of Path     labels : (N,) int or None     classes : int, the length of a one-hot label
    keep : bool     whether decoded pixels may be kept in memory (they are only where they fit in a quarter of it)
    """

    def __init__(self, paths, recipe, labels=None, classes=0, keep=True):
        self.paths, self.recipe = list(paths), recipe
        self.one_hot = np.eye(classes, dtype=np.float32)[labels] if labels is not None else None
        self._routes = None
        self._kept = None
        needed = len(self.paths) * recipe.height * recipe.width * 3
        self.keeps = keep and needed < _memory() // 4

    def __len__(self):
        """Give the number of pictures."""
        return len(self.paths)

    def decoded(self, order=None):
        """Give a tf.data.Dataset of (height, width, 3) uint8 pictures, read from their files in `order`."""
        tf, _ = runtime.load()
        routes, ys, xs = self._look()
        plain = (routes >= 0).all()
        order = np.arange(len(self)) if order is None else np.asarray(order)
        names = tf.constant([os.fspath(path) for path in self.paths])
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

    def pixels(self):
        """Give all pictures, an (N, height, width, 3) uint8 tensor in the order of the paths; the first call reads."""
        if self._kept is None:
            tf, _ = runtime.load()
            blocks = []
            with console.progress("decoding pictures", len(self)) as advance, self.naming_the_culprit():
                for block in steady(self.decoded().batch(64)):
                    blocks.append(block)
                    advance(len(block))
            self._kept = tf.concat(blocks, axis=0)
        return self._kept

    def batches(self, batch_size, order=None):
        """Give a tf.data.Dataset of batches (x,) or (x, one-hot y), exactly as they are: nothing here can augment."""
        tf, _ = runtime.load()
        order = np.arange(len(self)) if order is None else np.asarray(order)
        found = self._uint8(order, batch_size).map(self.recipe.prepare(), _cores())
        return self._labelled(found, order, batch_size)

    def training_batches(self, batch_size, seed, epoch, augmentation="none"):
        """Give one epoch to learn from: order and augmentation depend on (seed, epoch, picture) and on nothing else."""
        tf, _ = runtime.load()
        order = np.random.default_rng([seed, epoch]).permutation(len(self))
        if augmentation == "none":
            return self.batches(batch_size, order)
        change = augment.transformer(augmentation, self.recipe.height, self.recipe.width)
        seeds = augment.seeds([path.name for path in self.paths], seed, epoch)[order]
        prepare = self.recipe.prepare()
        changed = tf.data.Dataset.zip(self._uint8(order, 1).unbatch(), tf.data.Dataset.from_tensor_slices(seeds)).map(
            lambda x, s: change(prepare(x), s), num_parallel_calls=_cores()
        )
        return self._labelled(changed.batch(batch_size), order, batch_size)

    def naming_the_culprit(self):
        """Give a context that turns a decoder's complaint into a sentence with the file's name."""
        return _NamingTheCulprit(self.paths)

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
        return steady(batches.apply(tf.data.experimental.assert_cardinality(-(-len(order) // batch_size))))

    def _look(self):
        """Find each picture's way: rows of the index tables for TensorFlow's decoder, or -1 for Pillow."""
        if self._routes is None:
            if self.recipe.resize != "nearest":
                sizes = [None] * len(self)
            else:
                sizes = [pictures.plain_jpeg_size(_head(path)) for path in self.paths]
            heights = sorted({size[0] for size in sizes if size} | {1})
            widths = sorted({size[1] for size in sizes if size} | {1})
            row, column = {n: k for k, n in enumerate(heights)}, {n: k for k, n in enumerate(widths)}
            routes = np.array([(row[s[0]], column[s[1]]) if s else (-1, -1) for s in sizes], np.int32).reshape(-1, 2)
            ys = np.stack([pictures.nearest_index(n, self.recipe.height) for n in heights])
            xs = np.stack([pictures.nearest_index(n, self.recipe.width) for n in widths])
            self._routes = routes, ys, xs
        return self._routes

    def _pixels(self, i):
        path, r = self.paths[i], self.recipe
        return pictures.pixels(pictures.read(path), path, r.height, r.width, r.resize)


class _NamingTheCulprit:
    def __init__(self, paths):
        self.paths = paths

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        tf, _ = runtime.load()
        decoding = (tf.errors.InvalidArgumentError, tf.errors.NotFoundError, tf.errors.UnknownError)
        if kind is None or not issubclass(kind, decoding):
            return
        for path in self.paths:
            try:
                pictures.decode(pictures.read(path), path)
            except Refusal as refusal:
                raise Refusal(
                    f"{refusal} Remove it; train and evaluate leave out all such pictures with --skip-corrupt."
                ) from None
        if "jpeg" in str(error.message).lower():
            first = str(error.message).splitlines()[0]
            raise Refusal(f"TensorFlow cannot decode a picture that Pillow can: {first}") from None


def _cores():
    """Give the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory():
    """Give the machine's memory in bytes; where the system does not tell, 8 GiB are assumed."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):
        return 8 << 30


def _head(path):
    try:
        with open(path, "rb") as stream:
            return stream.read(HEAD)
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.") from None
