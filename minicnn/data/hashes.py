"""Files known by content, and read once: what a file's SHA-256 was is remembered by its path, size and time."""

import contextlib
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..files import replacing

Row = list[Any]  # a file's size, its time in ns, its digest

FRESH: float = 2.0  # seconds: a file that was changed just now may change once more without another time


def user_cache() -> Path:
    """Return the user's folder for what can be computed again: minicnn in $XDG_CACHE_HOME, else in ~/.cache.

    Returns
    -------
    folder : Path

    Examples
    --------
    >>> user_cache().name
    'minicnn'
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "minicnn"


def content_hash(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    digest : 64 hex digits

    Examples
    --------
    >>> content_hash(os.devnull)[:8]  # of no bytes
    'e3b0c442'
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hashes(paths: Iterable[str | os.PathLike[str]], workers: int | None = None) -> list[str]:
    """Return the SHA-256 of many files; those that are known by path, size and time are not read again.

    Parameters
    ----------
    paths : N paths
    workers : int or None
        How many threads read.

    Returns
    -------
    digests : N texts of 64 hex digits

    Examples
    --------
    >>> content_hashes([])
    []
    """
    files = [Path(path).absolute() for path in paths]
    known: dict[Path, dict[str, Row]] = {}
    stamps: dict[Path, Row] = {}
    unknown: defaultdict[Path, list[Path]] = defaultdict(list)
    for folder in {file.parent for file in files}:
        known[folder] = _read(folder)
    for file in files:
        stat = file.stat()
        stamps[file] = [stat.st_size, stat.st_mtime_ns]
        kept = known[file.parent].get(file.name)
        if not kept or kept[:2] != stamps[file]:
            unknown[file.parent].append(file)
    with ThreadPoolExecutor(workers) as pool:
        for folder, left in unknown.items():
            for file, digest in zip(left, pool.map(content_hash, left), strict=True):
                known[folder][file.name] = [*stamps[file], digest]
            _write(folder, known[folder])
    return [known[file.parent][file.name][2] for file in files]


def _kept(folder: Path) -> Path:
    """Return the file that remembers the hashes of a folder's files."""
    return user_cache() / "hashes" / f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:20]}.json"


def _read(folder: Path) -> dict[str, Row]:
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(_kept(folder).read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return {name: row for name, row in kept.items() if isinstance(row, list) and len(row) == 3}
    return {}


def _write(folder: Path, rows: dict[str, Row]) -> None:
    before = (time.time() - FRESH) * 1e9
    old = {name: row for name, row in rows.items() if row[1] < before}
    with contextlib.suppress(OSError, ValueError):  # one that cannot be written only makes the next start slower
        path = _kept(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(json.dumps(old).encode())
