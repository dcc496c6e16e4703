"""The model as it was after an epoch, in a file."""

import warnings
from os import PathLike

from .callback import Logs, not_finite
from .monitor import Monitor


class ModelCheckpoint(Monitor):
    """Save the model after each epoch, but never one whose loss or weights are not finite: the file before stays.

    Parameters
    ----------
    filepath : str or path
        May hold {epoch:02d} (from 1) and names of the logs: "m_{epoch:02d}_{val_accuracy:.3f}.keras".
    monitor : str
        A name of the logs, for `save_best_only`.
    save_best_only : bool
        Only when `monitor` is better than ever.
    save_weights_only : bool
        Arrays alone; the name then ends in .weights.h5.
    mode : "auto", "min" or "max"
        As in `Monitor`.

    Raises
    ------
    ValueError
        `filepath` has another ending, or, after an epoch, names what the logs lack.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from minicnn import Dense, Input, Sequential
    >>> model, folder = Sequential([Input((1,)), Dense(1)]), pathlib.Path(tempfile.mkdtemp())
    >>> model.compile("sgd", "mse")
    >>> keep = ModelCheckpoint(folder / "m_{epoch:02d}.keras")
    >>> _ = model.fit([[1.0]], [[2.0]], epochs=2, verbose=0, callbacks=keep)
    >>> sorted(file.name for file in folder.iterdir())
    ['m_01.keras', 'm_02.keras']
    """

    filepath: str
    save_best_only: bool
    save_weights_only: bool

    def __init__(
        self,
        filepath: str | PathLike[str],
        monitor: str = "val_loss",
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
    ):
        super().__init__(monitor, mode)
        ending = ".weights.h5" if save_weights_only else ".keras"
        self.filepath, self.save_best_only, self.save_weights_only = str(filepath), save_best_only, save_weights_only
        if not self.filepath.endswith(ending):
            raise ValueError(f"`filepath` must end in {ending}. Received: filepath={self.filepath!r}.")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save if it is due."""
        if found := not_finite(self.model, logs):
            warnings.warn(f"ModelCheckpoint saved no model: {found}.", stacklevel=5)
            return
        if self.save_best_only and not self.improves(logs):
            return
        try:
            path = self.filepath.format(epoch=epoch + 1, **logs)
        except KeyError as error:
            names = ", ".join(("epoch", *logs))
            raise ValueError(f"`filepath` must use names of {names}. Received: {error}.") from None
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
