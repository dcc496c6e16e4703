"""The folder where compiled kernels are kept, and what is in it.

A kernel is compiled the first time that it meets a dtype, then lies on disk for the next process. Numba decides whether
a stored kernel is still good by the place and the time stamp of the kernel's own file: a change in a helper that the
kernel calls would go unseen, and a second checkout of the same sources would compile all anew. So what counts here is
content: the folder's name is a hash of every source file in kernels/, at any depth; change any, and all is compiled
afresh, once. Nor does Numba know how wide the registers are that kernels were made for, and code for others computes
nonsense: they stand in the name too. The folder lies in the user's cache, so the package itself may be read-only.

Numba keeps an index for each function beside its machine code. A damaged file of either kind ends the process, and two
processes that write at the same time can give one kernel the other's code. So here every compiled kernel is one file,
which says whose it is and bears a digest: whatever is not as it was written counts as missing, and is written anew.
"""

import contextlib
import functools
import hashlib
import os
import pickle
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import caching, serialize

from .registers import REGISTER_BYTES, REGISTERS

STALE_DAYS = 30
DIGEST = 16  # bytes


def _user_cache() -> Path:
    """Find the folder under which compiled kernels may be written."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return Path(os.environ["NUMBA_CACHE_DIR"])
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "minicnn"


def _sources_hash() -> str:
    """Digest every source file of kernels/, its name and its content."""
    kernels = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(kernels.rglob("*.py")):
        digest.update(str(path.relative_to(kernels)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _writable_folder() -> Path:
    """Make this version's cache folder, in the user's cache or, where that cannot be written, in a temporary place."""
    name = f"kernels-{_sources_hash()}-{REGISTERS}x{REGISTER_BYTES}"
    try:
        folder = _user_cache() / name
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
        folder = Path(tempfile.gettempdir()) / f"minicnn-{user}" / name
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if hasattr(os, "getuid") and folder.parent.stat().st_uid != os.getuid():
                raise PermissionError  # another user's folder: compiled code from there is not to be trusted
        except OSError:
            folder = Path(tempfile.mkdtemp(prefix="minicnn-"))
    return folder


def _remove_stale(folder: Path) -> None:
    """Delete the caches of versions that no process has opened for `STALE_DAYS` days, and mark ours as used today."""
    try:
        os.utime(folder)
        for other in folder.parent.glob("kernels-*"):
            if other != folder and other.stat().st_mtime < time.time() - STALE_DAYS * 86400:
                shutil.rmtree(other, ignore_errors=True)
    except OSError:
        pass  # tidying up may never be the reason why a kernel does not run


CACHE_FOLDER = _writable_folder()
_remove_stale(CACHE_FOLDER)


class Files:
    """The files of one function, one for each set of types that it was compiled for.

    Parameters
    ----------
    folder : path
        where they lie
    name : str
        the function's
    stamp : anything with a `repr`
        whatever else must be the same for a file to be good: of the compiler, and of the function's source
    """

    def __init__(self, folder: str | Path, name: str, stamp: Any) -> None:
        self.folder: Path = Path(folder)
        self.name: str = name
        self.stamp: Any = stamp

    def load(self, key: Any) -> Any:
        """Return what was saved for a key; None where there is nothing, or nothing sound."""
        path, owner = self._file_of(key)
        try:
            data = path.read_bytes()
            if data[:DIGEST] == _digest(data[DIGEST:]):
                written_for, saved = pickle.loads(data[DIGEST:])
                return saved if written_for == owner else None
        except Exception:  # OSError: no file, or none that can be read; what unpickling raises has no end
            pass
        return None

    def save(self, key: Any, saved: Any) -> None:
        """Write a file at one stroke: who reads meanwhile sees the old one or the new one."""
        path, owner = self._file_of(key)
        data = serialize.dumps((owner, saved))
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=path.stem, delete=False) as file:
            try:
                file.write(_digest(data) + data)
                file.close()
                os.replace(file.name, path)
            except OSError:
                file.close()
                os.unlink(file.name)
                raise

    def flush(self) -> None:
        """Forget everything."""
        for path in self.folder.glob(f"{self.name}.*.nbc"):
            path.unlink(missing_ok=True)

    def _file_of(self, key: Any) -> tuple[Path, tuple[Any, ...]]:
        """Return the file of a key, and whose it is: the name is a digest, which two keys might share."""
        own = _digest(repr((self.stamp, key)).encode()).hex()
        return self.folder / f"{self.name}.{own}.nbc", (self.name, self.stamp, key)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=DIGEST).digest()


@functools.cache
def _content(path: str) -> bytes:
    """Digest a source file, read once a process."""
    return _digest(Path(path).read_bytes())


class _Locator(caching._CacheLocator):  # pyright: ignore[reportPrivateUsage]
    """Where the files of a function lie, and by what they are known: the content of the function's source file.

    (Numba's class, which has no annotations, seems to return None everywhere; hence Any.)
    """

    def __init__(self, function: Callable[..., Any], path: str) -> None:
        self.function, self.path = function, path

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_Locator":
        """Take any function."""
        return cls(py_func, py_file)

    def get_cache_path(self) -> Any:
        """Return the one folder of all."""
        return str(CACHE_FOLDER)

    def ensure_cache_path(self) -> None:
        """Do nothing: the folder was made before its name was known."""

    def get_source_stamp(self) -> Any:
        """Return what must be the same for a stored kernel to be good, beside the folder's name."""
        return numba.__version__, llvmlite.__version__, _content(self.path)

    def get_disambiguator(self) -> Any:
        """Return what tells two functions of one name in one file apart."""
        return str(self.function.__code__.co_firstlineno)


class _Kernels(caching.CompileResultCacheImpl):
    """How Numba turns a compiled kernel into what can be stored, with our locator alone."""

    _locator_classes = [_Locator]


class _DiskCache(caching.FunctionCache):
    """Numba's cache of one function, on files of our own."""

    _impl_class = _Kernels

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = Files(self.cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp())

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if the disk has room: it may never be the reason why a kernel does not run."""
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


def keep_on_disk(kernel: Any, function: Callable[..., Any]) -> None:
    """Let Numba's compiled `kernel` of a Python function be found on disk: what `cache=True` does, with our files."""
    kernel._cache = _DiskCache(function)
