"""What training shows: a live bar on a terminal, a line an epoch elsewhere, or nothing."""

import sys
import time


def progress_for(verbose, batches, epochs):
    """Choose what to show.

    Parameters
    ----------
    verbose : 0 nothing, 1 a bar, 2 a line an epoch, "auto" a bar on a terminal and lines elsewhere
    """
    if verbose not in (0, 1, 2, "auto"):
        raise ValueError(f"`verbose` must be 0, 1, 2 or 'auto'. Received: verbose={verbose!r}.")
    if verbose == "auto":
        verbose = 1 if sys.stderr.isatty() else 2
    total = len(batches) if hasattr(batches, "__len__") else None
    return (Silent, Bar, Lines)[verbose](total, epochs)


def format_logs(logs):
    """Write values in a row: loss 0.1234  accuracy 0.900."""
    return "  ".join(f"{name} {value:.4f}" for name, value in logs.items())


class Silent:
    """Show nothing."""

    def __init__(self, total, epochs):
        self.total, self.epochs = total, epochs

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def begin(self, epoch):
        """An epoch begins."""

    def step(self, logs):
        """A batch is done."""

    def validating(self):
        """The validation data are being measured."""

    def end(self, epoch, logs):
        """The epoch has ended."""


class Lines(Silent):
    """Print one line an epoch."""

    def begin(self, epoch):
        """Look at the clock."""
        self.started = time.monotonic()

    def end(self, epoch, logs):
        """Print the line."""
        seconds = time.monotonic() - self.started
        print(f"epoch {epoch + 1}/{self.epochs}  {seconds:.1f} s  {format_logs(logs)}", file=sys.stderr, flush=True)


class Bar(Silent):
    """Show a live bar with loss, metrics and the time left; each finished epoch stays as a line above it."""

    def __enter__(self):
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

    def __exit__(self, *error):
        self.bar.stop()

    def begin(self, epoch):
        """Start a fresh bar."""
        self.started = time.monotonic()
        self.task = self.bar.add_task(f"epoch {epoch + 1}/{self.epochs}", total=self.total, logs="")

    def step(self, logs):
        """Move on."""
        self.bar.update(self.task, advance=1, logs=format_logs(logs))

    def validating(self):
        """Say what is going on."""
        self.bar.update(self.task, logs="validating ...")

    def end(self, epoch, logs):
        """Leave the epoch's line."""
        self.bar.remove_task(self.task)
        seconds = time.monotonic() - self.started
        self.bar.console.print(
            f"epoch {epoch + 1}/{self.epochs}  {seconds:.1f} s  {format_logs(logs)}", highlight=False
        )
