"""The model as it was after an epoch, in a file."""

import warnings
from os import PathLike
from pathlib import Path

from ..arguments import boolean, path
from .callback import Logs, not_finite, say, verbosity
from .every import Every
from .monitor import Monitor, threshold


class ModelCheckpoint(Monitor):
    """Save the model after each epoch, but never one whose loss or weights are not finite: the file before stays.

    Parameters
    ----------
    filepath : str or path
        May hold {epoch:02d} (from 1) and names of the logs: "m_{epoch:02d}_{val_accuracy:.3f}.keras". Its ending is
        .keras or .h5. Folders are made.
    monitor : str
        A name of the logs, for `save_best_only`.
    verbose : 0 or 1
        1: say what is saved.
    save_best_only : bool
        Only when `monitor` is better than ever; an epoch that was not validated never is. (Keras saves it.)
    save_weights_only : bool
        Arrays alone; the name then ends in .weights.h5.
    mode : "auto", "min" or "max"
        As in `Monitor`.
    save_freq : "epoch" or int
        Or after so many batches; {batch} is then their number in the epoch, and the logs are the means so far.
    initial_value_threshold : float, optional
        What `monitor` has to beat from the start.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these, or `filepath` names what the logs lack.

    Notes
    -----
    Source: Keras 3 `ModelCheckpoint`.

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
    verbose: int
    save_best_only: bool
    save_weights_only: bool

    def __init__(
        self,
        filepath: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, mode, best=threshold("initial_value_threshold", initial_value_threshold))
        self.filepath, self.verbose = path("filepath", filepath), verbosity(verbose)
        self.save_best_only = self._asks = boolean("save_best_only", save_best_only)
        self.save_weights_only = boolean("save_weights_only", save_weights_only)
        endings = (".weights.h5",) if self.save_weights_only else (".keras", ".h5")
        whole = self.save_weights_only or not self.filepath.endswith(".weights.h5")
        if not whole or not self.filepath.endswith(endings):
            raise ValueError(f"`filepath` must end in {' or '.join(endings)}. Received: filepath={self.filepath!r}.")
        self._every = Every(save_freq)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Remember which epoch it is."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Save if it is due."""
        if self._every.batch():
            self._save({"epoch": self._epoch + 1, "batch": batch + 1}, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save if it is due."""
        if self._every.epoch():
            self._save({"epoch": epoch + 1}, logs)

    def _save(self, place: dict[str, int], logs: Logs) -> None:
        if found := not_finite(self.model, logs):
            warnings.warn(f"ModelCheckpoint saved no model: {found}.", stacklevel=6)
            return
        if self.save_best_only and not self._is_best(place, logs):
            return
        name = self._name({**place, **logs, **place})
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(name)
        else:
            self.model.save(name)
        if self.verbose:
            say(f"ModelCheckpoint: saved {name}.")

    def _is_best(self, place: dict[str, int], logs: Logs) -> bool:
        if "batch" in place and self.monitor not in logs:  # no batch is validated, so nothing would ever be saved
            raise ValueError(
                f"`monitor` must be one of {', '.join(logs)} where batches are judged. "
                f"Received: monitor={self.monitor!r}."
            )
        return self.improves(logs)

    def _name(self, names: dict[str, float]) -> str:
        """Return the file's name, filled in."""
        try:
            return self.filepath.format(**names)
        except KeyError as error:
            raise ValueError(f"`filepath` must use names of {', '.join(names)}. Received: {error}.") from None
        except (AttributeError, IndexError, TypeError, ValueError) as error:  # {epoch:q}, {}, {epoch.day}
            raise ValueError(
                f"`filepath` must hold {{epoch:02d}} and names of {', '.join(names)}, each a number. "
                f"Received: filepath={self.filepath!r} ({error})."
            ) from None
