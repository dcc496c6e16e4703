"""The values of every epoch in a file of comma-separated values."""

import csv
from os import PathLike
from typing import Any, TextIO

from ..arguments import boolean, path, text
from .callback import Callback, Logs


class CSVLogger(Callback):
    """Write a line of values an epoch into a file.

    Parameters
    ----------
    filename : str or path
    separator : str
        One character between two values.
    append : bool
        Go on at the end of a file that is there, in its columns.

    Attributes
    ----------
    file : file or None
        What is written into while training goes on; closed at its end.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp(), "history.csv")
    >>> logger = CSVLogger(file)
    >>> logger.on_train_begin({})
    >>> logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
    >>> logger.on_train_end({})
    >>> file.read_text().split()
    ['epoch,loss,val_loss', '0,0.5,0.75']
    """

    filename: str
    separator: str
    append: bool
    file: TextIO | None

    def __init__(self, filename: str | PathLike[str], separator: str = ",", append: bool = False):
        self.filename, self.append = path("filename", filename), boolean("append", append)
        self.separator = text("separator", separator)
        if len(self.separator) != 1:
            raise ValueError(f"`separator` must be one character. Received: separator={separator!r}.")
        self.file = None

    def on_train_begin(self, logs: Logs) -> None:
        """Open the file."""
        self.file = open(self.filename, "a+" if self.append else "w", newline="", encoding="utf-8")
        self._writer: csv.DictWriter[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write the line, after a header where the file is empty; what has no column is left out.

        The columns are the first epoch's values, and those of a validation that comes later.
        """
        assert self.file is not None, "on_train_begin comes first"
        if self._writer is None:
            later = [name for name in self.params.get("metrics", ()) if name not in logs]
            columns = self._columns() or ["epoch", *logs, *later]
            self._writer = csv.DictWriter(
                self.file, columns, restval="NA", extrasaction="ignore", delimiter=self.separator
            )
            if self.file.tell() == 0:
                self._writer.writeheader()
        self._writer.writerow({"epoch": epoch, **logs})
        self.file.flush()

    def _columns(self) -> list[str]:
        """Return the columns of the file that is gone on with; none where it is empty."""
        if self.file is None or not self.append:
            return []
        self.file.seek(0)
        columns = next(csv.reader(self.file, delimiter=self.separator), [])
        self.file.seek(0, 2)
        return columns

    def on_train_end(self, logs: Logs) -> None:
        """Close the file."""
        if self.file:
            self.file.close()
