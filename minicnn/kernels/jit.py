"""The one place that holds Numba's options, and the folder where compiled kernels are kept.

A kernel is compiled the first time that it meets a dtype, then lies on disk for the next process. Numba decides whether
a stored kernel is still good by the time stamp of the kernel's own file: a change in a helper that the kernel calls
would go unseen. So the folder's name is a hash of every source file in this package: change any, and all is compiled
afresh, once. The folder lies in the user's cache, so the package itself may be read-only.
"""

import functools
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numba
from numba.core import event

STALE_DAYS = 30


def _user_cache():
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


def _sources_hash():
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _writable_folder():
    """Make this version's cache folder, in the user's cache or, where that cannot be written, in a temporary place."""
    name = f"kernels-{_sources_hash()}"
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


def _remove_stale(folder):
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


def jit(function=None, *, contract=True):
    """Compile `function` with the options that every kernel shares.

    nogil lets several threads run kernels at once. error_model="numpy" divides by zero as NumPy does, without a branch.
    `contract` lets a*b + c become one multiply-add, rounded once; without it both steps round, as in NumPy. The other
    fast-math flags assume that there is no NaN or inf, and here NaN must travel.
    """
    if function is None:
        return functools.partial(jit, contract=contract)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(CACHE_FOLDER)
    try:
        flags = {"contract"} if contract else set()
        return numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=flags)(function)
    finally:
        numba.config.CACHE_DIR = before


class _FirstCompile(event.Listener):
    def __init__(self, callback):
        self.callback = callback

    def on_start(self, event):
        if self.callback is not None:
            callback, self.callback = self.callback, None
            callback()

    def on_end(self, event):
        pass


def on_first_compile(callback):
    """Call `callback()` once, when the first kernel is really compiled. Kernels found on disk do not count."""
    event.register("numba:compile", _FirstCompile(callback))
