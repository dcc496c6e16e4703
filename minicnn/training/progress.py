"""What training shows: a live bar on a terminal, a line an epoch elsewhere, or nothing."""

import sys
import time
from typing import TYPE_CHECKING, Self

from ..callbacks import Logs

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def progress_for(verbose: int | str, total: int | None, epochs: int) -> "Silent":
    """Choose what to show.

    Parameters
    ----------
    verbose : 0, 1, 2 or "auto"
        0 nothing, 1 a bar, 2 a line an epoch, "auto" a bar on a terminal and lines elsewhere.
    total : int or None
        Batches in an epoch; None where nobody knows, and then the bar has no end.
    epochs : int
        The number after the last epoch's.

    Raises
    ------
    ValueError
        `verbose` is none of these.
    """
    if not (isinstance(verbose, (int, str)) and verbose in (0, 1, 2, "auto")):
        raise ValueError(f"`verbose` must be 0, 1, 2 or 'auto'. Received: verbose={verbose!r}.")
    kind = (1 if sys.stderr.isatty() else 2) if verbose == "auto" else int(verbose)
    return (Silent, Bar, Lines)[kind](total, epochs)


def format_logs(logs: Logs) -> str:
    """Write values in a row: loss 0.1234  accuracy 0.900."""
    return "  ".join(f"{name} {value:.4f}" for name, value in logs.items())


class Silent:
    """Show nothing.

    Attributes
    ----------
    kind : int
        0, 1 or 2, as `verbose` says it.

    Parameters
    ----------
    total : int or None
        Batches in an epoch, where that is known.
    epochs : int
        The number after the last epoch's.
    """

    kind: int = 0
    total: int | None
    epochs: int

    def __init__(self, total: int | None, epochs: int):
        self.total, self.epochs = total, epochs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def begin(self, epoch: int) -> None:
        """An epoch begins."""

    def step(self, logs: Logs) -> None:
        """A batch is done."""

    def validating(self) -> None:
        """The validation data are being measured."""

    def end(self, epoch: int, logs: Logs) -> None:
        """The epoch has ended."""


class Lines(Silent):
    """Print one line an epoch."""

    kind: int = 2
    started: float

    def begin(self, epoch: int) -> None:
        """Look at the clock."""
        self.started = time.monotonic()

    def end(self, epoch: int, logs: Logs) -> None:
        """Print the line."""
        seconds = time.monotonic() - self.started
        print(f"epoch {epoch + 1}/{self.epochs}  {seconds:.1f} s  {format_logs(logs)}", file=sys.stderr, flush=True)


class Bar(Silent):
    """Show a live bar with loss, metrics and the time left; each finished epoch stays as a line above it."""

    kind: int = 1
    bar: "Progress"
    task: "TaskID"
    started: float

    def __enter__(self) -> Self:
        # imported here: it takes as long as NumPy, and who only predicts draws no bar
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[logs]}"),
            console=console,
            transient=True,
        )
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def begin(self, epoch: int) -> None:
        """Start a fresh bar."""
        self.started = time.monotonic()
        self.task = self.bar.add_task(f"epoch {epoch + 1}/{self.epochs}", total=self.total, logs="")

    def step(self, logs: Logs) -> None:
        """Move on."""
        self.bar.update(self.task, advance=1, logs=format_logs(logs))

    def validating(self) -> None:
        """Say what is going on."""
        self.bar.update(self.task, logs="validating ...")

    def end(self, epoch: int, logs: Logs) -> None:
        """Leave the epoch's line."""
        self.bar.remove_task(self.task)
        seconds = time.monotonic() - self.started
        self.bar.console.print(
            f"epoch {epoch + 1}/{self.epochs}  {seconds:.1f} s  {format_logs(logs)}", highlight=False
        )
