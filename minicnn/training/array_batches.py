"""Arrays cut into batches."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..types import AnyArray

Arrays = AnyArray | list[AnyArray]  # a list for several inputs or outputs
BATCH = 32  # examples, where nobody says how many


class ArrayBatches:
    """Arrays cut into batches; the order of a pass depends on the seed and on the pass's number alone.

    Parameters
    ----------
    x, y : array (N, ...), or a list of them
    batch_size : int, optional
        Examples in a batch; the last one may have fewer. By default, as in Keras, as many as let `steps` batches hold
        them all; 32 without steps.
    shuffle : bool
        Draw a new order each pass.
    seed : int, optional
        Of the orders; without one nobody can repeat them.
    weights : array (N,), or a list of them and None, optional
        Of the examples: then a batch is (x, y, weights).
    steps : int, optional
        How many batches somebody wants.

    Attributes
    ----------
    epoch : int
        The number of the next pass, which tells its order; `fit` sets it.
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
        batch_size: int | None = None,
        shuffle: bool = False,
        seed: int | None = None,
        weights: Any = None,
        steps: int | None = None,
    ):
        self.x, self.y, self.shuffle, self.weights = x, y, shuffle, weights
        self.count: int = len(y[0] if isinstance(y, list) else y)
        self.batch_size = size_of_batches(self.count, batch_size, steps)
        self.seed = np.random.SeedSequence(seed).entropy
        self.epoch = 0

    def __len__(self) -> int:
        """Return how many batches a pass has."""
        return math.ceil(self.count / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Go through the batches of a pass."""
        order = np.arange(self.count)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        for start in range(0, self.count, self.batch_size):
            rows = order[start : start + self.batch_size] if self.shuffle else slice(start, start + self.batch_size)
            x, y, weights = self.take(rows)
            yield (x, y) if self.weights is None else (x, y, weights)

    def take(self, rows: Any) -> tuple[Any, Any, Any]:
        """Return x, y and the weights, None where there are none, of some rows."""
        return _rows(self.x, rows), _rows(self.y, rows), _rows(self.weights, rows)


def size_of_batches(count: int, batch_size: int | None, steps: int | None) -> int:
    """Return how many of `count` examples a batch has: what is said, else as many as `steps` batches want, else 32."""
    if batch_size is not None:
        return batch_size
    return max(math.ceil(count / steps), 1) if steps else BATCH


def _rows(arrays: Any, rows: Any) -> Any:
    """Take some rows of an array, or of each of a list."""
    if isinstance(arrays, list):
        return [_rows(array, rows) for array in arrays]
    return None if arrays is None else arrays[rows]
