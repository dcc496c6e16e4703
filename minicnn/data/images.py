"""A folder of photographs becomes batches: decoded ahead on threads, shuffled by (seed, epoch), resized, scaled.

x = picture * scale + offset, float32, a number each or one a channel; by default the raw 0..255, since a model holds
its own Rescaling layer.
"""

import math
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import numpy as np

from ..arguments import integer, is_integer, is_number
from ..types import AnyArray, AnyPath, ArrayLike, IntArray, NDArray
from .decode import PictureError, check_reading, check_resize, check_size, load_image
from .folders import Folder

LABEL_MODES: tuple[str | None, ...] = ("categorical", "int", "binary", "many", None)
BATCHES_AHEAD = 2  # decoded before they are asked for
Numbers = float | Sequence[float]  # for all channels, or one a channel


class ImageBatches:
    """Batches of pictures from files; iterate it once an epoch, as often as wanted.

    Parameters
    ----------
    files : list of paths
    labels : (N,) int
        Index into `class_names`; (N, classes), 1 where a picture has a label, where each is for itself.
    class_names : list of str
    size : int or (height, width)
        In pixels.
    batch_size : int
        The last batch may be smaller.
    resize : str
        One of Pillow's filters; with it `crop`, `channels` and `invert`: see `load_image`.
    scale, offset : float, or one a channel
        As in `to_floats`.
    order : "rgb" or "bgr"
        Of the channels.
    label_mode : "categorical", "int", "binary", "many" or None
        What `y` is, as in Keras: (N, classes) float32 one-hot, (N,) int64, or (N, 1) float32 for two classes; with
        "many" (N, classes) float32, a 1 for each label. With None batches are x alone.
    shuffle : bool
    seed : int or np.random.Generator, optional
        The order of epoch e depends on (seed, e) alone.
    cache : "memory", optional
        Keep pictures as uint8 after the first epoch, N * H * W * C bytes.
    skip_corrupt : bool
        Decode every file once, here, and leave out what is no picture: see `skipped`.
    workers : int, optional
        Threads; by default as many as the process may use.

    Attributes
    ----------
    files, labels, class_names, batch_size
        As given.
    shape : (H, W, C)
        Of one picture.
    epoch : int
        That the next iteration will be.
    skipped : dict
        Path -> reason, of the files left out.

    Raises
    ------
    ValueError
        An argument is none of these.
    PictureError
        While iterating, naming the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> files = [Path(tempfile.mkdtemp(), f"{grey}.png") for grey in (0, 100, 200)]
    >>> for file in files:
    ...     Image.new("L", (8, 8), int(file.stem)).save(file)
    >>> batches = ImageBatches(files, [0, 1, 1], ["black", "grey"], size=4, batch_size=2, scale=1 / 200)
    >>> for x, y in batches:
    ...     print(x.shape, x[:, 0, 0, 0].tolist(), y.tolist())
    (2, 4, 4, 3) [0.0, 0.5] [[1.0, 0.0], [0.0, 1.0]]
    (1, 4, 4, 3) [1.0] [[0.0, 1.0]]
    """

    files: list[AnyPath]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    shape: tuple[int, int, int]
    batch_size: int
    resize: str
    scale: Numbers
    offset: Numbers
    channel_order: str
    crop: str
    invert: bool
    label_mode: str | None
    shuffle: bool
    seed: int
    epoch: int
    skipped: dict[AnyPath, str]
    workers: int

    def __init__(
        self,
        files: Sequence[AnyPath],
        labels: ArrayLike,
        class_names: Sequence[str],
        size: int | Iterable[int] = (64, 64),
        batch_size: int = 32,
        *,
        resize: str = "nearest",
        crop: str = "none",
        channels: int = 3,
        invert: bool = False,
        scale: Numbers = 1.0,
        offset: Numbers = 0.0,
        order: str = "rgb",
        label_mode: str | None = "categorical",
        shuffle: bool = False,
        seed: int | np.random.Generator | None = None,
        cache: str | None = None,
        skip_corrupt: bool = False,
        workers: int | None = None,
    ):
        self.files, self.class_names = list(files), tuple(class_names)
        self.labels = _check_labels(labels, len(self.files), len(self.class_names), label_mode)
        wanted = check_size(size)
        if wanted is None:
            raise ValueError("`size` must be a positive integer or (height, width) in pixels. Received: None.")
        check_reading(crop, channels, invert)
        self.shape, self.crop, self.invert = (*wanted, channels), crop, invert
        self.batch_size = integer("batch_size", batch_size)
        self.resize = check_resize(resize)
        self.scale, self.offset = (
            _check_number(name, value, channels) for name, value in (("scale", scale), ("offset", offset))
        )
        if order not in ("rgb", "bgr"):
            raise ValueError(f"`order` must be 'rgb' or 'bgr'. Received: {order!r}.")
        self.channel_order = order
        self.label_mode, self._shuffle = label_mode, shuffle
        self.seed = _check_seed(seed)
        self.epoch, self.skipped = 0, {}
        self.workers = _cpus() if workers is None else integer("workers", workers)
        if cache not in (None, "memory"):
            raise ValueError(f"`cache` must be None or 'memory'. Received: {cache!r}.")
        self._kept: dict[int, NDArray[np.uint8]] | None = {} if cache else None  # index -> picture
        if skip_corrupt:
            self._leave_out_corrupt()

    def __len__(self) -> int:
        """Return the number of batches."""
        return math.ceil(len(self.files) / self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches of the next epoch."""
        epoch, self.epoch = self.epoch, self.epoch + 1
        return self.batches(self.order(epoch))

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the indices into `files` in the order of that epoch, (N,)."""
        if not self._shuffle:
            return np.arange(len(self.files))
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.files))

    def batches(self, order: IntArray) -> Iterator[Any]:
        """Yield (x, y) for the files that `order` names by index: x (N, H, W, C) float32, y as `label_mode` says."""
        with closing(self._pictures(order)) as pictures:  # a loop that stops early stops the threads as well
            for start in range(0, len(order), self.batch_size):
                chosen = order[start : start + self.batch_size]
                x = np.stack([next(pictures) for _ in chosen])  # (N, H, W, C)
                x = to_floats(x, self.scale, self.offset, self.channel_order)
                yield x if self.label_mode is None else (x, self.targets(chosen))

    def targets(self, indices: IntArray) -> AnyArray:
        """Return `y` for these files, by index; `label_mode` says in which form."""
        labels = self.labels[indices]
        if self.label_mode == "many":
            return labels.astype(np.float32)  # (N, classes)
        if self.label_mode == "int":
            return labels
        if self.label_mode == "binary":
            return labels[:, None].astype(np.float32)  # (N, 1)
        return np.eye(len(self.class_names), dtype=np.float32)[labels]  # (N, classes)

    def arrays(self) -> Any:
        """Return the whole set at once, in the order of `files`, as one batch, (x, y) or x alone."""
        x = [batch if self.label_mode is None else batch[0] for batch in self.batches(np.arange(len(self.files)))]
        x = np.concatenate(x)  # (N, H, W, C)
        return x if self.label_mode is None else (x, self.targets(np.arange(len(self.files))))

    def _load(self, index: int) -> NDArray[np.uint8]:
        if self._kept is not None and index in self._kept:
            return self._kept[index]
        height, width, channels = self.shape
        picture = load_image(
            self.files[index], (height, width), self.resize, crop=self.crop, channels=channels, invert=self.invert
        )
        if self._kept is not None:
            self._kept[index] = picture
        return picture

    def _pictures(self, order: IntArray) -> Generator[NDArray[np.uint8]]:
        """Yield uint8 pictures in order; a window of them is decoded ahead, on threads (Pillow releases the GIL)."""
        indices = [int(index) for index in order]
        if self._kept is not None and all(index in self._kept for index in indices):
            yield from map(self._load, indices)
            return
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="pictures")
        waiting, to_come = deque[Future[NDArray[np.uint8]]](), iter(indices)
        try:
            for index in to_come:
                waiting.append(pool.submit(self._load, index))
                if len(waiting) > BATCHES_AHEAD * self.batch_size:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _leave_out_corrupt(self) -> None:
        def reason(index: int) -> str | None:
            try:
                self._load(index)
            except PictureError as problem:
                return str(problem)
            return None

        with ThreadPoolExecutor(self.workers) as pool:
            reasons = list(pool.map(reason, range(len(self.files))))
        self.skipped = {self.files[i]: text for i, text in enumerate(reasons) if text}
        good = [i for i, text in enumerate(reasons) if not text]
        if not good:
            raise ValueError(f"At least one file must be a picture. Received: {len(self.files)} that are none.")
        self.files, self.labels = [self.files[i] for i in good], self.labels[good]
        if self._kept is not None:
            self._kept = {new: self._kept[old] for new, old in enumerate(good)}


