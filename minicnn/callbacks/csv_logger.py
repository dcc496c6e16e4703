"""The values of every epoch in a file of comma-separated values."""

import csv
from os import PathLike
from typing import Any, TextIO

from .callback import Callback, Logs


class CSVLogger(Callback):
    """Write a line of values an epoch into a file.

    Parameters
    ----------
    filename : str or path
    separator : str
        Between two values.
    append : bool
        Go on at the end of a file that is there.

    Attributes
    ----------
    file : file or None
        What is written into while training goes on; closed at its end.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp(), "history.csv")
    >>> logger = CSVLogger(file)
    >>> logger.on_train_begin()
    >>> logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
    >>> logger.on_train_end()
    >>> file.read_text().split()
    ['epoch,loss,val_loss', '0,0.5,0.75']
    """

    filename: str
    separator: str
    append: bool
    file: TextIO | None

    def __init__(self, filename: str | PathLike[str], separator: str = ",", append: bool = False):
        self.filename, self.separator, self.append = str(filename), separator, append
        self.file = None

    def on_train_begin(self) -> None:
        """Open the file."""
        self.file = open(self.filename, "a" if self.append else "w", newline="")  # closed in on_train_end
        self._writer: csv.DictWriter[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write the line, after a header where the file is empty."""
        assert self.file is not None, "on_train_begin comes first"
        if self._writer is None:
            self._writer = csv.DictWriter(self.file, ["epoch", *logs], delimiter=self.separator)
            if self.file.tell() == 0:
                self._writer.writeheader()
        self._writer.writerow({"epoch": epoch, **logs})
        self.file.flush()

    def on_train_end(self) -> None:
        """Close the file."""
        if self.file:
            self.file.close()
