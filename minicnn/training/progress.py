"""What training shows: a live bar on a terminal and in a notebook, a line an epoch elsewhere, or nothing."""

import html
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any, Self

from ..callbacks import Logs

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def progress_for(verbose: int | str, total: int | None, epochs: int) -> "Silent":
    """Choose what to show.

    Parameters
    ----------
    verbose : 0, 1, 2 or "auto"
        0 nothing, 1 a bar, 2 a line an epoch, "auto" a bar on a terminal and in a notebook, lines elsewhere.
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
    shell = _notebook()
    kind = (1 if shell or sys.stderr.isatty() else 2) if verbose == "auto" else int(verbose)
    if kind == 1 and shell:
        return NotebookBar(total, epochs, shell)
    return (Silent, Bar, Lines)[kind](total, epochs)


def _notebook() -> Any:
    """Return IPython's shell where it runs a notebook's kernel (Jupyter, VS Code, Colab), else None."""
    ipython = sys.modules.get("IPython")  # never imported here: where there is a notebook it is there
    shell = ipython.get_ipython() if ipython else None
    return shell if hasattr(shell, "kernel") else None


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


class NotebookBar(Silent):
    """Show a live bar below a notebook's cell; in the end one line stays, that of the last epoch.

    rich's own bar wants ipywidgets there, which are not everywhere; an output that is written anew needs nothing.

    Parameters
    ----------
    total : int or None
    epochs : int
    shell : InteractiveShell
        IPython's.
    """

    kind: int = 1
    EVERY: float = 0.1  # seconds between two states: each is a message to the browser

    def __init__(self, total: int | None, epochs: int, shell: Any):
        super().__init__(total, epochs)
        self._shell, self._id, self._shown, self._line = shell, uuid.uuid4().hex, False, ""
        self._name, self._done, self._logs = "", 0, ""
        self._started = self._last = 0.0

    def __exit__(self, *error: object) -> None:
        if self._line or self._shown:  # stopped in its first epoch: how far it came
            self._publish(self._line or self._state())

    def begin(self, epoch: int) -> None:
        """Start a fresh bar."""
        self._name, self._done, self._logs = f"epoch {epoch + 1}/{self.epochs}", 0, ""
        self._started = time.monotonic()

    def step(self, logs: Logs) -> None:
        """Move on."""
        self._done, self._logs = self._done + 1, format_logs(logs)
        self._draw()

    def validating(self) -> None:
        """Say what is going on."""
        self._logs = "validating ..."
        self._draw()

    def end(self, epoch: int, logs: Logs) -> None:
        """Keep the epoch's line."""
        seconds = time.monotonic() - self._started
        self._line = f"epoch {epoch + 1}/{self.epochs}  {seconds:.1f} s  {format_logs(logs)}"

    def _state(self) -> str:
        return f"{self._name}  {self._done}/{self.total or '?'}  {self._logs}"

    def _draw(self) -> None:
        now = time.monotonic()
        if now - self._last < self.EVERY:
            return
        self._last = now
        left = (now - self._started) / max(self._done, 1) * ((self.total or 0) - self._done)
        about = f"  about {left:.0f} s left" if self.total and left >= 1 else ""
        full = f'value="{self._done}" max="{self.total}"' if self.total else ""
        self._publish(self._state() + about, f'<progress {full} aria-label="{self._name}"></progress> ')

    def _publish(self, text: str, bar: str = "") -> None:
        shown = f'<div style="font-family:monospace;white-space:pre-wrap">{bar}{html.escape(text)}</div>'
        self._shell.display_pub.publish(
            data={"text/plain": text, "text/html": shown},
            metadata={},
            transient={"display_id": self._id},
            update=self._shown,
        )
        self._shown = True