def to_floats(
    pictures: AnyArray, scale: Numbers = 1.0, offset: Numbers = 0.0, order: str = "rgb"
) -> NDArray[np.float32]:
    """Make of pictures what a net takes: x = picture * scale + offset.

    Parameters
    ----------
    pictures : (..., C) uint8
        RGB or grey, 0..255.
    scale, offset : float, or one a channel in the net's order
    order : "rgb" or "bgr"
        Of the net's channels.

    Returns
    -------
    x : (..., C) float32

    Examples
    --------
    >>> import numpy as np
    >>> pixel = np.array([255, 0, 51], np.uint8)
    >>> to_floats(pixel, scale=1 / 127.5, offset=-1.0, order="bgr").round(2).tolist()
    [-0.6000000238418579, -1.0, 1.0]
    """
    x = np.ascontiguousarray(pictures[..., ::-1] if order == "bgr" else pictures, dtype=np.float32)
    if np.any(np.not_equal(scale, 1)):
        x = x * np.asarray(scale, np.float32)
    if np.any(np.not_equal(offset, 0)):
        x = x + np.asarray(offset, np.float32)
    return x


def image_folder(
    path: AnyPath | Folder,
    split: str = "train",
    size: int | Iterable[int] = (64, 64),
    batch_size: int = 32,
    *,
    split_seed: int = 0,
    shuffle: bool | None = None,
    seed: int | np.random.Generator | None = 0,
    **settings: Any,
) -> ImageBatches:
    """Read one split of a folder of pictures as batches.

    Parameters
    ----------
    path : str, PathLike, or a Folder already read
    split : "train", "validation" or "test"
    split_seed : int, 0 or more
        Decides the held-out fifth where the folder has no `validation`.
    shuffle : bool, optional
        By default the split `train` alone is shuffled.
    size, batch_size, seed, settings
        As in `ImageBatches`.

    Returns
    -------
    batches : ImageBatches

    Raises
    ------
    ValueError
        As in `Folder` and `ImageBatches`, and where the folder has no such split.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> path = wardrobe.write_folder(tempfile.mkdtemp(), train=5, validation=0, size=16)
    >>> train, validation = (image_folder(path, split, size=16) for split in ("train", "validation"))
    >>> [x.shape for x, y in train], [x.shape for x, y in validation]
    ([(32, 16, 16, 3), (8, 16, 16, 3)], [(10, 16, 16, 3)])
    >>> model.fit(train, validation_data=validation, epochs=10)  # doctest: +SKIP
    """
    folder = path if isinstance(path, Folder) else Folder(path, split_seed)
    files, labels = folder.split(split)
    shuffle = split == "train" if shuffle is None else shuffle
    return ImageBatches(files, labels, folder.class_names, size, batch_size, shuffle=shuffle, seed=seed, **settings)


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_labels(given: ArrayLike, files: int, classes: int, mode: str | None) -> NDArray[np.int64]:
    labels = np.asarray(given)
    if mode not in LABEL_MODES:
        raise ValueError(f"`label_mode` must be one of {', '.join(map(repr, LABEL_MODES))}. Received: {mode!r}.")
    if mode == "binary" and classes != 2:
        raise ValueError(f"`label_mode` 'binary' must have two classes. Received: {classes}.")
    if files == 0:
        raise ValueError("`files` must hold at least one picture. Received: none.")
    shape = (files, classes) if mode == "many" else (files,)
    if labels.shape != shape or labels.dtype.kind not in "iu":
        what = f"0 or 1, shape {shape}" if mode == "many" else f"{files} integers, one a file"
        raise ValueError(f"`labels` must be {what}. Received: labels.shape={labels.shape}, {labels.dtype}.")
    if mode == "many":
        classes = 2  # values
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"`labels` must lie in 0..{classes - 1}, the index of a class. Received: {labels.min()}..{labels.max()}."
        )
    return labels.astype(np.int64)


def _check_number(name: str, value: Any, channels: int) -> Any:
    numbers = value if isinstance(value, (list, tuple)) else [value] * channels
    if len(numbers) != channels or not all(is_number(number) and np.isfinite(number) for number in numbers):
        raise ValueError(f"`{name}` must be a finite number, or one for each channel. Received: {value!r}.")
    return value


def _check_seed(seed: Any) -> int:
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    if seed is None:
        entropy: Any = np.random.SeedSequence().entropy
        return int(entropy)
    if not is_integer(seed) or seed < 0:
        raise ValueError(f"`seed` must be None, an integer of at least 0 or a Generator. Received: {seed!r}.")
    return int(seed)
