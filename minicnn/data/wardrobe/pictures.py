"""The embedded data set: ten kinds of clothes, drawn from a seed.

Every picture is a function of (seed, split, class, index) alone: a set of 20 pictures a class is the beginning of the
set of 200, and no picture of one split is in another. The geometry is drawn at three times the size and shrunk.
"""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from minicnn.arguments import integer
from minicnn.data.wardrobe import bottoms, hats_and_shoes, tops
from minicnn.data.wardrobe.fabric import Fabric
from minicnn.data.wardrobe.scene import background, compose
from minicnn.data.wardrobe.sketch import DETAIL, Camera, Sketch

DRAWINGS = {
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
CLASS_NAMES = tuple(DRAWINGS)  # sorted, as the folders of the clothing photographs are
SPLITS = ("train", "validation", "test")


def draw(class_name, index=0, split="train", seed=0, size=64):
    """Draw one picture.

    Parameters
    ----------
    class_name : one of CLASS_NAMES     index : int >= 0, which picture of this class
    split : "train", "validation" or "test": three sets without a common picture
    seed : int >= 0                     size : int >= 16, pixels: the picture is square

    Returns
    -------
    picture : (size, size, 3) uint8, RGB, 0..255; the same bytes for the same arguments and Pillow version

    Raises
    ------
    ValueError: an argument is none of these.
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


def load(per_class, split="train", seed=0, size=64):
    """Draw a set of pictures: `per_class` of each of the ten classes.

    Parameters
    ----------
    per_class : int >= 1     split, seed, size : as in `draw`

    Returns
    -------
    x : (10 * per_class, size, size, 3) uint8, RGB, 0..255
    y : (10 * per_class,) int64, index into CLASS_NAMES: 0, 1, ..., 9, 0, 1, ..., so that any beginning is balanced
    """
    integer("per_class", per_class, 1)
    x = [draw(name, index, split, seed, size) for index in range(per_class) for name in CLASS_NAMES]
    return np.stack(x), np.tile(np.arange(len(CLASS_NAMES)), per_class)


def write_folder(path, train=200, validation=50, test=0, seed=0, size=64):
    """Write the wardrobe as PNG files: path/train/dress/0000.png and so on; a split of 0 pictures is left out.

    Parameters
    ----------
    path : str or path, a folder that is made here     train, validation, test : int >= 0, pictures a class
    seed, size : as in `draw`

    Returns
    -------
    path : Path of the folder, complete: it appears under its name only when every file is written

    Raises
    ------
    FileExistsError: `path` is there already, and not an empty folder; nothing is overwritten.
    """
    path = Path(path)
    counts = dict(zip(SPLITS, (train, validation, test), strict=True))
    for name, count in counts.items():
        integer(name, count, 0)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise FileExistsError(
            f"`path` must be a new or empty folder, so that nothing is overwritten. Received: {path}."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as workshop:
        whole = Path(workshop, "wardrobe")
        for split, count in counts.items():
            for name in CLASS_NAMES if count else ():
                folder = whole / split / name
                folder.mkdir(parents=True)
                for index in range(count):
                    Image.fromarray(draw(name, index, split, seed, size)).save(folder / f"{index:04d}.png")
        if path.exists():
            path.rmdir()  # empty, as checked above; Windows renames onto nothing that exists
        whole.rename(path)
    return path
