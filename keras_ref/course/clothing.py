"""The course's data set: get it, and check its thirty counts."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minicnn.data import LeftOut, pictures_below

from ..runtime import console
from ..types import AnyPath

SOURCE: str = "https://github.com/alexeygrigorev/clothing-dataset-small.git"
SPLITS: tuple[str, ...] = ("train", "validation", "test")
COUNTS: dict[str, tuple[int, int, int]] = {  # class: (train, validation, test)
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
CLONE = "git -c core.symlinks=false -c protocol.ext.allow=never clone --depth 1 --no-recurse-submodules --".split()


def get(dest: AnyPath, source: AnyPath = SOURCE) -> Path:
    """Copy the data set into a new folder.

    Parameters
    ----------
    dest : str or path of a new or empty folder
    source : str or path
        A git address, or a local folder or clone.

    Returns
    -------
    dest : Path

    Raises
    ------
    ValueError
        `dest` holds something already, or `source` can't be cloned.
    """
    dest = Path(dest)
    if dest.exists() and any(dest.iterdir()):
        raise ValueError(
            f"--dest {dest} already exists and is not empty; give another name, or check it with: data verify {dest}."
        )
    local = Path(source)
    if local.is_dir() and any((local / name).is_dir() for name in SPLITS):
        with _growing(dest) as partial:
            _copy(local, partial)
        return dest
    if shutil.which("git") is None:
        raise ValueError(
            "Getting the data set needs git, which is not installed; install it, or give a local folder with --source."
        )
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    with _growing(dest) as partial, console.working(f"git clone {source}"):
        done = subprocess.run(
            [*CLONE, str(source), str(partial)],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        if done.returncode:
            words = (done.stderr.strip().splitlines() or ["git gave no reason"])[-1]
            raise ValueError(f"{source} could not be cloned: {words}")
    return dest


@contextmanager
def _growing(dest: Path) -> Iterator[Path]:
    """Yield the path of a folder that becomes `dest` when the block ends well, otherwise it is gone."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    partial = dest.with_name(f".{dest.name}.partial")
    try:
        yield partial
        if dest.exists():
            dest.rmdir()
        partial.rename(dest)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copy(source, dest):
    """Copy pictures only, and only files that really lie in `source`: a link that leads elsewhere is left behind."""
    inside, ignored = source.resolve(), LeftOut()
    found = [source / name / below for name in SPLITS for below in _below(source / name, ignored)]
    found = [path for path in found if path.resolve().is_relative_to(inside)]
    with console.progress("copying", len(found)) as advance:
        for path in found:
            target = dest / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            advance()


def verify(root: AnyPath) -> tuple[int, list[str]]:
    """Compare a folder with the course's counts.

    Parameters
    ----------
    root : str or path

    Returns
    -------
    agree : int, counts that are the course's
    sentences : one on each that differs or is unchecked

    Raises
    ------
    ValueError
        The folder is not there.
    """
    root, agree, sentences = Path(root), 0, []
    if not root.is_dir():
        raise ValueError(f"The data folder {root} is not there.")
    for k, name in enumerate(SPLITS):
        if not (root / name).is_dir():
            sentences.append(f"{name}/ is absent: its {len(COUNTS)} counts are unchecked.")
            continue
        for class_name, counts in COUNTS.items():
            found = len(_below(root / name / class_name, LeftOut()))
            if found == counts[k]:
                agree += 1
            else:
                sentences.append(
                    f"{name}/{class_name} has {found} pictures where the course's data set has {counts[k]}."
                )
        for extra in sorted({p.name for p in (root / name).iterdir() if p.is_dir()} - set(COUNTS)):
            sentences.append(f"{name}/{extra} is no class of the course's data set.")
    return agree, sentences


def _below(folder, left_out):
    return pictures_below(folder, left_out) if folder.is_dir() else []
