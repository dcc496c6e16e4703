"""Where a model's file lies, and what lies beside it: a folder, or a zip that is read in memory and never unpacked.

A path may name the file itself, a folder with one model file in it, or a zip with one: Teachable Machine's exports are
zips of keras_model.h5 with labels.txt, or of model.json with weights.bin and metadata.json.
"""

import contextlib
import os
import posixpath
import zipfile
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from ..types import AnyPath
from .model_file import AnyBytes
from .opening import mapped, naming
from .zipped import archive_of, member

KERAS_CONFIG: str = "config.json"  # what makes a zip a `.keras` file
TEACHABLE: tuple[str, ...] = ("keras_model.h5", "model.json")  # Teachable Machine's names, the first where both are
ENDINGS: tuple[str, ...] = (".keras", ".h5", ".hdf5")
ONNX: str = ".onnx"  # taken where none of the others is there: it may have been made of one


class Place(Protocol):
    """Files by name: those of one folder."""

    def names(self) -> list[str]:
        """Return the names of its files, sorted."""
        ...

    def has(self, name: str) -> bool:
        """Tell whether there is a file of that name."""
        ...

    def is_inside(self, name: str) -> bool:
        """Tell whether it lies in the folder itself, and no link leads out of it."""
        ...

    def size(self, name: str) -> int:
        """Return how many bytes it has; ValueError where there is none."""
        ...

    def open(self, name: str) -> AbstractContextManager[AnyBytes]:
        """Yield its bytes."""
        ...


class Folder(NamedTuple):
    """A folder on the disk, and the one where the model's file really lies, if that is a link."""

    path: str
    home: str = ""

    def names(self) -> list[str]:
        """Return the names of its files, sorted."""
        return sorted(os.listdir(self.path or "."))

    def has(self, name: str) -> bool:
        """Tell whether there is a file of that name."""
        return os.path.isfile(os.path.join(self.path, name))

    def is_inside(self, name: str) -> bool:
        """Tell whether it lies in one of the two folders: Hugging Face's cache is of links to one other folder."""
        real = os.path.realpath(os.path.join(self.path, name))
        folders = [os.path.realpath(self.path or ".")] + [self.home] * bool(self.home)
        return any(real.startswith(os.path.join(folder, "")) for folder in folders)

    def size(self, name: str) -> int:
        """Return how many bytes it has; ValueError where there is none."""
        path = os.path.join(self.path, name)
        with naming(path):
            return os.path.getsize(path)

    @contextlib.contextmanager
    def open(self, name: str) -> Generator[AnyBytes, None, None]:
        """Yield its bytes."""
        path = os.path.join(self.path, name)
        with naming(path), mapped(path) as view:
            yield view


class Packed(NamedTuple):
    """A folder in a zip."""

    archive: zipfile.ZipFile
    view: memoryview
    folder: str  # "" or "converted_keras/"

    def names(self) -> list[str]:
        """Return the names of the members that lie in the folder itself, sorted."""
        inside = {name.removeprefix(self.folder) for name in self.archive.namelist() if name.startswith(self.folder)}
        return sorted(name for name in inside if name and "/" not in name)

    def has(self, name: str) -> bool:
        """Tell whether there is a member of that name."""
        return self.folder + name in self.archive.namelist()

    def is_inside(self, name: str) -> bool:
        """Tell whether it is a member: links in zips are not followed."""
        return self.has(name)

    def size(self, name: str) -> int:
        """Return how many bytes it has; ValueError where there is none."""
        if not self.has(name):
            raise ValueError(f"there is no {name!r} in the zip.")
        return self.archive.getinfo(self.folder + name).file_size

    @contextlib.contextmanager
    def open(self, name: str) -> Generator[AnyBytes, None, None]:
        """Yield its bytes; ValueError where they are damaged or claim to be far more than is stored."""
        yield member(self.archive, self.view, self.folder + name, None)


