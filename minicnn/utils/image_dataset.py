"""A folder of pictures as batches, as Keras's `image_dataset_from_directory` reads it."""

import copy
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..arguments import integer, number, path, refuse
from ..data import ImageBatches, LeftOut, load_image, pictures_below
from ..layers import Resizing
from ..types import AnyArray, AnyPath, IntArray

SUFFIXES: tuple[str, ...] = (".bmp", ".gif", ".jpeg", ".jpg", ".png")  # Keras takes no others
CHANNELS: dict[str, int] = {"rgb": 3, "grayscale": 1}
MODES: tuple[str | None, ...] = ("int", "categorical", "binary", None)
SUBSETS: dict[str | None, tuple[str, ...]] = {
    None: ("all",), "training": ("training",), "validation": ("validation",), "both": ("training", "validation")
}  # fmt: skip
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "follow_links": ((False,), "copy what the links lead to"),
    "pad_to_aspect_ratio": ((False,), "crop_to_aspect_ratio=True squeezes nothing either"),
    "data_format": ((None, "channels_last"), "channels stand last"),
    "format": (("tf",), "batches are arrays, whatever the format"),
}
INSTEAD: dict[str, str] = {  # of TensorFlow's methods that are not here
    "as_numpy_iterator": "iterate over it, batches are arrays",
    "batch": "image_dataset_from_directory takes `batch_size`",
    "concatenate": "read a folder that holds both",
    "enumerate": "use Python's enumerate",
    "filter": "leave files out of the folder",
    "repeat": "fit goes through it once an epoch",
    "shuffle": "image_dataset_from_directory(shuffle=True) draws a new order each epoch",
    "unbatch": "go through each batch in a loop",
}


