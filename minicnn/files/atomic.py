"""Write a file so that its name never stands for half of it: beside it first, then renamed over it."""

import contextlib
import os
import tempfile
from collections.abc import Generator
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[BinaryIO, None, None]:
    """Yield a binary file to write; when the block ends well it becomes `path`, otherwise it is gone.

    The new file has the mode of the one that it replaces, or the usual one. A symbolic link stays, its target changes.

    Parameters
    ----------
    path : str or PathLike
        The name that the file will have; its folder exists.

    Raises
    ------
    ValueError
        Where it cannot be written, with the reason.

    Examples
    --------
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/note.txt") as file:
    ...         _ = file.write(b"whole")
    ...     Path(folder, "note.txt").read_text()
    'whole'
    """
    path = os.path.realpath(os.fspath(path))
    folder, name = os.path.split(path)
    if os.path.isdir(path):
        raise ValueError(f"{path} is a folder; the name of a file is needed.")
    if not os.path.isdir(folder):
        raise ValueError(f"{path} can't be written: there is no folder {folder}.")
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{name[:40]}.", suffix=".part", dir=folder)
    except OSError as fault:
        raise ValueError(f"{path} can't be written: {fault.strerror}.") from None
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, _mode(path))
        os.replace(beside, path)
    except OSError as fault:
        raise ValueError(f"{path} can't be written: {fault.strerror or fault}.") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(beside)
    _sync_folder(folder)


def _mode(path: str | os.PathLike[str]) -> int:
    """Return the permissions of the file that is to be replaced, or those that a new one gets."""
    with contextlib.suppress(OSError):
        return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: str | os.PathLike[str]) -> None:
    """Make the new name itself durable, where folders can be synced (not on Windows)."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
