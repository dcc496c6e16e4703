"""When a callback saves: after each epoch, or after so many batches."""

from typing import Any

from ..arguments import is_integer


class Every:
    """A count of batches that says when it is time.

    Parameters
    ----------
    save_freq : "epoch" or int
        After each epoch, or after so many batches, counted over epochs.

    Raises
    ------
    ValueError
        It is neither.
    """

    def __init__(self, save_freq: Any):
        if save_freq != "epoch" and not (is_integer(save_freq) and save_freq >= 1):
            raise ValueError(f"`save_freq` must be 'epoch' or a positive integer. Received: save_freq={save_freq!r}.")
        self.batches: int | None = None if save_freq == "epoch" else int(save_freq)
        self.seen: int = 0

    def batch(self) -> bool:
        """Count a batch, and say whether it is time."""
        self.seen += 1
        return self.batches is not None and self.seen % self.batches == 0

    def epoch(self) -> bool:
        """Say whether the end of an epoch is the time."""
        return self.batches is None
