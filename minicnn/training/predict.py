"""predict: outputs, batch by batch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..arguments import integer
from ..callbacks import Callback, CallbackList, listed
from ..types import Array
from .array_batches import size_of_batches
from .batches import Data, by_order, is_data
from .evaluate import some
from .feed import inputs, length
from .model import TrainableModel
from .progress import progress_for


def predict(
    model: TrainableModel,
    x: Data,
    batch_size: int | None = None,
    verbose: int | str = 0,
    steps: int | None = None,
    callbacks: Callback | Sequence[Callback] | None = None,
) -> Array | list[Array] | dict[str, Array]:
    """Compute outputs batch by batch.

    Parameters
    ----------
    model : Model
    x : array (N, ...), a list or dict of them for several inputs, or batches
        Batches give x, (x, y) or (x, y, weights); an iterator will do.
    batch_size : int, optional
        Examples at a time; by default as many as let `steps` batches hold all, 32 without steps.
    verbose : 0, 1, 2 or "auto"
        As in `fit`. (In Keras "auto" is the default.)
    steps : int, optional
        How many batches are predicted; all by default.
    callbacks : Callback or list of them, optional
        What happens between batches.

    Returns
    -------
    y : array (N, ...)
        A list of them for several outputs, a dict where the model gives one.

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
    steps = None if steps is None else integer("steps", steps)
    if is_data(x):
        held = _parts(by_order("x", x, model.input_names), batch_size, steps)
        count, parts = steps or len(held), some(held, steps)
    elif isinstance(x, Mapping) or not (hasattr(x, "__iter__") or hasattr(x, "__len__") and hasattr(x, "__getitem__")):
        raise TypeError(f"`x` must be an array, or batches that can be gone through. Received: {type(x).__name__}.")
    else:
        count, parts = steps or length(x), inputs(some(x, steps), model.input_names)
    if callbacks is None and verbose == 0:
        results = [model.predict_on_batch(part) for part in parts]
    else:
        results = _told(model, parts, count, verbose, listed(callbacks))
    if not results:
        raise ValueError("`x` must hold at least one batch. Received: none.")
    first = results[0]
    if len(results) == 1:
        return first
    if isinstance(first, dict):
        return {key: np.concatenate([each[key] for each in results]) for key in first}
    if isinstance(first, list):
        return [np.concatenate(outputs) for outputs in zip(*results, strict=True)]
    return np.concatenate(results)


def _parts(x: Any, batch_size: int | None, steps: int | None) -> list[Any]:
    """Cut arrays into batches; how large they are may follow from how many are wanted."""
    size = None if batch_size is None else integer("batch_size", batch_size)
    if not isinstance(x, list) and np.ndim(x) == 0:
        raise ValueError(f"`x` must be an array (N, ...). Received: {x!r}.")
    count = len(x[0] if isinstance(x, list) else x)
    size = size_of_batches(count, size, steps)
    starts = range(0, max(count, 1), size)
    return [[part[at : at + size] for part in x] if isinstance(x, list) else x[at : at + size] for at in starts]


def _told(
    model: TrainableModel, parts: Iterator[Any], count: int | None, verbose: int | str, callbacks: list[Callback]
) -> list[Any]:
    """Predict batches, show it, and tell callbacks of each."""
    results: list[Any] = []
    with progress_for(verbose, count, 1) as show:
        called = CallbackList(callbacks, model, {"epochs": 1, "steps": count, "verbose": show.kind})
        called.tell("on_predict_begin", {})
        show.begin(0)
        for index, part in enumerate(parts):
            called.tell("on_predict_batch_begin", index, {})
            results.append(model.predict_on_batch(part))
            show.step({})
            called.tell("on_predict_batch_end", index, {"outputs": results[-1]})
        show.end(0, {})
        called.tell("on_predict_end", {})
    return results
