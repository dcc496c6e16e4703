"""Get the course's data set, check its thirty counts, and describe any folder of pictures."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np

from keras_ref import console, files, folder, pictures, plots
from keras_ref.errors import Refusal
from minicnn.data import SUFFIXES

SOURCE = "https://github.com/alexeygrigorev/clothing-dataset-small.git"
COUNTS = {  # class: (train, validation, test)
    "dress": (241, 32, 15),
    "hat": (123, 14, 12),
    "longsleeve": (455, 49, 72),
    "outwear": (184, 24, 38),
    "pants": (468, 49, 42),
    "shirt": (290, 29, 26),
    "shoes": (198, 26, 73),
    "shorts": (202, 25, 30),
    "skirt": (112, 12, 12),
    "t-shirt": (795, 81, 52),
}
SHEET_COLUMNS = 8


def get(dest, source=SOURCE):
    """Copy the data set into the new folder `dest` (git clone, or a local folder or clone); return its path."""
    dest = Path(dest)
    if dest.exists() and any(dest.iterdir()):
        raise Refusal(
            f"--dest {dest} already exists and is not empty; give another name, or check it with: data verify {dest}."
        )
    local = Path(source)
    if local.is_dir() and any((local / name).is_dir() for name in folder.SPLITS):
        _copy(local, dest)
        return dest
    if shutil.which("git") is None:
        raise Refusal(
            "Getting the data set needs git, which is not installed; install it, or give a local folder with --source."
        )
    dest.parent.mkdir(parents=True, exist_ok=True)
    partial = dest.with_name(f".{dest.name}.partial")
    command = [
        "git",
        "-c",
        "core.symlinks=false",
        "-c",
        "protocol.ext.allow=never",
        "clone",
        "--depth",
        "1",
        "--no-recurse-submodules",
        "--",
        str(source),
        str(partial),
    ]
    try:
        with console.working(f"git clone {source}"):
            done = subprocess.run(
                command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=_without_prompts()
            )
        if done.returncode:
            words = (done.stderr.strip().splitlines() or ["git gave no reason"])[-1]
            raise Refusal(f"{source} could not be cloned: {words}")
        if dest.exists():
            dest.rmdir()
        partial.rename(dest)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return dest


def _without_prompts():
    import os

    return {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _copy(source, dest):
    """Copy pictures only, and only files that really lie in `source`: a link that leads elsewhere is left behind."""
    found = [
        p
        for name in folder.SPLITS
        for p in sorted((source / name).rglob("*"))
        if p.suffix.lower() in SUFFIXES and p.is_file()
    ]
    inside = source.resolve()
    found = [p for p in found if p.resolve().is_relative_to(inside)]
    partial = dest.with_name(f".{dest.name}.partial")
    try:
        with console.progress("copying", len(found)) as advance:
            for path in found:
                target = partial / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                advance()
        if dest.exists():
            dest.rmdir()
        partial.rename(dest)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def verify(root):
    """Compare a folder with the course's counts: (how many agree, sentences on what differs or is unchecked)."""
    root, agree, sentences = Path(root), 0, []
    if not root.is_dir():
        raise Refusal(f"The data folder {root} is not there.")
    for k, name in enumerate(folder.SPLITS):
        if not (root / name).is_dir():
            sentences.append(f"{name}/ is absent: its {len(COUNTS)} counts are unchecked.")
            continue
        for class_name, counts in COUNTS.items():
            found = sum(p.suffix.lower() in SUFFIXES for p in (root / name / class_name).glob("*"))
            if found == counts[k]:
                agree += 1
            else:
                sentences.append(
                    f"{name}/{class_name} has {found} pictures where the course's data set has {counts[k]}."
                )
        for extra in sorted({p.name for p in (root / name).iterdir() if p.is_dir()} - set(COUNTS)):
            sentences.append(f"{name}/{extra} is no class of the course's data set.")
    return agree, sentences


def describe(root, out, seed=1):
    """Write description.json and contact_sheet.png of any data folder to the new folder `out`; return the figures."""
    found = folder.read(root)
    out = files.unused(out)
    every = [path for split in found.splits.values() for path in split.paths]
    bad = folder.corrupt(every)
    sizes = np.array([_size(path) for path in every if path not in bad])
    counts = {
        name: np.bincount(split.labels, minlength=len(found.class_names)).tolist()
        for name, split in found.splits.items()
    }
    most, least = max(counts["train"]), min(counts["train"])
    validation = counts["validation"]
    result = {
        "data": str(root),
        "class_names": list(found.class_names),
        "held_out": found.held_out,
        "counts": counts,
        "corrupt": {found.key(path): wrong for path, wrong in bad.items()},
        "imbalance": most / least,
        "majority": max(validation) / sum(validation),
        "width": _spread(sizes[:, 0]),
        "height": _spread(sizes[:, 1]),
        "formats": dict(Counter(path.suffix.lower() for path in every)),
    }
    files.write_json(out / "description.json", result)
    plots.contact_sheet(
        _sample(found, bad, seed),
        out / "contact_sheet.png",
        SHEET_COLUMNS,
        title=f"{Path(root).name}: {len(every)} pictures in {len(found.class_names)} classes",
    )
    return result


def _sample(found, bad, seed):
    """Give a row of training pictures for each class, drawn by seed."""
    split, draw = found.splits["train"], np.random.default_rng([seed, 3])
    items = []
    for label, name in enumerate(found.class_names):
        of_class = [p for p, k in zip(split.paths, split.labels, strict=True) if k == label and p not in bad]
        picked = draw.permutation(len(of_class))[:SHEET_COLUMNS]
        row = [(of_class[i], f"{name}" if k == 0 else "") for k, i in enumerate(picked)]
        items.extend(row + [(None, "")] * (SHEET_COLUMNS - len(row)))
    return items


def _size(path):
    with pictures.Image.open(path) as picture:
        return picture.size


def _spread(values):
    return {"least": int(values.min()), "median": int(np.median(values)), "most": int(values.max())}