class ImageDataset(ImageBatches):
    """Batches of pictures from files, resized as TensorFlow resizes; iterate it once an epoch.

    As TensorFlow's datasets it has `map`, `take`, `skip`, `cache` and `prefetch`; but batches are arrays, which need no
    `.numpy()`.

    Parameters
    ----------
    *files : files, labels, class_names
        As in `ImageBatches`; so are `settings`.
    resizing : Resizing
        Brings a picture to its size.

    Attributes
    ----------
    file_paths : list of str

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> from minicnn.utils import image_dataset_from_directory
    >>> folder = wardrobe.write_folder(tempfile.mkdtemp(), train=2, validation=0, size=16)
    >>> dataset = image_dataset_from_directory(folder / "train", image_size=(8, 8), verbose=False)
    >>> [images.shape for images, labels in dataset.map(lambda x, y: (x / 255, y)).take(1)]
    [(20, 8, 8, 3)]
    """

    def __init__(self, *files: Any, resizing: Resizing, **settings: Any):
        super().__init__(*files, size=(resizing.height, resizing.width), **settings)
        self.file_paths: list[str] = [str(file) for file in self.files]
        self._resizing = resizing
        self._steps: tuple[Callable[[Any], Any], ...] = ()  # what is done to an epoch's batches, or to their number

    def _then(self, step: Callable[[Any], Any]) -> Self:
        found = copy.copy(self)
        found._steps = (*self._steps, step)
        return found

    def map(self, function: Callable[..., Any], num_parallel_calls: int | None = None) -> Self:
        """Return the same batches, each turned by a function of (x, y), or of x where there are no labels.

        `num_parallel_calls` is TensorFlow's and changes nothing here.
        """

        def turned(batches: Any) -> Any:
            if isinstance(batches, int):
                return batches
            return (function(*batch) if isinstance(batch, tuple) else function(batch) for batch in batches)

        return self._then(turned)

    def take(self, count: int) -> Self:
        """Return the first batches of each epoch; all for -1."""
        most = integer("count", count, -1)

        def first(batches: Any) -> Any:
            if most == -1:
                return batches
            return min(batches, most) if isinstance(batches, int) else itertools.islice(batches, most)

        return self._then(first)

    def skip(self, count: int) -> Self:
        """Return the batches of each epoch but for the first; none for -1."""
        fewer = integer("count", count, -1)

        def later(batches: Any) -> Any:
            if isinstance(batches, int):
                return 0 if fewer == -1 else max(0, batches - fewer)
            return iter(()) if fewer == -1 else itertools.islice(batches, fewer, None)

        return self._then(later)

    def cache(self) -> Self:
        """Return this: the files are read anew each epoch, and what lies in memory the system keeps."""
        return self

    def prefetch(self, buffer_size: int | None = None) -> Self:
        """Return this: its threads read ahead anyway. `buffer_size` is TensorFlow's."""
        return self

    def __getattr__(self, name: str) -> Any:
        """Say what to do in place of TensorFlow's other methods."""
        advice = f": {INSTEAD[name]}" if name in INSTEAD else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{advice}.")

    def __len__(self) -> int:
        """Return the number of batches."""
        count = super().__len__()
        for step in self._steps:
            count = step(count)
        return count

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches of the next epoch."""
        batches: Any = super().__iter__()
        for step in self._steps:
            batches = step(batches)
        return iter(batches)

    def _load(self, index: int) -> AnyArray:
        return self._resizing.picture(load_image(self.files[index], channels=self.shape[2]))


def image_dataset_from_directory(
    directory: AnyPath,
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int = 32,
    image_size: int | Sequence[int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    crop_to_aspect_ratio: bool = False,
    verbose: bool = True,
    **more: Any,
) -> ImageDataset | Any:
    """Read a folder that holds one folder of pictures a class.

    Parameters
    ----------
    directory : str or PathLike
    labels : "inferred", list of int or None
        The classes are the folders; or given, one a picture in the order of folders, then names; or there are none.
    label_mode : "int", "categorical", "binary" or None
        What y is: (N,), (N, classes) one-hot, (N, 1) for two classes, or nothing, as with labels=None: then all
        pictures below `directory` count, in class folders or not.
    class_names : list of str, optional
        Which folders, and their order; by default all, sorted.
    color_mode : "rgb" or "grayscale"
    batch_size : int
    image_size : int or (height, width)
        In pixels.
    shuffle : bool
        Draw a new order each epoch.
    seed : int, optional
        Of the order, and of the split.
    validation_split : float in (0, 1), optional
        The share that is held out: the same pictures as Keras holds out with this seed.
    subset : "training", "validation" or "both"
        With `validation_split`: which part is returned.
    interpolation : "bilinear", "nearest", "bicubic" or "area"
        TensorFlow's filters.
    crop_to_aspect_ratio : bool
        Whether the middle is cut out first, so that nothing is squeezed.
    verbose : bool
        Print how many pictures were found.
    **more : anything
        Keras's other arguments, which mean nothing else here than their defaults.

    Returns
    -------
    dataset : ImageDataset
        x is float32, 0..255. A list of two for "both".

    Raises
    ------
    ValueError, TypeError
        An argument is none of these, or there are no such pictures.

    Notes
    -----
    As in Keras, pictures are .bmp, .gif, .jpeg, .jpg and .png, and stand folder by folder: those of `hat` before those
    of `hat/old`, those of `hat` before `hat-new`. Hidden and empty files, which Keras fails on, are left out.
    Source: Keras 3 `utils.image_dataset_from_directory`.

    Examples
    --------
    >>> import tempfile
    >>> from minicnn.data import wardrobe
    >>> folder = wardrobe.write_folder(tempfile.mkdtemp(), train=2, validation=0, size=16)
    >>> train, held_out = image_dataset_from_directory(
    ...     folder / "train", image_size=(8, 8), validation_split=0.25, subset="both", seed=1
    ... )
    Found 20 files belonging to 10 classes.
    >>> len(train.file_paths), len(held_out.file_paths)
    (15, 5)
    """
    refuse("image_dataset_from_directory", more, ELSEWHERE)
    choices = ("color_mode", color_mode, CHANNELS), ("label_mode", label_mode, MODES), ("subset", subset, SUBSETS)
    for key, value, known in choices:
        if value not in known:
            raise ValueError(f"`{key}` must be one of {', '.join(map(repr, known))}. Received: {key}={value!r}.")
    if (subset is None) != (validation_split is None) or subset and shuffle and seed is None:
        raise ValueError(
            f"`validation_split` and `subset` stand together, with a `seed` where files are shuffled. "
            f"Received: validation_split={validation_split!r}, subset={subset!r}, seed={seed!r}."
        )
    labels = None if label_mode is None else labels
    size: Any = image_size if isinstance(image_size, (tuple, list)) else (image_size, image_size)
    if len(size) != 2:
        raise ValueError(f"`image_size` must be one integer, or (height, width). Received: image_size={image_size!r}.")
    resizing = Resizing(size[0], size[1], interpolation, crop_to_aspect_ratio)
    resizing.build((None, None, None, CHANNELS[color_mode]))
    files, found, names, others = _listed(Path(path("directory", directory)), labels, class_names)
    if verbose:
        print(f"Found {len(files)} files" + (f" belonging to {len(names)} classes." if labels is not None else "."))
        if others:  # Keras does not say so
            print(f"Left out, as Keras takes {', '.join(SUFFIXES)} alone: {len(others)} ({others[0]}).")
    order = np.arange(len(files))
    if subset and shuffle:
        np.random.RandomState(seed).shuffle(order)  # noqa: NPY002  so Keras draws, whose split this is
    held = len(files) - int(len(files) * number("validation_split", validation_split or 0, 0, 1))
    parts = {"all": order, "training": order[:held], "validation": order[held:]}
    how: dict[str, Any] = {"batch_size": batch_size, "channels": CHANNELS[color_mode], "seed": seed}
    how["label_mode"] = None if labels is None else label_mode
    made = [
        ImageDataset([files[index] for index in chosen], found[chosen], names, resizing=resizing,
                     shuffle=shuffle and (subset, part) != ("both", "validation"), **how)
        for part, chosen in ((part, parts[part]) for part in SUBSETS[subset])
    ]  # fmt: skip
    return made if subset == "both" else made[0]


def _listed(
    root: Path, labels: str | Sequence[int] | None, class_names: Sequence[str] | None
) -> tuple[list[Path], IntArray, list[str], list[str]]:
    """List the pictures, their labels, the names of the classes, and pictures that Keras does not take."""
    inferred = isinstance(labels, str) and labels == "inferred"
    folders = (
        sorted(path.name for path in root.iterdir() if path.is_dir() and path.name[0] != ".") if inferred else [""]
    )
    if class_names is not None and not (inferred and set(class_names) <= set(folders)):
        raise ValueError(f"`class_names` must be folders of {root}, for labels='inferred'. Received: {class_names!r}.")
    names = folders if class_names is None else list(class_names)
    below_each = [pictures_below(root / name, LeftOut()) for name in names]
    others = [file for below in below_each for file in below if not file.lower().endswith(SUFFIXES)]
    found = [
        sorted((file for file in below if file.lower().endswith(SUFFIXES)), key=os.path.split) for below in below_each
    ]
    files = [root / name / file for name, below in zip(names, found, strict=True) for file in below]
    if inferred or labels is None:
        return files, np.repeat(np.arange(len(names)), [len(below) for below in found]), names, others
    given = np.asarray(labels)
    if len(given) != len(files):
        raise ValueError(f"`labels` must be {len(files)} integers, one a file. Received: {len(given)}.")
    return files, given, [str(label) for label in sorted(set(given.tolist()))], others
