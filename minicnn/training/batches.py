"""Data for training: arrays cut into batches, batches that others bring, and the checks of what comes in.

A batch is (x, y) or (x, y, weights of its examples). x is a list, or a dict by the inputs' names, for a model of
several inputs; so are y and the weights for one of several outputs.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..arguments import integer
from ..types import AnyArray, Array, ArrayLike
from .array_batches import ArrayBatches
from .model import TrainableModel


class NumberedBatches(Protocol):
    """Batches that are asked for by number, as Keras's PyDataset are."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """Return a batch: (x, y), or x alone where nothing is learned."""
        ...


# Examples, a list or dict of them for several inputs, or batches.
Data = ArrayLike | Iterable[Any] | Mapping[str, Any] | NumberedBatches
Batches = Any  # of Data, what is gone through: batches, or arrays cut into them


def is_data(x: Any) -> bool:
    """Say whether x is examples, as opposed to batches of them, which a list holds as pairs."""
    if isinstance(x, Mapping):
        return bool(x) and are_arrays(x.values())
    return hasattr(x, "__array__") or (isinstance(x, list) and bool(x) and not _is_pair(x[0]))


def _is_pair(item: Any) -> bool:
    return isinstance(item, tuple) or (isinstance(item, list) and len(item) in (2, 3) and are_arrays(item))


def are_arrays(items: Any) -> bool:
    """Say whether all are arrays, with an axis or more."""
    return all(hasattr(item, "__array__") and getattr(item, "ndim", 1) for item in items)


def by_order(what: str, given: Any, names: Sequence[str]) -> Any:
    """Return a dict's values in the order of a model's inputs or outputs; anything else as it is.

    Raises
    ------
    ValueError
        The dict's keys are not their names.
    """
    if not isinstance(given, Mapping):
        return given
    if set(given) != set(names):
        wanted, found = (", ".join(map(repr, sorted(keys))) for keys in (names, given))
        raise ValueError(f"`{what}` must have the keys {wanted}. Received: {found}.")
    values = [given[name] for name in names]
    return values[0] if len(values) == 1 else values


