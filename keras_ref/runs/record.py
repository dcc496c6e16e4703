"""run.json: what a run was made with, beside its settings: versions, commit, the data's digest, command and machine."""

import hashlib
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from minicnn.data import Folder, content_hashes

from ..runtime import files, load
from ..types import AnyPath

LIBRARIES: tuple[str, ...] = ("minicnn", "tensorflow", "keras", "numpy", "pillow")


def of(found: Folder) -> dict[str, Any]:
    """Return the record of a run that begins now.

    Parameters
    ----------
    found : minicnn.data.Folder

    Returns
    -------
    record : what run.json holds
    """
    return {"data": digest(found), "starts": [_start()]}


def again(path: AnyPath, found: Folder) -> dict[str, Any]:
    """Return the record of a run that goes on now.

    Parameters
    ----------
    path : str or path of its run.json; an older run has none
    found : minicnn.data.Folder

    Returns
    -------
    record : what run.json holds
    """
    record = files.read_json(path) if Path(path).is_file() else {"data": digest(found), "starts": []}
    return record | {"starts": [*record["starts"], _start()]}


def digest(found: Folder) -> str:
    """Return the SHA-256 of the names and contents of all pictures of a folder.

    Parameters
    ----------
    found : minicnn.data.Folder

    Returns
    -------
    digest : 64 hex digits
    """
    paths = found.split("all").files
    rows = sorted(
        f"{found.name_of(path)} {content}" for path, content in zip(paths, content_hashes(paths), strict=True)
    )
    return hashlib.sha256("\n".join(rows).encode(errors="surrogateescape")).hexdigest()


def _start():
    tf, _ = load()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
        "commit": _commit(),
        "machine": {
            "system": platform.platform(),
            "processor": platform.machine(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "devices": [device.name for device in tf.config.list_logical_devices()],
        },
    }


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _commit():
    """Return the commit of the checkout that this code lies in, with a + where it was changed; None outside of one."""
    here = Path(__file__).parent

    def git(*arguments):
        command = ["git", "-C", os.fspath(here), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        if not git("ls-files", "--error-unmatch", Path(__file__).name):
            return None
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return None
