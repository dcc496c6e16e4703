"""Calls that are made and timed in a process of their own, whose environment is not this one's.

What is sent are functions of a module, by their names, and their arguments; the seconds are those of that process's
own clock, so that the way there and back is not counted.
"""

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from typing import Any

CONTEXT: Any = multiprocessing.get_context("spawn")  # a forked child would have this one's engines


class Elsewhere:
    """A process that makes calls and times them. It ends with this one.

    Parameters
    ----------
    environment : dict
        Its variables, in addition to this process's.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._pipe, there = CONTEXT.Pipe()
        with _set(environment):
            self._process = CONTEXT.Process(target=_serve, args=(there,), daemon=True)
            self._process.start()
        there.close()

    def make(self, function: Callable[..., Any], *arguments: Any) -> "Call":
        """Let the process make a call; what it made before is forgotten.

        Parameters
        ----------
        function : function of a module
            Returns the call and a function that reads its result as an array, as an engine's `runs`.
        arguments : what it takes
        """
        self.ask("make", function, arguments)
        return Call(self)

    def ask(self, *request: Any) -> Any:
        """Send a request; return its answer.

        Raises
        ------
        ValueError
            The process failed: its own sentence.
        """
        try:
            self._pipe.send(request)
            good, answer = self._pipe.recv()
        except (EOFError, OSError):
            raise ValueError("A process that measures ended early; its own words stand above.") from None
        if not good:
            raise ValueError(f"A process that measures failed: {answer}")
        return answer

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join()


class Call:
    """What is called elsewhere; timing.race asks it for seconds."""

    def __init__(self, owner: Elsewhere) -> None:
        self._owner = owner

    def __call__(self) -> Any:
        """Do it, and fetch the result."""
        return self.timed()[0]

    def timed(self) -> tuple[Any, float]:
        """Return the result, and the seconds that it took there."""
        return self._owner.ask("timed")

    def seconds(self, repeats: int) -> float:
        """Do it so often; return the seconds of one."""
        return self._owner.ask("seconds", repeats)


@contextlib.contextmanager
def _set(environment: Mapping[str, str]) -> Iterator[None]:
    """Set variables, which a process takes along when it starts, and put them back."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(pipe: Connection) -> None:
    """Answer requests until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other side gets Ctrl-C too, and decides
    call = read = None
    while True:
        try:
            what, *more = pipe.recv()
        except EOFError:
            return
        try:
            if what == "make":
                call = read = None  # its arrays, before the next ones come
                call, read = more[0](*more[1])
                answer = None
            else:
                repeats = more[0] if more else 1
                start = time.perf_counter()
                for _ in range(repeats):
                    value = call()
                spent = (time.perf_counter() - start) / repeats
                answer = (read(value), spent) if what == "timed" else spent
                value = None
            pipe.send((True, answer))
        except Exception as problem:  # whatever it is, the other side says it
            pipe.send((False, f"{type(problem).__name__}: {problem}"))
