"""The embedded data set: ten kinds of clothes, drawn from a seed.

Every picture is a function of (seed, split, class, index) alone: a set of 20 pictures a class is the beginning of the
set of 200, and no picture of one split is in another. The geometry is drawn at three times the size and shrunk.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from ...arguments import integer
from ...types import AnyPath, NDArray
from . import bottoms, hats_and_shoes, tops
from .camera import Camera
from .fabric import Fabric
from .scene import background, compose
from .sketch import DETAIL, Sketch

DRAWINGS: dict[str, Callable[[Sketch], None]] = {
    "dress": tops.dress,
    "hat": hats_and_shoes.hat,
    "longsleeve": tops.longsleeve,
    "outwear": tops.outwear,
    "pants": bottoms.pants,
    "shirt": tops.shirt,
    "shoes": hats_and_shoes.shoes,
    "shorts": bottoms.shorts,
    "skirt": bottoms.skirt,
    "t-shirt": tops.t_shirt,
}
CLASS_NAMES: tuple[str, ...] = tuple(DRAWINGS)  # sorted, as the folders of the clothing photographs are
SPLITS: tuple[str, ...] = ("train", "validation", "test")


def draw(class_name: str, index: int = 0, split: str = "train", seed: int = 0, size: int = 64) -> NDArray[np.uint8]:
    """Draw one picture.

    Parameters
    ----------
    class_name : str
        One of CLASS_NAMES.
    index : int, 0 or more
        Which picture of this class.
    split : "train", "validation" or "test"
        Three sets without a common picture.
    seed : int, 0 or more
    size : int, 16 or more
        In pixels: the picture is square.

    Returns
    -------
    picture : (size, size, 3) uint8
        RGB, 0..255; the same bytes for the same arguments and Pillow version.

    Raises
    ------
    ValueError
        An argument is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> hat, again, another = draw("hat", 7), draw("hat", 7), draw("hat", 8)
    >>> hat.shape, np.array_equal(hat, again), np.array_equal(hat, another)
    ((64, 64, 3), True, False)
    """
    if class_name not in DRAWINGS:
        raise ValueError(f"`class_name` must be one of {', '.join(CLASS_NAMES)}. Received: {class_name!r}.")
    if split not in SPLITS:
        raise ValueError(f"`split` must be one of {', '.join(SPLITS)}. Received: {split!r}.")
    integer("index", index, 0)
    integer("seed", seed, 0)
    integer("size", size, 16)
    rng = np.random.default_rng((seed, SPLITS.index(split), CLASS_NAMES.index(class_name), index))
    behind, colour = background(size * DETAIL, rng)
    camera = Camera(size * DETAIL, rng)
    sketch = Sketch(camera, Fabric(camera, rng, colour), rng)
    DRAWINGS[class_name](sketch)
    return compose(sketch, behind, size, rng)


def load(
    per_class: int, split: str = "train", seed: int = 0, size: int = 64
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw a set of pictures: `per_class` of each of the ten classes.

    Parameters
    ----------
    per_class : int, 1 or more
    split, seed, size
        As in `draw`.

    Returns
    -------
    x : (10 * per_class, size, size, 3) uint8
        RGB, 0..255.
    y : (10 * per_class,) int64
        Index into CLASS_NAMES: 0, 1, ..., 9, 0, 1, ..., so that any beginning is balanced.

    Raises
    ------
    ValueError
        An argument is none of these.

    Examples
    --------
    >>> x, y = load(2, size=32)
    >>> x.shape, y[8:13].tolist(), CLASS_NAMES[y[11]]
    ((20, 32, 32, 3), [8, 9, 0, 1, 2], 'hat')
    """
    integer("per_class", per_class, 1)
    x = [draw(name, index, split, seed, size) for index in range(per_class) for name in CLASS_NAMES]
    return np.stack(x), np.tile(np.arange(len(CLASS_NAMES), dtype=np.int64), per_class)


def write_folder(
    path: AnyPath, train: int = 200, validation: int = 50, test: int = 0, seed: int = 0, size: int = 64
) -> Path:
    """Write the wardrobe as PNG files: path/train/dress/0000.png and so on; a split of 0 pictures is left out.

    Parameters
    ----------
    path : str or PathLike
        A folder that is made here.
    train, validation, test : int, 0 or more
        Pictures a class.
    seed, size
        As in `draw`.

    Returns
    -------
    path : Path
        Of the folder, complete: it appears under its name only when every file is written.

    Raises
    ------
    FileExistsError
        `path` is there already, and not an empty folder; nothing is overwritten.
    ValueError
        Another argument is none of these.

    Examples
    --------
    >>> path = write_folder(Path(tempfile.mkdtemp(), "clothes"), train=2, validation=1, size=16)
    >>> [file.relative_to(path).as_posix() for file in sorted(path.rglob("*.png"))][:3]
    ['train/dress/0000.png', 'train/dress/0001.png', 'train/hat/0000.png']
    """
    root = Path(path)
    counts = dict(zip(SPLITS, (train, validation, test), strict=True))
    for name, count in counts.items():
        integer(name, count, 0)
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise FileExistsError(
            f"`path` must be a new or empty folder, so that nothing is overwritten. Received: {path}."
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{root.name}-", dir=root.parent) as workshop:
        whole = Path(workshop, "wardrobe")
        for split, count in counts.items():
            for name in CLASS_NAMES if count else ():
                folder = whole / split / name
                folder.mkdir(parents=True)
                for index in range(count):
                    Image.fromarray(draw(name, index, split, seed, size)).save(folder / f"{index:04d}.png")
        if root.exists():
            root.rmdir()  # empty, as checked above; Windows renames onto nothing that exists
        whole.rename(root)
    return root
