"""Check a file: its functions are run in a process of their own, so that one that never ends can be ended.

The child (child.py) writes a line of JSON that lists what it will judge, one before each thing that it tries, with the
seconds that this may take, and one for each verdict. Where no line comes in time it is ended, and what it tried last is
named. However it ends: what was listed and has no verdict is not right.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ...arguments import number
from ...types import AnyPath
from .judging import Verdict

LIMIT = 10.0  # seconds for one call
MOST = 86400.0  # seconds: more than any system can wait for is no limit
START = 60.0  # seconds for Python and NumPy
LOOP = "is there a loop without an end"
QUESTIONS: dict[str, str] = {  # of what may take long without one
    "reading of the file": f"{LOOP}, or a slow import, for which --limit allows more",
    "the training": "would fewer epochs or filters do, without loops over pixels",
}
ROOT = Path(__file__).resolve().parents[3]  # where the package lies, for the child


def check(path: AnyPath, limit: float = LIMIT) -> Iterator[Verdict]:
    """Prove every exercise whose function a file holds.

    Parameters
    ----------
    path : str or PathLike
        A Python file. It is run.
    limit : float
        Seconds that one call may take.

    Yields
    ------
    verdict : Verdict
        One for each function of an exercise, in the order of `EXERCISES`.

    Raises
    ------
    ValueError
        There is no such file, it is no Python, or holds no function of an exercise; `limit` is not positive, or
        more than a day.

    Examples
    --------
    >>> from minicnn.explain import exercises
    >>> path = exercises.write_file("flatten")
    >>> for verdict in exercises.check(path):
    ...     print(verdict.sentence)
    flatten_forward: it is still empty: write your lines in place of `raise NotImplementedError`.
    """
    path, limit = Path(path), number("limit", limit, positive=True, most=MOST)
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file. `minicnn exercise NAME` writes one.")
    environment = {"MPLBACKEND": "Agg"} | os.environ  # a plot's window would wait for somebody
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-P", "-m", "minicnn.explain.exercises.child", str(path), str(limit)]
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        yield from _verdicts(child, path)
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _verdicts(child: "subprocess.Popen[bytes]", path: Path) -> Iterator[Verdict]:
    """Read what the child says, as long as it says it in time."""
    lines: queue.Queue[bytes | None] = queue.Queue()
    assert child.stdout is not None
    threading.Thread(target=_read, args=(child.stdout, lines), daemon=True).start()
    at: dict[str, Any] = {"name": "", "function": path.name, "stage": "start", "limit": START}
    pending: Verdict | None = None
    left: dict[str, str] | None = None  # what has no verdict yet: exercise, function
    while left is None or left:
        try:
            line = lines.get(timeout=at["limit"])
        except queue.Empty:
            child.kill()
            yield pending or _endless(at)
            break
        if line is None:
            yield pending or _ended(at, child.wait())
            break
        said = json.loads(line)
        if "refused" in said:
            raise ValueError(said["refused"])
        if "found" in said:
            left = said["found"]
        elif "stage" in said:
            at = said
        elif said.pop("pending"):  # right, but for its speed
            pending = Verdict(**said)
        else:
            pending = None
            if left is not None:
                left.pop(said["name"], None)
            yield Verdict(**said)
    for name, function in (left or {}).items():
        if name != at["name"]:
            yield Verdict(name, False, f"{function}: not looked at, since {at['function']} did not end as it should.")


def _read(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    """Hand on line after line, and None at the end."""
    try:
        for line in stream:
            lines.put(line)
    except ValueError:  # closed: nobody waits any more
        pass
    lines.put(None)


def _endless(at: dict[str, Any]) -> Verdict:
    """Say that something took too long."""
    return Verdict(
        at["name"],
        False,
        f"{at['function']}: it did not end within {at['limit']:g} s {_where(at)}: {QUESTIONS.get(at['stage'], LOOP)}?",
    )


def _ended(at: dict[str, Any], code: int) -> Verdict:
    """Say that the process was gone before the verdict."""
    return Verdict(at["name"], False, f"{at['function']}: the process ended by itself, code {code}, {_where(at)}.")


def _where(at: dict[str, Any]) -> str:
    return f"with {at['stage']}" if at["name"] else f"at the {at['stage']}"
