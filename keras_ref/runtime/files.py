"""Small files that are there whole or not at all: minicnn.files writes them beside and renames."""

import contextlib
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..types import AnyPath


@contextmanager
def writing(path: AnyPath) -> Iterator[BinaryIO]:
    """Yield a binary file that becomes `path` when the block ends well, in a folder that is made where it is absent.

    Parameters
    ----------
    path : str or path

    Yields
    ------
    file : open binary file

    Raises
    ------
    ValueError
        `path` can't be written; what was there before is kept.
    """
    from minicnn.files import replacing  # here, since it loads NumPy, which --help does without

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        yield file


def write_text(path: AnyPath, text: str) -> None:
    r"""Write a text as UTF-8; a file's name in it that is no text as JSON has it, "\udcff.png".

    Parameters
    ----------
    path : str or path
    text : str
    """
    with writing(path) as file:
        file.write(text.encode(errors="backslashreplace"))


def write_json(path: AnyPath, value: Any) -> None:
    """Write JSON, two spaces an indent.

    Parameters
    ----------
    path : str or path
    value : what `json` can write
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def copy(source: AnyPath, path: AnyPath) -> None:
    """Copy a file; the copy is there whole or not at all.

    Parameters
    ----------
    source : str or path
    path : str or path
    """
    with open(source, "rb") as stream, writing(path) as file:
        shutil.copyfileobj(stream, file)


def read_json(path: AnyPath) -> Any:
    """Read a JSON file that this package wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    value : dict, list, str, number, bool or None

    Raises
    ------
    ValueError
        `path` is not there, or not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} is not there.") from None
    except (ValueError, OSError) as error:
        raise ValueError(f"{path} cannot be read as JSON: {error}.") from None


def read_record(path: AnyPath, **kinds: type) -> dict[str, Any]:
    """Read a JSON object that this package wrote, and that somebody may have changed.

    Parameters
    ----------
    path : str or path
    **kinds : what it must have by name, and of which type

    Returns
    -------
    record : dict

    Raises
    ------
    ValueError
        `path` is not there, is not JSON, or lacks one of these.
    """
    record = read_json(path)
    for name, kind in kinds.items():
        if not isinstance(record, dict) or not isinstance(record.get(name), kind):
            raise ValueError(f"{path} must hold an object whose {name!r} is of type {kind.__name__}.")
    return record


@contextmanager
def claimed(path: AnyPath, new: bool, begun: Collection[str] = ()) -> Iterator[Path]:
    """Hold a run folder for one process alone; a new one is made, and is gone again where nothing came into it.

    Parameters
    ----------
    path : str or path
    new : bool
        Whether the folder must be new or empty.
    begun : names of files
        What a start that was killed may have left in it: a new one writes them anew.

    Yields
    ------
    path : Path

    Raises
    ------
    ValueError
        Another process works in it, or it holds something already.
    """
    path = Path(path)
    made = not path.exists()
    if new:
        unused(path, begun).mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if not _lock(path, stack):
            raise ValueError(f"Another process is at work in {path}; wait for its end, or give another name.")
        if new:
            unused(path, begun)  # another may have filled it in between
        try:
            yield path
        finally:
            if made and not any(path.iterdir()):
                path.rmdir()


def _lock(folder, stack):
    """Lock a folder until `stack` is left; the system unlocks it where a process ends in any other way."""
    try:
        import fcntl
    except ImportError:  # Windows knows no locks of folders: there nobody is kept out
        return True
    descriptor = os.open(folder, os.O_RDONLY)
    stack.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def unused(path: AnyPath, begun: Collection[str] = ()) -> Path:
    """Return `path` as a Path, so that nothing is overwritten without a word.

    The folder itself is made by the first file that is written into it: a command that fails before leaves nothing.

    Parameters
    ----------
    path : str or path of a new or empty folder
    begun : names of files that it may hold

    Returns
    -------
    path : Path

    Raises
    ------
    ValueError
        `path` holds something already.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(not _begun(inside.name, begun) for inside in path.iterdir())):
        raise ValueError(f"--out {path} already exists and is not empty; give another name or remove it first.")
    return path


def _begun(name, begun):
    """Tell whether a file is one of those that a killed start leaves, or what a killed writer leaves of any."""
    return name in begun or (name.startswith(".") and name.endswith(".part"))
