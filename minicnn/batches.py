"""Data for training: arrays cut into batches, and the checks of what comes in."""

import math

import numpy as np

from . import kernels


class ArrayBatches:
    """Arrays cut into batches; the order of epoch e depends on the seed and on e alone.

    Parameters
    ----------
    x, y : arrays (N, ...)       batch_size : int
    shuffle : bool               seed : int or None (an order that no one can repeat)
    """

    def __init__(self, x, y, batch_size, shuffle=False, seed=None):
        self.x, self.y, self.batch_size, self.shuffle = x, y, batch_size, shuffle
        self.seed = np.random.SeedSequence(seed).entropy
        self.epoch = 0

    def __len__(self):
        return math.ceil(len(self.y) / self.batch_size)

    def __iter__(self):
        count = len(self.y)
        order = np.arange(count)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        for start in range(0, count, self.batch_size):
            rows = order[start:start + self.batch_size] if self.shuffle else slice(start, start + self.batch_size)
            x = [part[rows] for part in self.x] if isinstance(self.x, list) else self.x[rows]
            yield x, self.y[rows]


def set_epoch(batches, epoch):
    """Tell batches that bring their own order which epoch it is."""
    if hasattr(batches, "epoch"):
        batches.epoch = epoch


def is_data(x):
    """Say whether x is examples, as opposed to batches of them."""
    return hasattr(x, "__array__") or (isinstance(x, list) and bool(x) and not isinstance(x[0], tuple))


def whole(name, value, least):
    """Return value as an int of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` must be an integer of at least {least}. Received: {name}={value!r}.")
    return int(value)


def as_batches(x, y, batch_size, shuffle, seed):
    """Check x and y and cut them into batches; batches are taken as they are."""
    whole("batch_size", batch_size, 1)
    if not is_data(x):
        if y is not None:
            raise ValueError("`y` must be None where x gives batches of (x, y).")
        if iter(x) is x:
            raise TypeError("Batches must be an object that can be iterated over again each epoch (a list, a "
                            f"sequence), not an iterator. Received: {type(x).__name__}.")
        return x
    if y is None:
        raise ValueError("`y` is missing: fit and evaluate need labels beside x.")
    x = [np.asarray(part) for part in x] if isinstance(x, list) and hasattr(x[0], "__array__") else np.asarray(x)
    y = np.asarray(y)
    counts = {len(part) for part in (x if isinstance(x, list) else [x])}
    if counts != {len(y)}:
        raise ValueError(f"`x` and `y` must hold equally many examples. Received: {max(counts)} and {len(y)}.")
    return ArrayBatches(x, y, batch_size, shuffle, seed)


def as_validation(data, batch_size):
    """Turn validation_data, (x, y) or batches, into batches; None stays None."""
    if data is None:
        return None
    if isinstance(data, tuple):
        return as_batches(*data, batch_size, False, None)
    return as_batches(data, None, batch_size, False, None)


def checked(x, y, index):
    """Refuse numbers that are not finite, named with the batch."""
    for name, array in (("x", x), ("y", y)):
        for part in array if isinstance(array, list) and name == "x" else [array]:
            part = np.asarray(part)
            if part.dtype.kind == "f" and not _surely_finite(part) and not np.isfinite(part).all():
                kind = "NaN" if np.isnan(part).any() else "inf"
                where = np.argwhere(~np.isfinite(part))[0]
                raise ValueError(f"`{name}` must be finite. Received: {kind} in batch {index}, "
                                 f"example {where[0]}, at index {tuple(map(int, where[1:]))}.")
    return x, np.asarray(y)


def _surely_finite(array):
    """Tell at one look whether all numbers are finite; a False may be wrong. See `checked`."""
    if array.dtype in (np.float32, np.float64):
        return kernels.sums_are_finite(array)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(array.sum())
