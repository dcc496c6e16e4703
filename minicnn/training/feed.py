"""Going through batches: an epoch's, checked one by one."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import kernels
from ..types import AnyArray, Array, DTypeLike
from .batches import Batches, are_arrays, as_array, as_weights, by_order, is_iterator, split
from .model import TrainableModel


class Example(NamedTuple):
    """One batch, checked.

    Attributes
    ----------
    x : array (N, ...), or a list of them
    y : list of array (N, ...)
        One for each output.
    weights : list of array (N,) or None
        Of the examples, for each output.
    """

    x: AnyArray | list[AnyArray]
    y: list[AnyArray]
    weights: list[Array | None]


class Feed:
    """What the epochs of a training go through: all batches, or so many steps of them.

    Parameters
    ----------
    batches : object
        As `as_batches` returns them.
    steps : int, optional
        Of an epoch. The next epoch goes on where this one ends; where that was the end of the batches, or there is no
        more, it begins anew, as in Keras.
    first : int, optional
        The number of the first pass, for batches that bring their own order; without it they are not told.

    Attributes
    ----------
    length : int or None
        Batches in an epoch, where that is known.
    """

    length: int | None

    def __init__(self, batches: Batches, steps: int | None, first: int | None = None):
        self._batches, self._steps, self._pass = batches, steps, first
        self._going: Iterator[Any] | None = None
        self._seen, self._whole = 0, length(batches)
        self.length = steps or self._whole

    def epoch(self) -> Iterator[Any]:
        """Go through an epoch's batches."""
        if self._steps is None:
            yield from self._begin()
            return
        for step in range(self._steps):
            item = self._next(step == 0)
            if item is None:
                self._going = None
                warnings.warn(
                    f"There are no more batches: {step} of {self._steps} steps were done. Give batches that go on, or "
                    f"fewer steps.",
                    stacklevel=6,
                )
                return
            yield item
        if self._going is not None and self._seen == self._whole:  # exactly through: they are told that they end
            next(self._going, None)
            self._going = None

    def _next(self, first: bool) -> Any:
        """Return the next batch, None where there is none; an epoch's first is sought from the beginning, too."""
        went_on = self._going is not None
        if self._going is None:
            self._going = self._begin()
        item = next(self._going, None)
        if item is None and first and went_on and not is_iterator(self._batches):  # the last epoch ended with them
            self._going = self._begin()
            item = next(self._going, None)
        self._seen += 1
        return item

    def _begin(self) -> Iterator[Any]:
        if self._pass is not None:
            set_epoch(self._batches, self._pass)
            self._pass += 1
        self._seen = 0
        return once(self._batches)


def length(batches: Batches) -> int | None:
    """Return how many batches there are; None where nobody knows."""
    try:
        return len(batches)
    except TypeError:  # no length, or, for some of TensorFlow's, an unknown one
        return None


def set_epoch(batches: Batches, epoch: int) -> None:
    """Tell batches that bring their own order which epoch it is."""
    if hasattr(batches, "epoch"):
        batches.epoch = epoch


def once(batches: Batches) -> Iterator[Any]:
    """Go through batches once: what they hold, and Keras's words to a PyDataset before and after.

    An object that can only be asked for one item after the other, 0 to len - 1, is asked for all of them.
    """
    getattr(batches, "on_epoch_begin", _nothing)()
    yield from batches if hasattr(type(batches), "__iter__") else (batches[k] for k in range(len(batches)))
    getattr(batches, "on_epoch_end", _nothing)()


def _nothing() -> None:
    pass


def examples(model: TrainableModel, batches: Iterator[Any]) -> Iterator[Example]:
    """Go through batches: each one checked, floats in the model's dtype."""
    for index, item in enumerate(batches):
        if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
            size = f" of {len(item)}" if isinstance(item, (tuple, list)) else ""
            raise TypeError(f"Each batch must be (x, y). Received: batch {index} is a {type(item).__name__}{size}.")
        x, y, weights = (*item, None)[:3]
        yield checked(model, x, y, weights, index)


def inputs(batches: Iterator[Any], names: Sequence[str]) -> Iterator[Any]:
    """Go through batches of x, (x, y) or (x, y, weights): each one's x, for a model of these inputs."""
    for item in batches:
        if isinstance(item, tuple) or (
            isinstance(item, list) and not (len(names) > 1 and len(item) == len(names) and are_arrays(item))
        ):
            item = item[0] if item else item
        yield by_order("x", item, names)


def checked(model: TrainableModel, x: Any, y: Any, weights: Any, index: int) -> Example:
    """Return a batch as arrays, floats in the model's dtype; refuse numbers that are not finite there.

    Parameters
    ----------
    model : Model
    x : array (N, ...), or a list or dict of them
    y : array (N, ...), or a list or dict of them
    weights : array (N,), or a list or dict of them, or None
    index : int
        The batch's number, for the sentence.

    Raises
    ------
    ValueError
        `x` must be finite. Received: NaN in batch 2, example 1, at index (1, 2, 0).
    """
    dtype, names = model.dtype or "float32", model.output_names
    x = by_order("x", x, model.input_names)
    parts = [_finite("x", part, index, dtype) for part in (x if isinstance(x, list) else [x])]
    labels = [_finite("y", part, index, dtype) for part in split("y", y, names)]
    found: list[Array | None] = [None] * len(names) if weights is None else as_weights(weights, names)
    return Example(parts if isinstance(x, list) else parts[0], labels, found)


def _finite(name: str, value: Any, index: int, dtype: DTypeLike) -> AnyArray:
    given = as_array(name, value)
    if given.dtype.kind != "f":
        return given
    with np.errstate(over="ignore"):
        array = given.astype(dtype, copy=False)
    if kernels.sums_are_finite(array) or np.isfinite(array).all():
        return array
    where = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
    value = given[where]
    kind = "NaN" if np.isnan(value) else "inf" if np.isinf(value) else f"{value:g}, which is inf in {dtype},"
    raise ValueError(
        f"`{name}` must be finite. Received: {kind} in batch {index}, example {where[0]}, at index {where[1:]}."
    )
