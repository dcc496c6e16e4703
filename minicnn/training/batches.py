"""Data for training: arrays cut into batches, batches that others bring, and the checks of what comes in."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import numpy as np

from .. import kernels
from ..arguments import integer
from ..types import AnyArray, ArrayLike, DTypeLike


class NumberedBatches(Protocol):
    """Batches that are asked for by number, as Keras's PyDataset are."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """Return a batch: (x, y), or x alone where nothing is learned."""
        ...


Data = ArrayLike | Iterable[Any] | NumberedBatches  # examples, a list of them for several inputs, or batches
Batches = Any  # of Data, what is gone through: batches, or arrays cut into them
Inputs = AnyArray | list[AnyArray]  # x of one batch: a list for a model of several inputs


class ArrayBatches:
    """Arrays cut into batches; the order of epoch e depends on the seed and on e alone.

    Parameters
    ----------
    x : array (N, ...), or a list of them
    y : array (N, ...)
    batch_size : int
        Examples in a batch; the last one may have fewer.
    shuffle : bool
        Draw a new order each epoch.
    seed : int, optional
        Of the orders; without one nobody can repeat them.

    Attributes
    ----------
    epoch : int
        Whose order the next pass takes; `fit` sets it.
    """

    x: Inputs
    y: AnyArray
    batch_size: int
    shuffle: bool
    seed: Any
    epoch: int

    def __init__(self, x: Inputs, y: AnyArray, batch_size: int, shuffle: bool = False, seed: int | None = None):
        self.x, self.y, self.batch_size, self.shuffle = x, y, batch_size, shuffle
        self.seed = np.random.SeedSequence(seed).entropy
        self.epoch = 0

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        return math.ceil(len(self.y) / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Inputs, AnyArray]]:
        """Go through the batches of an epoch."""
        count = len(self.y)
        order = np.arange(count)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        for start in range(0, count, self.batch_size):
            rows = order[start : start + self.batch_size] if self.shuffle else slice(start, start + self.batch_size)
            x = [part[rows] for part in self.x] if isinstance(self.x, list) else self.x[rows]
            yield x, self.y[rows]


# ---- what is given ------------------------------------------------------------------------------------------


def is_data(x: Any) -> bool:
    """Say whether x is examples, as opposed to batches of them, which a list holds as pairs."""
    return hasattr(x, "__array__") or (isinstance(x, list) and bool(x) and not _is_pair(x[0]))


def _is_pair(item: Any) -> bool:
    return isinstance(item, tuple) or (isinstance(item, list) and len(item) == 2 and _are_arrays(item))


def _are_arrays(items: Any) -> bool:
    return all(hasattr(item, "__array__") and getattr(item, "ndim", 1) for item in items)


def as_batches(x: Any, y: ArrayLike | None, batch_size: int, shuffle: bool, seed: int | None) -> Batches:
    """Check x and y and cut them into batches; batches are taken as they are.

    Parameters
    ----------
    x : array (N, ...), a list of them for several inputs, or batches
    y : array of N labels, or None with batches
    batch_size, shuffle, seed
        As in `ArrayBatches`.

    Raises
    ------
    ValueError, TypeError
        They do not fit together, are no arrays of numbers, or cannot be gone through again each epoch.
    """
    integer("batch_size", batch_size)
    if not is_data(x):
        if y is not None:
            raise ValueError("`y` must be None where x gives batches of (x, y).")
        if not _can_be_gone_through_again(x):
            raise TypeError(
                "Batches must be an object that can be iterated over again each epoch (a list, a "
                f"sequence), not an iterator or a function. Received: {type(x).__name__}."
            )
        return x
    if y is None:
        raise ValueError("`y` is missing: fit and evaluate need labels beside x.")
    x = [_array("x", part) for part in x] if isinstance(x, list) and hasattr(x[0], "__array__") else _array("x", x)
    labels = _array("y", y)
    counts = {len(part) for part in (x if isinstance(x, list) else [x])}
    if counts != {len(labels)}:
        raise ValueError(f"`x` and `y` must hold equally many examples. Received: {max(counts)} and {len(labels)}.")
    return ArrayBatches(x, labels, batch_size, shuffle, seed)


def _can_be_gone_through_again(batches: Any) -> bool:
    if hasattr(type(batches), "__iter__"):
        return not hasattr(type(batches), "__next__")
    return hasattr(batches, "__len__") and hasattr(batches, "__getitem__")


def _array(name: str, value: Any) -> AnyArray:
    """Return value as an array of numbers with an axis of examples."""
    try:
        array = np.asarray(value)
    except ValueError:  # NumPy's sentence on rows of unequal length speaks of what it tried
        raise ValueError(f"`{name}` must be one array: its rows have unequal lengths or shapes.") from None
    if array.dtype.kind not in "fiub" or array.ndim == 0:
        hint = "; np.unique(y, return_inverse=True)[1] makes classes of names" if name == "y" else ""
        raise TypeError(
            f"`{name}` must be an array of numbers{hint}. Received: dtype={array.dtype}, shape={array.shape}."
        )
    return array


def as_validation(data: Any, batch_size: int) -> Batches | None:
    """Turn validation_data, (x, y) or batches, into batches; None stays None."""
    if data is None:
        return None
    if isinstance(data, tuple) or (isinstance(data, list) and is_data(data)):
        if len(data) == 3:
            raise ValueError("`validation_data` must be (x, y): sample weights, a third item, are not supported.")
        if len(data) != 2:
            raise ValueError(f"`validation_data` must be (x, y), or batches. Received: {len(data)} items.")
        x, y = data
        return as_batches(x, y, batch_size, False, None)
    return as_batches(data, None, batch_size, False, None)


# ---- going through ------------------------------------------------------------------------------------------


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


def pairs(batches: Batches, dtype: DTypeLike) -> Iterator[tuple[Inputs, AnyArray]]:
    """Go through batches once: (x, y) of each, checked, floats as `dtype`."""
    for index, item in enumerate(once(batches)):
        if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
            size = f" of {len(item)}" if isinstance(item, (tuple, list)) else ""
            raise TypeError(f"Each batch must be (x, y). Received: batch {index} is a {type(item).__name__}{size}.")
        if len(item) == 3:
            raise ValueError(
                f"Each batch must be (x, y): sample weights, a third item, are not supported. "
                f"Received: batch {index} has three."
            )
        x, y = item
        yield checked(x, y, index, dtype)


def inputs(batches: Batches, count: int) -> Iterator[Any]:
    """Go through batches of x or (x, y) once: each one's x, for a model of `count` inputs."""
    for item in once(batches):
        if isinstance(item, tuple) or (
            isinstance(item, list) and not (count > 1 and len(item) == count and _are_arrays(item))
        ):
            item = item[0] if item else item
        yield item


def checked(x: Any, y: Any, index: int, dtype: DTypeLike) -> tuple[Inputs, AnyArray]:
    """Return x and y of a batch as arrays, floats as `dtype`; refuse numbers that are not finite there.

    Parameters
    ----------
    x : array (N, ...), or a list of them
    y : array (N, ...)
    index : int
        The batch's number, for the sentence.
    dtype : str or dtype
        The model's.

    Raises
    ------
    ValueError
        `x` must be finite. Received: NaN in batch 2, example 1, at index (1, 2, 0).
    """
    parts = [_finite("x", part, index, dtype) for part in (x if isinstance(x, list) else [x])]
    return parts if isinstance(x, list) else parts[0], _finite("y", y, index, dtype)


def _finite(name: str, value: Any, index: int, dtype: DTypeLike) -> AnyArray:
    given = _array(name, value)
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
