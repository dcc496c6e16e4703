"""The store of a frozen base's answers: what never changes is computed once, by whichever package comes first.

A store is a folder. In it stands a folder for each key: which weights, which pixels, which draw of an augmentation. In
that lie block files, each with the SHA-256 of some pictures' bytes and their vectors. A block is written beside and
renamed, and never changed afterwards: an interrupted run keeps the blocks that it finished, two processes can only do
the same work twice, and the blocks of several machines are merged by copying.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.files import replacing

from .bases import weights_digest
from .hashes import user_cache

ROWS: int = 32  # that a base is given at once; of keras_ref's the last is no picture


def default_store() -> Path:
    """Return the user's store: $MINICNN_VECTORS (or $KERAS_REF_CACHE), else minicnn/vectors in the user's cache.

    Returns
    -------
    folder : Path

    Examples
    --------
    >>> default_store().is_absolute()
    True
    """
    if named := os.environ.get("MINICNN_VECTORS") or os.environ.get("KERAS_REF_CACHE"):
        return Path(named)
    return user_cache() / "vectors"


def answer_key(
    arrays: Sequence[NDArray[Any]],
    height: int,
    width: int,
    resize: str,
    scale: float | Sequence[float],
    offset: float | Sequence[float],
    *,
    precision: str = "float32",
    rows: int = ROWS,
    augment: str = "none",
    draw: int = 0,
    order: str = "rgb",
    crop: str = "none",
    invert: bool = False,
) -> dict[str, Any]:
    """Return what a base's answer depends on beside its picture: the key of a `VectorStore` for both packages.

    Parameters
    ----------
    arrays : sequence of arrays
        The base's weights, in the order of Keras's `get_weights()`.
    height, width : int
        Pixels.
    resize : str
        One of `RESIZE`.
    scale, offset : float, or one a channel
        A pixel v in 0..255 becomes v * scale + offset.
    precision : str
        In which the base computes.
    rows : int
        Of the batches that the base is given, since the last bits depend on it.
    augment : str
        Name of the augmentation, of which `draw` counts the draws.
    draw : int, from 1; 0 for the picture as it is
    order : "rgb" or "bgr"
    crop : "none" or "centre"
    invert : bool
        See `load_image`.

    Returns
    -------
    key : dict that JSON can write

    Examples
    --------
    >>> sorted(answer_key([np.zeros(2)], 150, 150, "nearest", 1 / 127.5, -1.0))
    ['height', 'offset', 'precision', 'resize', 'rows', 'scale', 'weights', 'width']
    """
    key = {"weights": weights_digest(arrays), "precision": precision, "rows": rows}
    key |= {"height": height, "width": width, "resize": resize, "scale": scale, "offset": offset}
    usual = {"order": "rgb", "crop": "none", "invert": False}  # which the key has never named
    more = {"order": order, "crop": crop, "invert": invert}
    key |= {name: value for name, value in more.items() if value != usual[name]}
    return key | ({"augment": augment, "draw": draw} if draw else {})


class VectorStore:
    """The vectors of pictures for one key, on disk.

    Parameters
    ----------
    root : str or path
        The store; it need not be there.
    key : mapping that JSON can write
        All that a vector depends on beside its picture: weights, size, scale, ...
    mapped : bool
        Whether blocks are mapped into memory when they are read: for maps (H, W, C), of which memory may not hold all.
        Blocks that are not mapped carry a checksum.

    Attributes
    ----------
    folder : Path
        Where the blocks of this key lie.
    damaged : list of Path
        Blocks that the last `read` found to be none.
    unread : dict
        Path -> reason, of blocks that may be whole and could not be read this time: too many open files, a share that
        went away, no permission.

    Examples
    --------
    >>> import tempfile
    >>> root = tempfile.mkdtemp()
    >>> store = VectorStore(root, {"weights": "9f2c", "size": 150})
    >>> store.write(["ab" * 32], np.ones((1, 3), np.float32))
    True
    >>> VectorStore(root, {"size": 150, "weights": "9f2c"}).read()["ab" * 32]
    array([1., 1., 1.], dtype=float32)
    >>> VectorStore(root, {"weights": "9f2c", "size": 299}).read()
    {}
    """

    def __init__(self, root: str | os.PathLike[str], key: Mapping[str, Any], mapped: bool = False) -> None:
        self.mapped: bool = mapped
        self._ending = ".npy" if mapped else ".npz"
        self._key = dict(key)
        name = hashlib.sha256(json.dumps(self._key, sort_keys=True).encode()).hexdigest()[:20]
        self.folder: Path = Path(root) / name
        self.damaged: list[Path] = []
        self.unread: dict[Path, str] = {}

    def read(self) -> dict[str, NDArray[np.floating[Any]]]:
        """Read all blocks; one that cannot be read is as good as absent.

        Returns
        -------
        known : {SHA-256: vector (width,), or map (H, W, C)}
        """
        known: dict[str, NDArray[np.floating[Any]]] = {}
        for digests, vectors in self._blocks():
            known.update(zip((raw.tobytes().hex() for raw in digests), vectors, strict=True))
        return known

    def digests(self) -> NDArray[np.bytes_]:
        """Read of all blocks what `read` knows, and keep no vector: of some million pictures memory holds this.

        Returns
        -------
        known : (N,) of 32 bytes each
            SHA-256, sorted, each once.

        Examples
        --------
        >>> import tempfile
        >>> store = VectorStore(tempfile.mkdtemp(), {"size": 150})
        >>> store.write(["61" * 32, "62" * 32], np.ones((2, 3), np.float32))
        True
        >>> store.digests().shape, store.digests()[0].decode()[:4]
        ((2,), 'aaaa')
        """
        rows = [np.ascontiguousarray(digests).view("S32")[:, 0] for digests, _ in self._blocks()]
        return np.unique(np.concatenate([np.empty(0, "S32"), *rows]))

    def _blocks(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.floating[Any]]]]:
        """Yield each block's hashes (n, 32) and vectors; keep in mind which could not be read."""
        self.damaged, self.unread = [], {}
        for path in sorted(self.folder.glob("*" + self._ending)):
            if path.name.startswith("."):
                continue
            try:
                block = self._block(path)
            except (OSError, MemoryError) as fault:
                self.unread[path] = getattr(fault, "strerror", None) or "not enough memory"
            except Exception:  # zipfile, zlib and numpy each have their own error for a damaged file
                self.damaged.append(path)
            else:
                yield block

    def _block(self, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.floating[Any]]]:
        """Return the hashes and the vectors of a block file; what is no OSError says that it is damaged."""
        with contextlib.ExitStack() as stack:
            if self.mapped:
                block: Any = np.load(path, mmap_mode="r")
            else:
                block = stack.enter_context(np.load(io.BytesIO(path.read_bytes())))
            digests, vectors = block["hashes"], block["vectors"]
        if digests.dtype != np.uint8 or digests.shape != (len(vectors), 32):
            raise ValueError("not a block")
        return digests, vectors

    def write(self, digests: Sequence[str], vectors: NDArray[np.floating[Any]]) -> bool:
        """Add a block.

        Parameters
        ----------
        digests : n SHA-256 of pictures, 64 hex digits each
        vectors : (n, width) or (n, H, W, C) float

        Returns
        -------
        written : bool
            False where the store cannot be written, as one that is read only.
        """
        raw = np.frombuffer(bytes.fromhex("".join(digests)), np.uint8).reshape(-1, 32)
        name = hashlib.sha256(raw.tobytes()).hexdigest()[:20]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not (self.folder / "key.json").exists():
                with replacing(self.folder / "key.json") as file:
                    file.write(json.dumps(self._key, indent=2).encode() + b"\n")
            with replacing(self.folder / (name + self._ending)) as file:
                if self._ending == ".npz":
                    np.savez(file, hashes=raw, vectors=np.ascontiguousarray(vectors))
                else:
                    row = np.dtype([("hashes", np.uint8, 32), ("vectors", vectors.dtype, vectors.shape[1:])])
                    block = np.empty(len(raw), row)
                    block["hashes"], block["vectors"] = raw, vectors
                    np.save(file, block)
        except (OSError, ValueError):
            return False
        return True

    def drop_damaged(self, replaced: bool = True) -> None:
        """Remove the blocks that the last `read` found to be none.

        Parameters
        ----------
        replaced : bool
            Whether all that they may have held has been computed again and written; if not, they are kept aside, as
            NAME.damaged.
        """
        for path in self.damaged:
            with contextlib.suppress(OSError):
                if replaced:
                    path.unlink()
                else:
                    path.rename(f"{path}.damaged")
        self.damaged = []


def merge_stores(sources: Iterable[str | os.PathLike[str]], store: str | os.PathLike[str]) -> int:
    """Copy every block of other stores into one.

    Parameters
    ----------
    sources : paths of stores
    store : str or path

    Returns
    -------
    new : int
        Blocks that were not there before.

    Raises
    ------
    ValueError
        A store is not there, or this one cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> one, other = tempfile.mkdtemp(), tempfile.mkdtemp()
    >>> VectorStore(one, {"size": 150}).write(["ab" * 32], np.ones((1, 3), np.float32))
    True
    >>> merge_stores([one], other), len(VectorStore(other, {"size": 150}).read())
    (1, 1)
    """
    new = 0
    for source in map(Path, sources):
        if not source.is_dir():
            raise ValueError(f"The store {source} is not there.")
        for path in sorted(source.glob("*/*")):
            if path.name.startswith(".") or path.suffix not in (".npz", ".npy", ".json"):
                continue
            target = Path(store) / path.parent.name / path.name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                with open(path, "rb") as block, replacing(target) as file:
                    shutil.copyfileobj(block, file)
                new += path.suffix != ".json"
    return new
