"""Arrays cut into batches."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..types import AnyArray

Arrays = AnyArray | list[AnyArray]  # a list for several inputs or outputs


class ArrayBatches:
    """Arrays cut into batches; the order of epoch e depends on the seed and on e alone.

    Parameters
    ----------
    x, y : array (N, ...), or a list of them
    batch_size : int
        Examples in a batch; the last one may have fewer.
    shuffle : bool
        Draw a new order each epoch.
    seed : int, optional
        Of the orders; without one nobody can repeat them.
    weights : array (N,), or a list of them and None, optional
        Of the examples: then a batch is (x, y, weights).

    Attributes
    ----------
    epoch : int
        Whose order the next pass takes; `fit` sets it.
    """

    x: Arrays
    y: Arrays
    batch_size: int
    shuffle: bool
    seed: Any
    epoch: int
    weights: Any

    def __init__(
        self,
        x: Arrays,
        y: Arrays,
        batch_size: int,
        shuffle: bool = False,
        seed: int | None = None,
        weights: Any = None,
    ):
        self.x, self.y, self.batch_size, self.shuffle, self.weights = x, y, batch_size, shuffle, weights
        self.count: int = len(y[0] if isinstance(y, list) else y)
        self.seed = np.random.SeedSequence(seed).entropy
        self.epoch = 0

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        return math.ceil(self.count / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Go through the batches of an epoch."""
        order = np.arange(self.count)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        for start in range(0, self.count, self.batch_size):
            rows = order[start : start + self.batch_size] if self.shuffle else slice(start, start + self.batch_size)
            batch = _rows(self.x, rows), _rows(self.y, rows)
            yield batch if self.weights is None else (*batch, _rows(self.weights, rows))


def _rows(arrays: Any, rows: Any) -> Any:
    """Take some rows of an array, or of each of a list."""
    if isinstance(arrays, list):
        return [None if array is None else array[rows] for array in arrays]
    return arrays[rows]
