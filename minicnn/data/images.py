"""A folder of photographs becomes batches: decoded ahead on threads, shuffled by (seed, epoch), resized, scaled.

x = picture * scale + offset, float32, a number each or one a channel; by default the raw 0..255, since a model holds
its own Rescaling layer.
"""

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np

from minicnn.arguments import integer, is_integer, is_number
from minicnn.data.decode import PictureError, check_resize, check_size, load_image
from minicnn.data.folders import Folder

LABEL_MODES = ("categorical", "int", "binary", None)
AHEAD = 2  # batches decoded before they are asked for


class ImageBatches:
    """Batches of pictures from files; iterate it once an epoch, as often as wanted.

    Parameters
    ----------
    files : sequence of paths     labels : (N,) int, index into class_names     class_names : sequence of str
    size : int or (height, width), pixels     batch_size : int >= 1; the last batch may be smaller
    resize : one of Pillow's filters, see `load_image`     scale, offset : float, or three, as in `to_floats`
    order : "rgb" or "bgr", of the channels
    label_mode : what `y` is, as in Keras: "categorical" (N, classes) float32 one-hot, "int" (N,) int64,
        "binary" (N, 1) float32 for two classes, None: batches are x alone
    shuffle : bool     seed : None, int or np.random.Generator: the order of epoch e depends on (seed, e) alone
    cache : None, or "memory": pictures are kept as uint8 after the first epoch, N * H * W * 3 bytes
    skip_corrupt : True decodes every file once, here, and leaves out what is no picture: see `skipped`
    workers : None (as many threads as the process may use) or int >= 1

    Attributes
    ----------
    files, labels, class_names, batch_size; shape : (H, W, 3); epoch : the epoch that the next iteration will be;
    skipped : {path: reason} of the files left out

    Raises
    ------
    ValueError: an argument is none of these. PictureError: while iterating, naming the file.
    """

    def __init__(
        self,
        files,
        labels,
        class_names,
        size=(64, 64),
        batch_size=32,
        *,
        resize="nearest",
        scale=1.0,
        offset=0.0,
        order="rgb",
        label_mode="categorical",
        shuffle=False,
        seed=None,
        cache=None,
        skip_corrupt=False,
        workers=None,
    ):
        self.files, self.class_names = list(files), tuple(class_names)
        self.labels = _check_labels(labels, len(self.files), len(self.class_names), label_mode)
        height, width = check_size(size) or (None, None)
        if height is None:
            raise ValueError("`size` must be a positive integer or (height, width) in pixels. Received: None.")
        self.shape = (height, width, 3)
        self.batch_size = integer("batch_size", batch_size)
        self.resize = check_resize(resize)
        self.scale, self.offset = _check_number("scale", scale), _check_number("offset", offset)
        if order not in ("rgb", "bgr"):
            raise ValueError(f"`order` must be 'rgb' or 'bgr'. Received: {order!r}.")
        self.channel_order = order
        self.label_mode, self.shuffle = label_mode, shuffle
        self.seed = _check_seed(seed)
        self.epoch, self.skipped = 0, {}
        self.workers = _cpus() if workers is None else integer("workers", workers)
        if cache not in (None, "memory"):
            raise ValueError(f"`cache` must be None or 'memory'. Received: {cache!r}.")
        self._kept = {} if cache else None  # index -> picture
        if skip_corrupt:
            self._leave_out_corrupt()

    def __len__(self):
        """Return the number of batches."""
        return -(-len(self.files) // self.batch_size)

    def __iter__(self):
        """Yield the batches of the next epoch."""
        epoch, self.epoch = self.epoch, self.epoch + 1
        return self.batches(self.order(epoch))

    def order(self, epoch):
        """Return the indices into `files` in the order of that epoch, (N,) int64."""
        if not self.shuffle:
            return np.arange(len(self.files))
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.files))

    def batches(self, order):
        """Yield (x, y) for the files that `order` names by index: x (N, H, W, 3) float32, y as `label_mode` says."""
        with closing(self._pictures(order)) as pictures:  # a loop that stops early stops the threads as well
            for start in range(0, len(order), self.batch_size):
                chosen = order[start : start + self.batch_size]
                x = np.stack([next(pictures) for _ in chosen])  # (N, H, W, 3)
                x = to_floats(x, self.scale, self.offset, self.channel_order)
                yield x if self.label_mode is None else (x, self.targets(chosen))

    def targets(self, indices):
        """Return `y` for these files, by index."""
        labels = self.labels[indices]
        if self.label_mode == "int":
            return labels
        if self.label_mode == "binary":
            return labels[:, None].astype(np.float32)  # (N, 1)
        return np.eye(len(self.class_names), dtype=np.float32)[labels]  # (N, classes)

    def arrays(self):
        """Return the whole set at once, in the order of `files`, as one batch."""
        x = [batch if self.label_mode is None else batch[0] for batch in self.batches(np.arange(len(self.files)))]
        x = np.concatenate(x)  # (N, H, W, 3)
        return x if self.label_mode is None else (x, self.targets(np.arange(len(self.files))))

    def _load(self, index):
        if self._kept is not None and index in self._kept:
            return self._kept[index]
        picture = load_image(self.files[index], self.shape[:2], self.resize)
        if self._kept is not None:
            self._kept[index] = picture
        return picture

    def _pictures(self, order):
        """Yield uint8 pictures in order; a window of them is decoded ahead, on threads (Pillow releases the GIL)."""
        order = [int(index) for index in order]
        if self._kept is not None and all(index in self._kept for index in order):
            yield from map(self._load, order)
            return
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="pictures")
        waiting, to_come = deque(), iter(order)
        try:
            for index in to_come:
                waiting.append(pool.submit(self._load, index))
                if len(waiting) > AHEAD * self.batch_size:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _leave_out_corrupt(self):
        def reason(index):
            try:
                self._load(index)
            except PictureError as problem:
                return str(problem)

        with ThreadPoolExecutor(self.workers) as pool:
            reasons = list(pool.map(reason, range(len(self.files))))
        self.skipped = {self.files[i]: text for i, text in enumerate(reasons) if text}
        good = [i for i, text in enumerate(reasons) if not text]
        if not good:
            raise ValueError(f"At least one file must be a picture. Received: {len(self.files)} that are none.")
        self.files, self.labels = [self.files[i] for i in good], self.labels[good]
        if self._kept is not None:
            self._kept = {new: self._kept[old] for new, old in enumerate(good)}


