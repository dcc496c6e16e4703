"""Several processes that do the same: started, watched, started again, ended together."""

import multiprocessing
import multiprocessing.connection
import signal
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any

from .. import console

QUICK: float = 5.0  # seconds; who ends sooner did not begin well
TRIES: int = 3  # such ends in a row, after which it is given up


class Workers:
    """Processes that are kept alive.

    Parameters
    ----------
    work : function of module level
        Called in each process with `arguments` and a function that it calls when it is ready.
    arguments : tuple
        That can be sent to a process.
    count : int
    patience : float
        Seconds that they have to end after SIGTERM.
    """

    def __init__(self, work: Callable[..., None], arguments: tuple[Any, ...], count: int, patience: float) -> None:
        self._context = multiprocessing.get_context("spawn")  # a fork would share what threads hold
        self._work, self._arguments, self._patience = work, arguments, patience
        self._ready = self._context.Event()
        self._signals: list[int] = []
        self._processes: list[tuple[SpawnProcess, float]] = []
        self._count = count

    def run(self, announce: Callable[[], object]) -> int:
        """Keep them alive until SIGTERM or Ctrl-C.

        Parameters
        ----------
        announce : function
            Called once, when the first one is ready.

        Returns
        -------
        code : int
            0 after SIGTERM, 130 after Ctrl-C, 1 where they end as soon as they begin.
        """
        before = {each: signal.signal(each, self._note) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._processes = [self._start() for _ in range(self._count)]
            announced, failures = False, 0
            while not self._signals:
                if self._ready.is_set() and not announced:
                    announce()
                    announced = True
                failures = self._replace_ended(failures)
                if failures >= TRIES:
                    console.complain("the processes end as soon as they begin.")
                    return 1
            return 130 if signal.SIGINT in self._signals else 0
        finally:
            self._end()
            for each, handler in before.items():
                signal.signal(each, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)

    def _start(self) -> tuple[SpawnProcess, float]:
        process = self._context.Process(target=_begin, args=(self._work, self._arguments, self._ready))
        process.start()
        return process, time.monotonic()

    def _replace_ended(self, failures: int) -> int:
        """Wait a moment; start anew those that ended, and return how many in a row ended at once."""
        multiprocessing.connection.wait([process.sentinel for process, _ in self._processes], timeout=0.2)
        for index, (process, since) in enumerate(self._processes):
            if not process.is_alive() and not self._signals:
                failures = failures + 1 if time.monotonic() - since < QUICK else 1
                console.note(f"process {process.pid} ended with code {process.exitcode}; another takes its place.")
                self._processes[index] = self._start()
        return failures

    def _end(self) -> None:
        for process, _ in self._processes:
            process.terminate()
        deadline = time.monotonic() + self._patience + 5
        for process, _ in self._processes:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def _begin(work: Callable[..., None], arguments: tuple[Any, ...], ready: Any) -> None:
    """Be a process."""
    try:
        work(*arguments, ready.set)
    except KeyboardInterrupt:  # of the terminal, which all of them get
        return