def place_of(path: AnyPath) -> tuple[Place, str]:
    """Return where a model's file lies, and its name there. The file need not be there."""
    path = model_path(path)
    inside = _inside(path)
    return inside or (Folder(os.path.dirname(path)), os.path.basename(path))


def packed(path: AnyPath) -> bool:
    """Tell whether a file is a zip that holds a model's file, and not itself one."""
    return _inside(os.fspath(path)) is not None


@contextlib.contextmanager
def opened(path: str) -> Generator[tuple[Place, AnyBytes], None, None]:
    """Yield where the model of a file (see `model_path`) lies, and its bytes."""
    with mapped(path) as view:
        inside = _unpacked(view) if bytes(view[:2]) == b"PK" else None
        if inside is None:
            yield Folder(os.path.dirname(path), os.path.dirname(os.path.realpath(path))), view
            return
        place, name = inside
        with place.open(name) as raw:
            yield place, raw


def model_path(path: AnyPath) -> str:
    """Return the path of a model's file: the path itself, or that of the one model file in this folder.

    Parameters
    ----------
    path : str or PathLike
        A file, which need not be there, or a folder.

    Returns
    -------
    path : str

    Raises
    ------
    ValueError
        The folder holds no model file, or several.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     open(f"{folder}/keras_model.h5", "w").close()
    ...     os.path.basename(model_path(folder))
    'keras_model.h5'
    """
    path = os.fspath(path)
    if not os.path.isdir(path):
        return path
    with naming(path):
        names = sorted(os.listdir(path))
        found = _one_model(names, "folder")
        if found is None:
            raise IsADirectoryError
        return os.path.join(path, found)


def _inside(path: str) -> tuple[Packed, str] | None:
    if not os.path.isfile(path) or os.path.getsize(path) == 0:
        return None
    with naming(path), mapped(path) as view:
        return _unpacked(view) if bytes(view[:2]) == b"PK" else None


def _unpacked(view: memoryview) -> tuple[Packed, str] | None:
    """Return the place and name of the model's file in a zip; None where the zip is a `.keras` file, or no zip."""
    archive = archive_of(view)
    names = archive.namelist()
    if KERAS_CONFIG in names:
        return None
    found = _one_model([name for name in names if _plain(name)], "zip")
    if found is None:
        return None
    folder, name = posixpath.split(found)
    return Packed(archive, view, f"{folder}/" if folder else ""), name


def _plain(name: str) -> bool:
    """Tell whether a member's name is an ordinary one below the zip's root."""
    parts = name.split("/")
    odd = "\\" in name or ":" in name or not name.isprintable() or any(part in ("", ".", "..") for part in parts)
    return not odd and "__MACOSX" not in parts


def _one_model(paths: Iterable[str], what: str) -> str | None:
    """Return the one model file among these; None where there is none."""
    paths = [path for path in paths if not posixpath.basename(path).startswith(".")]
    found = [path for path in paths if _is_model(posixpath.basename(path))]
    found = found or [path for path in paths if path.endswith(ONNX)]
    if len({posixpath.dirname(path) for path in found}) == 1:
        names = {posixpath.basename(path): path for path in found}
        if set(names) == set(TEACHABLE):
            return names[TEACHABLE[0]]
    if len(found) > 1:
        shown = ", ".join(found[:4]) + ", ..." * (len(found) > 4)
        raise ValueError(f"this {what} holds several model files, and one must be named: {shown}.")
    if not found and any(path.endswith((".tflite", "saved_model.pb")) for path in paths):
        raise ValueError(f"this {what} holds a model for TensorFlow Lite or a SavedModel, which is not read here; "
                         "export it for Keras (.h5, .keras) or TensorFlow.js instead.")  # fmt: skip
    return found[0] if found else None


def _is_model(name: str) -> bool:
    return name == TEACHABLE[1] or (name.endswith(ENDINGS) and not name.endswith(".weights.h5"))
