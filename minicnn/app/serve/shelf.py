"""The models by name, each loaded anew when its file was replaced whole.

A model is never changed: the new one takes the old one's place, and who holds the old one finishes with it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data import content_hash
from ...files import ResolvedCard
from ...types import AnyArray, Array, NDArray
from .settings import Served

if TYPE_CHECKING:
    from ...models import Model as Network

VERSION_DIGITS: int = 12
BESIDE: tuple[str, ...] = (
    "classifier.json",
    "labels.txt",
    "metadata.json",
)  # what may lie beside a model and tell of it
Work = Callable[[Sequence[NDArray[np.uint8]]], Iterable[AnyArray]]  # what a model does with pictures: N arrays


@dataclass(frozen=True, eq=False)
class Model:
    """A model that is ready to answer.

    Parameters
    ----------
    name : str
    version : str
        The first digits of its file's SHA-256: see `version_of`.
    card : dict
        Its classifier.json.
    classify : function of N pictures (H, W, C) uint8
        Gives the probabilities, (N, classes).
    explain : function of the same, optional
        Gives each picture with its Grad-CAM laid over it, (H, W, 3) uint8.
    told : ResolvedCard, optional
        Who told what of it.
    """

    name: str
    version: str
    card: dict[str, Any]
    classify: Work
    explain: Work | None = None
    told: ResolvedCard | None = None

    @property
    def class_names(self) -> list[str]:
        """The names of its classes, in the order of its outputs."""
        return self.card["class_names"]


def load(served: Served) -> Model:
    """Load a model and let it answer once, so that the first client does not wait for a compiler.

    Parameters
    ----------
    served : Served

    Returns
    -------
    model : Model

    Raises
    ------
    ValueError, OSError
        The file is no classifier of pictures; the sentence says why.
    """
    from ...models import load_model
    from ..card import complete, fed
    from ..predict import probabilities

    def classify(pictures: Sequence[NDArray[np.uint8]]) -> Array:
        return probabilities(network, network.predict(fed(network, np.stack(pictures))))

    def explain(pictures: Sequence[NDArray[np.uint8]]) -> list[AnyArray]:
        from ...explain import grad_cam, overlay

        x = fed(network, np.stack(pictures))
        return [overlay(picture, grad_cam(network, one)) for picture, one in zip(pictures, x, strict=True)]

    marks, version = _marks(served.path), version_of(served.path)
    network = load_model(served.path, optimizer=False)
    told = complete(network, served.path, **served.better)
    if len(network.outputs) > 1 or told.value["task"] == "pictures":
        raise ValueError(f"{served.path}: a model that is served must answer with classes, in one output.")
    height, width = told.value["size"]
    classify([np.zeros((height, width, told.value["channels"]), np.uint8)])
    if _marks(served.path) != marks:
        raise ValueError(f"{served.path} was changed while it was being loaded; load it again.")
    return Model(served.name, version, told.value, classify, explain if _has_maps(network) else None, told)


def _has_maps(network: "Network") -> bool:
    """Tell whether there is something to draw: pictures with an axis of channels, and maps of more than one pixel."""
    return len(network.input_shape) == 4 and any(
        len(call.shape) == 4 and call.sources and call.shape[1:3] != (1, 1) for call in network.calls()
    )


class Shelf(Mapping[str, Model]):
    """The models by name.

    Parameters
    ----------
    served : list of Served
        The first one answers where no name is given.
    load : function of a Served

    Raises
    ------
    ValueError, OSError
        As `load`.

    Attributes
    ----------
    problems : dict
        By name, why the last try to load its new file failed.
    """

    def __init__(self, served: Sequence[Served], load: Callable[[Served], Model] = load) -> None:
        self._load = load
        self._served: dict[str, Served] = {each.name: each for each in served}
        self._seen: dict[str, Any] = {each.name: _marks(each.path) for each in served}
        self._models: dict[str, Model] = {each.name: load(each) for each in served}
        self.problems: dict[str, str] = {}

    def __getitem__(self, name: str) -> Model:
        """Return the model that answers now."""
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._served)

    def __len__(self) -> int:
        """Return how many models there are."""
        return len(self._served)

    def refresh(self) -> dict[str, str | None]:
        """Load what was replaced since the last look; a file that is no model leaves the old one in place.

        Returns
        -------
        tried : dict
            By name, None for a model that was loaded anew, or why it was not.
        """
        tried: dict[str, str | None] = {}
        for name, served in self._served.items():
            marks = _marks(served.path)
            if marks == self._seen[name]:
                continue
            self._seen[name] = marks  # a later change has other marks, whatever is read now
            if marks[0][1] is None:
                tried[name] = f"{served.path}: there is no such file any more; the model goes on as it was."
            else:
                try:
                    self._models[name] = self._load(served)
                    tried[name] = None
                except Exception as problem:  # a file that is being written, say: it changes once more
                    tried[name] = f"{served.path} was changed and cannot be loaded: {problem}"
            self.problems.pop(name, None)
            if (why := tried[name]) is not None:
                self.problems[name] = why
        return tried


def version_of(path: Path) -> str:
    """Return the first digits of a file's SHA-256.

    Where other files belong to it (its weights, classifier.json, labels.txt), that of all their digests.

    Parameters
    ----------
    path : Path

    Returns
    -------
    version : 12 hex digits
    """
    digests = [content_hash(each) for each in _files(path) if each == path or each.is_file()]
    whole = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return whole[:VERSION_DIGITS]


def _files(path: Path) -> list[Path]:
    """Return a model's file and what lies beside it and may belong to it: weights, and what tells of its classes."""
    return [path, *_weights(path), *(path.with_name(name) for name in (f"{path.stem}.classifier.json", *BESIDE))]


def _weights(path: Path) -> list[Path]:
    """Return the weights that lie beside layers: TensorFlow.js's shards; HDF5 that is called alike, or else any."""
    if path.suffix != ".json":
        return []
    try:
        names = sorted(each.name for each in path.parent.iterdir())
    except OSError:  # the folder is gone, or not to be listed
        return []
    shards = [name for name in names if name.endswith(".bin") or "-shard" in name]
    arrays = [name for name in names if name.endswith((".h5", ".hdf5"))]
    return [path.with_name(name) for name in shards + ([n for n in arrays if n.startswith(path.stem)] or arrays)]


def _marks(path: Path) -> list[tuple[Path, tuple[int, int, int] | None]]:
    """Return what changes when one of a model's files is replaced; the file's own first."""
    return [(each, _mark(each)) for each in _files(path)]


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
