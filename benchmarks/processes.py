"""Processes of their own: run one to its end, and say in one sentence what went wrong."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT: Path = Path(__file__).parents[1]


class Done(NamedTuple):
    """What a process left.

    Parameters
    ----------
    seconds : float
        From its start to its end, as the shell sees it.
    out, errors : str
        What it printed.
    failed : bool
    """

    seconds: float
    out: str
    errors: str
    failed: bool


def run(*arguments: object, environment: Mapping[str, str] | None = None) -> Done:
    """Run Python from the checkout.

    Parameters
    ----------
    arguments : what follows the interpreter: "-m", "benchmarks.children.memory", ...
    environment : dict, or None for this process's

    Returns
    -------
    done : Done
    """
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    return Done(time.perf_counter() - start, done.stdout, done.stderr, done.returncode != 0)


def checked(done: Done, otherwise: str) -> Done:
    """Return what a process left, if it ended well.

    Parameters
    ----------
    done : Done
    otherwise : str
        What to say where it did not: "minicnn did not train".

    Returns
    -------
    done : Done

    Raises
    ------
    ValueError
        It failed: `otherwise`, and its last line of errors.
    """
    if done.failed:
        words = done.errors.strip().splitlines()
        raise ValueError(f"{otherwise}: {words[-1] if words else 'no word'}")
    return done