def to_floats(pictures, scale=1.0, offset=0.0, order="rgb"):
    """Make of pictures what a net takes.

    Parameters
    ----------
    pictures : (..., 3) uint8, RGB
    scale, offset : float, or one a channel in the net's order: x = picture * scale + offset
    order : "rgb" or "bgr", of the net's channels

    Returns
    -------
    x : float32, of the same shape
    """
    x = np.ascontiguousarray(pictures[..., ::-1] if order == "bgr" else pictures, dtype=np.float32)
    if np.any(np.not_equal(scale, 1)):
        x = x * np.asarray(scale, np.float32)
    if np.any(np.not_equal(offset, 0)):
        x = x + np.asarray(offset, np.float32)
    return x


def image_folder(path, split="train", size=(64, 64), batch_size=32, *, split_seed=0, shuffle=None, seed=0, **settings):
    """Read one split of a folder of pictures as batches.

    Parameters
    ----------
    path : str or path, or a Folder already read     split : "train", "validation" or "test"
    split_seed : int >= 0, decides the held-out fifth where the folder has no `validation`
    shuffle : None shuffles the split `train` alone     size, batch_size, seed, settings : as in `ImageBatches`

    Returns
    -------
    batches : ImageBatches

    Raises
    ------
    ValueError: as in `Folder` and `ImageBatches`, and where the folder has no such split.

    Examples
    --------
    >>> train = image_folder("clothing-dataset-small", "train", size=64, cache="memory")   # doctest: +SKIP
    >>> validation = image_folder("clothing-dataset-small", "validation", size=64)         # doctest: +SKIP
    >>> model.fit(train, validation_data=validation, epochs=10)                            # doctest: +SKIP
    """
    folder = path if isinstance(path, Folder) else Folder(path, split_seed)
    files, labels = folder.split(split)
    shuffle = split == "train" if shuffle is None else shuffle
    return ImageBatches(files, labels, folder.class_names, size, batch_size, shuffle=shuffle, seed=seed, **settings)


def _cpus():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_labels(labels, files, classes, mode):
    labels = np.asarray(labels)
    if mode not in LABEL_MODES:
        raise ValueError(f"`label_mode` must be one of {', '.join(map(repr, LABEL_MODES))}. Received: {mode!r}.")
    if mode == "binary" and classes != 2:
        raise ValueError(f"`label_mode` 'binary' must have two classes. Received: {classes}.")
    if files == 0:
        raise ValueError("`files` must hold at least one picture. Received: none.")
    if labels.shape != (files,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"`labels` must be {files} integers, one a file. Received: labels.shape={labels.shape}, {labels.dtype}."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"`labels` must lie in 0..{classes - 1}, the index of a class. Received: {labels.min()}..{labels.max()}."
        )
    return labels.astype(np.int64)


def _check_number(name, value):
    numbers = value if isinstance(value, (list, tuple)) else [value] * 3
    if len(numbers) != 3 or not all(is_number(number) and np.isfinite(number) for number in numbers):
        raise ValueError(f"`{name}` must be a finite number, or one for each channel. Received: {value!r}.")
    return value


def _check_seed(seed):
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    if seed is None:
        return int(np.random.SeedSequence().entropy)
    if not is_integer(seed) or seed < 0:
        raise ValueError(f"`seed` must be None, an integer of at least 0 or a Generator. Received: {seed!r}.")
    return int(seed)
