"""The history of a run: an epoch's row, its line of text, the best of them, and history.csv."""

import csv
import io
import math
from typing import Any

from ..runtime import files
from ..types import AnyPath, History

COLUMNS: tuple[str, ...] = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")


def best(history: History) -> dict[str, Any]:
    """Return the epoch with the highest validation accuracy, of equals the first.

    Parameters
    ----------
    history : a row an epoch

    Returns
    -------
    row : dict with the keys COLUMNS
    """
    return max(history, key=lambda row: row["val_accuracy"])


def line(row: dict[str, Any], epochs: int) -> str:
    """Return one epoch as a line of text.

    Parameters
    ----------
    row : dict with the keys COLUMNS
    epochs : int, how many the run has in all

    Returns
    -------
    text : str
    """
    return f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}" + "".join(
        f"  {name} {row[name]:.4f}" for name in COLUMNS[1:]
    )


def write_history(path: AnyPath, history: History) -> None:
    """Write history.csv with every digit, so that two runs can be compared.

    Parameters
    ----------
    path : str or path
    history : a row an epoch
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    files.write_text(path, text.getvalue())


def read_history(path: AnyPath) -> History:
    """Read a history.csv.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    history : a row an epoch

    Raises
    ------
    ValueError
        It is none, or holds a figure that is not finite.
    """
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        history = [{name: int(row[name]) if name == "epoch" else float(row[name]) for name in COLUMNS} for row in rows]
        if not all(math.isfinite(value) for row in history for value in row.values()):
            raise ValueError("it holds a figure that is not finite")
        return history
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is not a history.csv of a run: {error}.") from None
