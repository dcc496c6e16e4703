"""What any data folder holds: counts, sizes, corrupt files, and a sheet of its pictures."""

from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from .. import pictures
from ..runtime import files
from ..types import AnyPath, Result
from .sheet import contact_sheet

SHEET_COLUMNS: int = 8


def describe(root: AnyPath, out: AnyPath, seed: int = 1) -> Result:
    """Describe a data folder; write description.json and contact_sheet.png to a new folder.

    Parameters
    ----------
    root : str or path, a data folder
    out : str or path of a new or empty folder
    seed : int, draws the pictures of the sheet

    Returns
    -------
    result : the content of description.json
    """
    found = pictures.read(root)
    out = files.unused(out)
    every = found.split("all").files
    bad = pictures.corrupt(every)
    sizes = np.array([_size(path) for path in every if path not in bad])
    counts = {name: list(of_class.values()) for name, of_class in found.counts().items()}
    most, least = max(counts["train"]), min(counts["train"])
    validation = counts["validation"]
    result = {
        "data": str(root),
        "class_names": list(found.class_names),
        "held_out": found.drawn,
        "counts": counts,
        "corrupt": {found.name_of(path): wrong for path, wrong in bad.items()},
        "imbalance": most / least,
        "majority": max(validation) / sum(validation),
        "width": _spread(sizes[:, 0]),
        "height": _spread(sizes[:, 1]),
        "formats": dict(Counter(path.suffix.lower() for path in every)),
    }
    files.write_json(out / "description.json", result)
    contact_sheet(
        _sample(found, bad, seed),
        out / "contact_sheet.png",
        SHEET_COLUMNS,
        title=f"{Path(root).name}: {len(every)} pictures in {len(found.class_names)} classes",
    )
    return result


def _sample(found, bad, seed):
    """Return a row of training pictures for each class, drawn by seed."""
    split, draw = found.splits["train"], np.random.default_rng([seed, 3])
    items = []
    for label, name in enumerate(found.class_names):
        of_class = [p for p, k in zip(split.files, split.labels, strict=True) if k == label and p not in bad]
        picked = draw.permutation(len(of_class))[:SHEET_COLUMNS]
        row = [(of_class[i], f"{name}" if k == 0 else "") for k, i in enumerate(picked)]
        items.extend(row + [(None, "")] * (SHEET_COLUMNS - len(row)))
    return items


def _size(path):
    with Image.open(path) as picture:
        return picture.size


def _spread(values):
    return {"least": int(values.min()), "median": int(np.median(values)), "most": int(values.max())}
