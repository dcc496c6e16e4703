"""The end of a training that has gone astray."""

import math
import warnings

from ..arguments import boolean
from .callback import Callback, Logs, not_finite


class Diverged(RuntimeError):
    """Training went astray: a loss or a weight is no longer a finite number. See `TerminateOnNaN`.

    Examples
    --------
    >>> issubclass(Diverged, RuntimeError)
    True
    """


class TerminateOnNaN(Callback):
    """Stop once training has gone astray: a loss is NaN or infinite, or a weight is after an epoch.

    Without it training goes on, as in Keras. (Keras's callback looks at the batches' loss alone.)

    Parameters
    ----------
    raise_error : bool
        False: a warning, and the epoch ends as the last one; True: `Diverged` is raised at once.

    Examples
    --------
    >>> from minicnn import SGD, Dense, Input, Sequential
    >>> model = Sequential([Input((1,)), Dense(1)])
    >>> model.compile(SGD(0.1), "mse")
    >>> try:
    ...     model.fit([[1.0]], [[1e30]], epochs=9, verbose=0, callbacks=TerminateOnNaN(raise_error=True))
    ... except Diverged as error:
    ...     print(str(error)[:40])
    Training diverged: the loss is inf after
    """

    raise_error: bool

    def __init__(self, raise_error: bool = False):
        self.raise_error = boolean("raise_error", raise_error)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Remember which epoch it is."""
        self._epoch, self._stopped = epoch, False

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Look at the loss so far."""
        if not math.isfinite(logs["loss"]):
            self._stop(f"the loss is {logs['loss']} after batch {batch + 1} of epoch {self._epoch + 1}")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Look at the validation's loss and at the weights."""
        if not self._stopped and (found := not_finite(self.model, logs)):
            self._stop(f"{found} after epoch {epoch + 1}")

    def _stop(self, found: str) -> None:
        sentence = (
            f"Training diverged: {found}. The learning rate may be too large: "
            f"it is {self.model.optimizer.learning_rate:g}."
        )
        if self.raise_error:
            raise Diverged(sentence)
        warnings.warn(sentence, stacklevel=6)
        self._stopped = self.model.stop_training = True
