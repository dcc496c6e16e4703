"""Open a file that someone else made: its bytes without a copy, its JSON within limits, its faults in one sentence."""

import contextlib
import json
import mmap
import os
from collections.abc import Generator
from typing import Any

from ..types import AnyPath
from .model_file import MAX_CONFIG, AnyBytes, Config


@contextlib.contextmanager
def naming(path: AnyPath) -> Generator[None, None, None]:
    """Put the path before the sentence of whatever goes wrong inside the block.

    Parameters
    ----------
    path : str or PathLike
        The file that the block reads.

    Raises
    ------
    ValueError
        In place of a ValueError, OSError, RecursionError or MemoryError of the block: one line, fit for a terminal.

    Examples
    --------
    >>> with naming("net.keras"):
    ...     raise ValueError("it has no layers.")
    Traceback (most recent call last):
    ValueError: net.keras: it has no layers.
    """
    try:
        yield
    except ValueError as fault:
        text = str(fault)
        if text.startswith(f"{path}: "):
            raise
        raise ValueError(f"{path}: {_one_line(text)}") from None
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise ValueError(f"{path}: this is a folder; the name of a model file is needed.") from None
    except OSError as fault:
        raise ValueError(f"{path}: the file can't be read ({fault.strerror or fault}).") from None
    except RecursionError:
        raise ValueError(f"{path}: its config is nested too deeply.") from None
    except MemoryError:
        raise ValueError(f"{path}: it asks for more memory than there is.") from None


def _one_line(text: str) -> str:
    """Return `text` fit for a terminal: what a file calls things may hold control characters, or be endless."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 500 else f"{text[:497]}..."


@contextlib.contextmanager
def mapped(path: AnyPath) -> Generator[memoryview, None, None]:
    """Yield the file's bytes as a read-only view that takes no memory until it is looked at."""
    if os.path.isdir(path):
        raise IsADirectoryError
    if os.path.exists(path) and not os.path.isfile(path):
        raise ValueError("this is no ordinary file.")
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise ValueError("the file is empty.")
        yield memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))  # goes when its last slice goes


def parse_json(raw: AnyBytes, what: str) -> Config:
    """Return the JSON object in `raw` (bytes or a view), within `MAX_CONFIG`."""
    if len(raw) > MAX_CONFIG:
        raise ValueError(f"its {what} has {len(raw)} bytes; more than {MAX_CONFIG} are not read.")
    try:
        value: Any = json.loads(bytes(raw))
    except RecursionError:
        raise ValueError(f"its {what} is nested too deeply.") from None
    except ValueError as fault:  # JSONDecodeError, UnicodeDecodeError, a number of too many digits
        raise ValueError(f"its {what} is not JSON ({fault}).") from None
    if not isinstance(value, dict):
        raise ValueError(f"its {what} must be a JSON object. Received: {type(value).__name__}.")
    return value


def short(value: object) -> str:
    """Return what a sentence shows of a value that may be endless."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
