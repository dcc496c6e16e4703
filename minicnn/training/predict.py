"""predict: outputs, batch by batch."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arguments import integer
from ..types import Array
from .batches import Data, inputs, is_data
from .model import TrainableModel


def predict(model: TrainableModel, x: Data, batch_size: int = 32) -> Array | list[Array]:
    """Compute outputs batch by batch.

    Parameters
    ----------
    model : Model
    x : array (N, ...), a list of them for several inputs, or batches
        Batches give x or (x, y).
    batch_size : int
        Examples at a time.

    Returns
    -------
    y : array (N, ...)
        A list of them for several outputs.

    Raises
    ------
    ValueError, TypeError
        There is no batch, or x does not fit the model; x is neither arrays nor batches.

    Notes
    -----
    Source: Keras 3 `Trainer.predict`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Dense, Input, Sequential
    >>> model = Sequential([Input((4,)), Dense(3, activation="softmax")])
    >>> predict(model, np.ones((70, 4)), batch_size=32).shape
    (70, 3)
    """
    parts = _cut(x, integer("batch_size", batch_size)) if is_data(x) else _batches(x, len(model.inputs))
    results = [model.forward(part) for part in parts]
    if not results:
        raise ValueError("`x` must hold at least one batch. Received: none.")
    if len(results) == 1:
        return results[0]
    if isinstance(results[0], list):
        return [np.concatenate(outputs) for outputs in zip(*results, strict=True)]
    return np.concatenate(results)


def _cut(x: Any, size: int) -> list[Any]:
    """Cut arrays into batches."""
    if not isinstance(x, list) and np.ndim(x) == 0:
        raise ValueError(f"`x` must be an array (N, ...). Received: {x!r}.")
    count = len(x[0] if isinstance(x, list) else x)
    starts = range(0, max(count, 1), size)
    return [[part[at : at + size] for part in x] if isinstance(x, list) else x[at : at + size] for at in starts]


def _batches(x: Any, count: int) -> Iterator[Any]:
    """Go through batches that somebody else made, for a model of `count` inputs."""
    if not (hasattr(x, "__iter__") or hasattr(x, "__len__") and hasattr(x, "__getitem__")):
        raise TypeError(f"`x` must be an array, or batches that can be gone through. Received: {type(x).__name__}.")
    yield from inputs(x, count)
