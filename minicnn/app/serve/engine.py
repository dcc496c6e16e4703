"""The one thread that computes, and its queue.

While it computes, pictures gather; then it takes up to a batch of those that wait for one model, the oldest first. So a
lone client never waits for others, and many clients are answered in full batches, with no clock in between.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from ...types import AnyArray, NDArray
from .. import console
from .refusal import Refusal
from .shelf import Model, Work

Answer = Future[AnyArray]
LONGEST_RETRY: int = 60  # seconds


class _Asked:
    """A picture, the model that it is for, what is to be done with it, and where the answer goes."""

    __slots__ = ("answer", "model", "picture", "work")

    def __init__(self, model: Model, work: Work, picture: NDArray[np.uint8]) -> None:
        self.model, self.work, self.picture = model, work, picture
        self.answer: Answer = Future()


class Engine:
    """Answers pictures, in batches, on a thread of its own.

    Parameters
    ----------
    batch : int
        Pictures at once, at most.
    queue : int
        Pictures that may be on their way through at any time.
    computed : function of (Model, count, seconds)
        Called on the engine's thread after each batch.
    """

    def __init__(
        self, batch: int = 16, queue: int = 256, computed: Callable[[Model, int, float], Any] = lambda *_: None
    ) -> None:
        self.batch: int = batch
        self.queue: int = queue
        self.inside: int = 0  # pictures that have a place; only the event loop's thread counts them
        self.pace: float = 0.0  # seconds a picture, of late
        self._computed = computed
        self._waiting: deque[_Asked] = deque()
        self._bell = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="minicnn-engine", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it answers."""
        return self._thread.is_alive() and not self._ending

    @contextmanager
    def places(self, count: int) -> Generator[None, None, None]:
        """Hold places for pictures, from before they are decoded until they are answered.

        Parameters
        ----------
        count : int

        Raises
        ------
        Refusal
            As `check`.
        """
        self.check(count)
        self.inside += count
        try:
            yield
        finally:
            self.inside -= count

    def check(self, count: int) -> None:
        """Refuse pictures for which there are no places.

        Parameters
        ----------
        count : int

        Raises
        ------
        Refusal
            503, with the time after which there should be some; or the engine has ended.
        """
        self._refuse_at_the_end()
        if self.inside + count > self.queue:
            raise Refusal(503, f"{self.inside} pictures wait already, and {self.queue} may; ask later.", self.retry())

    def retry(self) -> int:
        """Return after how many seconds those that wait now should be answered, 1 to 60."""
        return min(max(1, math.ceil(self.inside * self.pace)), LONGEST_RETRY)

    def ask(self, model: Model, pictures: Sequence[NDArray[np.uint8]], work: Work | None = None) -> list[Answer]:
        """Put pictures into the queue.

        Parameters
        ----------
        model : Model
        pictures : N arrays (H, W, C) uint8
        work : function of the model, optional
            What is to be done with them, one by one; by default the model classifies them, in batches.

        Returns
        -------
        answers : N futures of an array
            One that is cancelled in time is not computed.

        Raises
        ------
        Refusal
            503: the engine is ending.
        """
        asked = [_Asked(model, work or model.classify, picture) for picture in pictures]
        with self._bell:
            self._refuse_at_the_end()
            self._waiting.extend(asked)
            self._bell.notify()
        return [each.answer for each in asked]

    def _refuse_at_the_end(self) -> None:
        if not self.is_alive:
            raise Refusal(503, "The server is ending.", 1)

    def end(self) -> None:
        """Answer what waits, and stop."""
        with self._bell:
            self._ending = True
            self._bell.notify()
        self._thread.join()

    def _run(self) -> None:
        while asked := self._gather():
            self._answer(asked)
            del asked  # what was answered is not held while nobody asks

    def _gather(self) -> list[_Asked]:
        """Wait for pictures; take those of the oldest one's model. None are left only when it is time to end."""
        while True:
            with self._bell:
                while not self._waiting and not self._ending:
                    self._bell.wait()
                if not self._waiting:
                    return []
                first, taken, left = self._waiting[0], [], deque[_Asked]()
                most = self.batch if first.work is first.model.classify else 1
                while self._waiting and len(taken) < most:
                    each = self._waiting.popleft()
                    (taken if each.work is first.work else left).append(each)
                self._waiting.extendleft(reversed(left))
            live = [each for each in taken if each.answer.set_running_or_notify_cancel()]
            if live:
                return live

    def _answer(self, asked: list[_Asked]) -> None:
        start = time.perf_counter()
        try:
            rows = [np.array(row) for row in asked[0].work([each.picture for each in asked])]  # a view would keep all
            if len(rows) != len(asked):
                raise RuntimeError(f"The model gave {len(rows)} answers to {len(asked)} pictures.")
        except BaseException as problem:  # whatever it is, the thread must live for the next ones
            if len(asked) == 1:
                of_model = isinstance(problem, Exception)  # what else there is would end the event loop, too
                asked[0].answer.set_exception(problem if of_model else RuntimeError(repr(problem)))
            else:  # what is wrong with one picture must not cost the others their answers
                for each in asked:
                    self._answer([each])
            return
        seconds = time.perf_counter() - start
        self.pace = 0.8 * self.pace + 0.2 * seconds / len(asked) if self.pace else seconds / len(asked)
        self._count(asked[0].model, len(asked), seconds)  # first: who has an answer finds it counted
        for each, row in zip(asked, rows, strict=True):
            each.answer.set_result(row)

    def _count(self, model: Model, pictures: int, seconds: float) -> None:
        try:
            self._computed(model, pictures, seconds)
        except Exception as problem:  # a figure is not worth an answer
            with suppress(OSError, ValueError):
                console.complain(f"a batch cannot be counted: {problem}")
