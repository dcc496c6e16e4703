"""What is measured between the epochs of a training."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..arguments import integer
from ..callbacks import CallbackList
from .array_batches import ArrayBatches
from .batches import Batches, is_iterator, split_off
from .evaluate import measure, some
from .feed import Feed
from .model import TrainableModel
from .setup import Setup
from .totals import Results


class Validation:
    """What is measured between the epochs of a training, and when.

    Parameters
    ----------
    batch_size : int or None
        Of arrays.
    steps : int, optional
        How many batches.
    freq : int or list of int
        After every so many epochs, or after these, counted from 1.

    Raises
    ------
    ValueError
        `freq` or `steps` is none of these.
    """

    batch_size: int | None

    def __init__(self, batch_size: int | None, steps: int | None, freq: int | Sequence[int]):
        self.batch_size = None if batch_size is None else integer("validation_batch_size", batch_size)
        self._steps = None if steps is None else integer("validation_steps", steps)
        self._data: Any = None
        self._every: int | None = None
        self._epochs: set[int] = set()
        if isinstance(freq, (list, tuple, set, frozenset, range)):
            self._epochs = {integer("validation_freq", each) for each in freq}
        else:
            self._every = integer("validation_freq", freq)

    def take(self, data: Any) -> None:
        """Take what is measured: batches, as `as_validation` returns them, or None."""
        self._data = data
        self._feed = Feed(data, self._steps)

    def hold_out(self, batches: Batches, share: float) -> tuple[Any, Any, Any]:
        """Take the last examples of arrays, a share of them; return x, y and the weights of the rest."""
        kept, held = split_off(batches, share)
        self.take(ArrayBatches(*held[:2], self.batch_size, weights=held[2], steps=self._steps))
        return kept

    def due(self, epoch: int) -> bool:
        """Say whether there is something to measure after this epoch, from 0."""
        if self._data is None:
            return False
        return epoch + 1 in self._epochs if self._every is None else (epoch + 1) % self._every == 0

    def names(self, names: list[str], epochs: range) -> list[str]:
        """Return the names of a training's figures, and of what is measured besides in some of its epochs."""
        return names + [f"val_{name}" for name in names if any(map(self.due, epochs))]

    def measure(self, model: TrainableModel, setup: Setup, called: CallbackList) -> Results:
        """Measure once: val_loss, val_accuracy, ..."""
        return {f"val_{name}": value for name, value in measure(model, setup, self._batches(), called).items()}

    def _batches(self) -> Iterator[Any]:
        """Go through what is measured: from the beginning, but for an iterator, of which it is what comes next."""
        if self._steps is not None and not is_iterator(self._data):
            return some(self._data, self._steps)
        return self._feed.epoch()
