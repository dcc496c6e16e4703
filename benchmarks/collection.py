"""python -m benchmarks collection FOLDER: model files of any origin: which open, agree with a peer and are answered.

FOLDER holds a folder for each author, or other source; below it lie the files with what belongs to them (labels.txt,
weights). Each content is tried once, each file in a process of its own: children/opened.py.
"""

import json
from pathlib import Path

from minicnn.data import content_hash

from . import machine, processes, progress, results

KINDS = (".keras", ".h5", ".hdf5", ".json", ".onnx", ".zip")
BESIDE = ("metadata.json", "classifier.json", ".weights.h5")  # what belongs to another file, by its name's end


def measure(folder, threads, quick=False):
    """Try every model file below a folder.

    Parameters
    ----------
    folder : path
    threads : int
    quick : bool
        The first five files.

    Raises
    ------
    ValueError
        There is none.
    """
    files = found(Path(folder))
    if not files:
        raise ValueError(f"No model file lies below {folder}: {', '.join(KINDS)}.")
    rows = [tried(path, Path(folder)) for path in progress.track(files[: 5 if quick else None], "collection")]
    return results.part("collection", machine.header(threads), rows)


def found(folder):
    """Return the model files below a folder, sorted, each content once."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in KINDS and path.is_file()]
    files = [path for path in files if not path.name.endswith(BESIDE)]
    first: dict[str, Path] = {}
    for path in files:
        first.setdefault(content_hash(path), path)
    return list(first.values())


def tried(path, folder):
    """Return the row of one file."""
    done = processes.run("-m", "benchmarks.children.opened", path.absolute())
    name = path.relative_to(folder)
    row = {"file": name.as_posix(), "author": name.parts[0] if len(name.parts) > 1 else "", "kind": path.suffix}
    if done.failed:
        words = done.errors.strip().splitlines()
        return row | {"failed": 1, "opened": False, "refused": words[-1] if words else "no word"}
    return row | json.loads(done.out.splitlines()[-1])