def as_batches(
    model: TrainableModel,
    x: Data,
    y: Any,
    batch_size: int | None,
    steps: int | None = None,
    sample_weight: Any = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> Batches:
    """Check x and y and cut them into batches; batches are taken as they are.

    Parameters
    ----------
    model : Model
        Whose inputs and outputs they are for.
    x : array (N, ...), a list or dict of them for several inputs, or batches
    y : array of N labels, a list or dict of them for several outputs, or None with batches
    batch_size, steps, shuffle, seed
        As in `ArrayBatches`.
    sample_weight : array (N,), or a list or dict of them, optional

    Raises
    ------
    ValueError, TypeError
        They do not fit together, are no arrays of numbers, or nothing that can be gone through.
    """
    size = None if batch_size is None else integer("batch_size", batch_size)
    if not is_data(x):
        for name, given in (("y", y), ("sample_weight", sample_weight)):
            if given is not None:
                raise ValueError(f"`{name}` must be None where x gives batches of (x, y).")
        if not is_iterator(x):
            need_repeatable(x)
        return x
    if y is None:
        raise ValueError("`y` is missing: fit and evaluate need labels beside x.")
    names = model.output_names
    x = by_order("x", x, model.input_names)
    x = [as_array("x", part) for part in x] if isinstance(x, list) and hasattr(x[0], "__array__") else as_array("x", x)
    labels = [as_array("y", part) for part in split("y", y, names)]
    weights = None if sample_weight is None else as_weights(sample_weight, names)
    _check_counts(x if isinstance(x, list) else [x], labels, weights or [])
    if len(names) == 1:
        return ArrayBatches(x, labels[0], size, shuffle, seed, weights and weights[0], steps)
    return ArrayBatches(x, labels, size, shuffle, seed, weights, steps)


def is_iterator(batches: Any) -> bool:
    """Say whether batches can be gone through once only."""
    return hasattr(type(batches), "__next__")


def need_repeatable(batches: Any) -> None:
    """Refuse what cannot be gone through again each epoch.

    Raises
    ------
    TypeError
        An iterator, a function, or no batches at all.
    """
    again = hasattr(type(batches), "__iter__") or (hasattr(batches, "__len__") and hasattr(batches, "__getitem__"))
    if is_iterator(batches) or not again:
        raise TypeError(
            "Batches must be an object that can be iterated over again each epoch (a list, a "
            f"sequence), not an iterator or a function. Received: {type(batches).__name__}. "
            "An iterator of enough batches wants steps_per_epoch, or one epoch."
        )


def _check_counts(x: list[AnyArray], y: list[AnyArray], weights: list[Array | None]) -> None:
    """Refuse arrays that do not hold equally many examples."""
    xs, ys = ({len(part) for part in parts} for parts in (x, y))
    if len(xs | ys) != 1:
        raise ValueError(f"`x` and `y` must hold equally many examples. Received: {max(xs)} and {max(ys)}.")
    for each in weights:
        if each is not None and len(each) not in ys:
            raise ValueError(
                f"`sample_weight` must hold a weight for each of {max(ys)} examples. Received: {len(each)}."
            )


def split(what: str, given: Any, names: Sequence[str]) -> list[Any]:
    """Return what is given for each output; of one output it is all."""
    given = by_order(what, given, names)
    if len(names) == 1:
        return [given]
    if not isinstance(given, (list, tuple)) or len(given) != len(names):
        size = f" of {len(given)}" if isinstance(given, (list, tuple)) else ""
        raise ValueError(
            f"`{what}` must be a list of {len(names)}, one for each output. Received: {type(given).__name__}{size}."
        )
    return list(given)


def as_weights(given: Any, names: Sequence[str]) -> list[Array | None]:
    """Return the examples' weights for each output: its own, or one array for all.

    Raises
    ------
    ValueError, TypeError
        They are no finite numbers of at least 0.
    """
    several = len(names) > 1 and (
        isinstance(given, Mapping)
        or (isinstance(given, (list, tuple)) and all(each is None or np.ndim(each) > 0 for each in given))
    )
    found: list[Array | None] = []
    for weights in split("sample_weight", given, names) if several else [given] * len(names):
        array = None if weights is None else as_array("sample_weight", weights)
        if array is not None and array.size and not (np.isfinite(array).all() and array.min() >= 0):
            worst = array[~np.isfinite(array) | (array < 0)][0]
            raise ValueError(f"`sample_weight` must be finite numbers of at least 0. Received: {worst:g} among them.")
        found.append(array)
    return found


def as_array(name: str, value: Any) -> AnyArray:
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


def as_validation(model: TrainableModel, data: Any, batch_size: int | None, steps: int | None) -> Batches | None:
    """Turn validation_data, (x, y), (x, y, weights) or batches, into batches; None stays None."""
    if data is None:
        return None
    if isinstance(data, tuple) or (isinstance(data, list) and is_data(data)):
        if len(data) not in (2, 3):
            raise ValueError(f"`validation_data` must be (x, y), or batches. Received: {len(data)} items.")
        parts: Any = (*data, None)
        x, y, weights = parts[:3]
        return as_batches(model, x, y, batch_size, steps, weights)
    if steps is None and not is_data(data):
        need_repeatable(data)
    return as_batches(model, data, None, batch_size, steps)


def split_off(batches: Batches, share: float) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
    """Split arrays into those to learn from and the last ones, a share of them, to validate with.

    Parameters
    ----------
    batches : object
        As `as_batches` returns them.
    share : float

    Returns
    -------
    kept, held : tuple of x, y and weights

    Raises
    ------
    ValueError
        They are no arrays, or one of the two would be empty.
    """
    if not isinstance(batches, ArrayBatches):
        raise ValueError("`validation_split` needs arrays: split batches beforehand, and give validation_data.")
    kept = math.floor(batches.count * (1 - share))
    if not 0 < kept < batches.count:
        raise ValueError(
            f"`validation_split` must leave an example on either side. Received: {share!r} of {batches.count} examples."
        )
    return batches.take(slice(0, kept)), batches.take(slice(kept, None))
