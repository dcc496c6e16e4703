"""Vectors of any number of pictures as tasks of Ray, a block each: memory holds the blocks that are under way.

A task takes a whole node, since TensorFlow runs a net on all processors: the vectors are those that `vectors` computes
there, to the last bit. A node reads the pictures itself, or they are sent to it.
"""

import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minicnn.data import content_hash

from .. import runtime
from ..model import Classifier
from ..pictures import Pictures, Recipe
from ..runtime import cluster, console
from ..types import AnyPath
from .stored import BLOCK, computed, store_for, tell_of


def spread(
    classifier: Classifier,
    files: Iterable[Path],
    recipe: Recipe,
    store: AnyPath,
    send: bool = False,
    advance: Callable[[int], Any] = console.silent,
) -> None:
    """Compute and store the vectors of pictures that a store lacks, on all nodes of Ray.

    Parameters
    ----------
    classifier : Classifier with a frozen base
    files : iterable of Path
        It is read as tasks are free.
    recipe : Recipe
    store : str or path
        Only this process writes there.
    send : bool
        Whether pictures go with the tasks; if not, every node sees `files` under the same names.
    advance : called with the number of pictures of each block that is done

    Raises
    ------
    ValueError
        A picture cannot be decoded, the store cannot be written, or a task's worker died at every try.
    Diverged
        A vector is not finite.
    """
    where = store_for(classifier, recipe, store)
    known = where.digests()
    tell_of(where)
    constant = [cluster.shared(classifier.vectors), cluster.shared(known)], recipe

    def calls():
        waiting = iter(files)
        while names := list(itertools.islice(waiting, BLOCK)):
            yield len(names), *constant, names, [path.read_bytes() for path in names] if send else None

    for count, (digests, vectors) in cluster.spread(_block, calls(), whole_node=True):
        if digests and not where.write(digests, vectors):
            raise ValueError(f"The store {where.folder.parent} cannot be written.")
        advance(count)
    where.drop_damaged()


def _block(
    shared: list[Any], recipe: Recipe, names: list[Path], contents: list[bytes] | None
) -> tuple[list[str], NDArray[np.floating[Any]]]:
    """Return the hashes and the vectors of those of some pictures that the store lacks."""
    runtime.repeatable(0)
    net, known = map(cluster.held, shared)
    with _on_disk(names, contents) as paths:
        new = {content_hash(path): path for path in paths}
        raw = np.array([bytes.fromhex(digest) for digest in new], "S32")
        new = dict(itertools.compress(new.items(), ~_among(raw, known)))
        each = computed(net, Pictures(list(new.values()), recipe, keep=False))
        return list(new), np.concatenate([np.empty((0, *net.output_shape[1:]), np.float32), *(y for _, y in each)])


@contextlib.contextmanager
def _on_disk(names: list[Path], contents: list[bytes] | None) -> Iterator[list[Path]]:
    """Give paths where pictures can be read; what is wrong with one is told of the name that it was sent from."""
    if contents is None:
        yield names
        return
    with tempfile.TemporaryDirectory() as folder:
        sent = {Path(folder) / f"{i}{name.suffix}": name for i, name in enumerate(names)}
        for path, content in zip(sent, contents, strict=True):
            path.write_bytes(content)
        try:
            yield list(sent)
        except ValueError as refusal:
            text = str(refusal)
            for path, name in sent.items():
                text = text.replace(str(path), str(name))
            raise type(refusal)(text) from None


def _among(values: NDArray[np.bytes_], known: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    """Tell which values are among sorted ones."""
    if not len(known):
        return np.zeros(len(values), bool)
    return known[np.searchsorted(known, values).clip(max=len(known) - 1)] == values
