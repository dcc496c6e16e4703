"""What the terminal shows: tables, notes, and a progress bar on everything that takes over two seconds."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rich.console import Console

PAUSE: float = 30.0  # seconds between two lines of progress where there is no terminal

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print one plain line on standard output.

    Parameters
    ----------
    text : str
    """
    _out.print(text, markup=False)


def note(text: str | None) -> None:
    """Print one plain line on standard error: what a reader should know, but a pipe should not.

    Parameters
    ----------
    text : str
        None or an empty one: no line.
    """
    if text:
        _err.print(text, markup=False)


@contextmanager
def progress(what: str, total: int, quiet: bool = False) -> Iterator[Callable[..., None]]:
    """Show a bar on standard error; off a terminal, a line each half minute.

    Parameters
    ----------
    what : str, before the bar
    total : int, steps
    quiet : bool
        No bar: what is printed meanwhile is progress enough.

    Yields
    ------
    advance : function of the steps that are done now, by default 1
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    if quiet:
        yield silent
        return
    if not _err.is_terminal:
        yield _Lines(what, total).advance
        return
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda n=1: bar.advance(task, n)


def silent(n: int = 1) -> None:
    """Show nothing of what is done.

    Parameters
    ----------
    n : int, steps
    """


class _Lines:
    """Progress where there is no terminal, as in the log of a job."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0
        self.begun = self.told = time.monotonic()

    def advance(self, n=1):
        """Count n steps more; write a line where the last is half a minute old."""
        self.done += n
        now = time.monotonic()
        if now - self.told >= PAUSE and self.done < self.total:
            self.told, left = now, (now - self.begun) * (self.total - self.done) / self.done
            note(f"{self.what}: {self.done} of {self.total}, about {_span(left)} left")


def _span(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def working(what: str, on_output: bool = False) -> AbstractContextManager[Any]:
    """Show a spinner in a `with` block: for what takes seconds and cannot say how far it is.

    Parameters
    ----------
    what : str, beside the spinner
    on_output : bool
        On standard output, where standard error is silenced meanwhile.

    Returns
    -------
    spinner : context manager
    """
    return (_out if on_output else _err).status(what)


def table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; columns that hold nothing but numbers are right-aligned.

    Parameters
    ----------
    title : str or None, above the table
    columns : names
    rows : one value a column each
    """
    from rich.measure import Measurement
    from rich.table import Table

    shown = Table(header_style="bold", box=None, pad_edge=False)
    for i, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[i], (int, float)) or _number(row[i]) for row in rows)
        shown.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    if title:
        _out.print(title, style="bold", markup=False)  # as the table's own title it would wrap at the table's width
    needed = Measurement.get(_out, _out.options.update(max_width=10_000), shown).maximum
    Console(highlight=False, width=needed).print(shown)  # a cell is never cut, whatever the terminal's width


def width(text: str) -> int:
    """Return how many cells of a terminal a text takes.

    Parameters
    ----------
    text : str

    Returns
    -------
    cells : int
    """
    from rich.cells import cell_len

    return cell_len(text)


def pad(text: str, cells: int) -> str:
    """Fill a text up with spaces.

    Parameters
    ----------
    text : str
    cells : int, how many of a terminal it then takes at least

    Returns
    -------
    padded : str
    """
    return text + " " * (cells - width(text))


def _number(cell):
    text = str(cell).strip().rstrip("%").lstrip("+-")
    return text == "" or text.replace(".", "", 1).replace(",", "").isdigit()
