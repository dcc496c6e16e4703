"""What the terminal shows: tables, notes, and a progress bar on everything that takes over two seconds."""

from contextlib import contextmanager

from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text):
    """One plain line on standard output."""
    out.print(text, markup=False)


def note(text):
    """One plain line on standard error: what a reader should know, but a pipe should not."""
    err.print(text, markup=False)


@contextmanager
def progress(what, total):
    """A bar on standard error; yields `advance(n=1)`. Off a terminal it prints nothing at all."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda n=1: bar.advance(task, n)


def working(what):
    """Give a context that shows a spinner: for what takes seconds and cannot say how far it is."""
    return err.status(what)


def table(title, columns, rows):
    """Print a table; columns that hold nothing but numbers are right-aligned."""
    shown = Table(header_style="bold", box=None, pad_edge=False)
    for i, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[i], (int, float)) or _number(row[i]) for row in rows)
        shown.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    if title:
        out.print(title, style="bold", markup=False)  # as the table's own title it would wrap at the table's width
    needed = Measurement.get(out, out.options.update(max_width=10_000), shown).maximum
    Console(highlight=False, width=needed).print(shown)  # a cell is never cut, whatever the terminal's width


def _number(cell):
    text = str(cell).strip().rstrip("%").lstrip("+-")
    return text == "" or text.replace(".", "", 1).replace(",", "").isdigit()
