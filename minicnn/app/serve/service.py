"""A request becomes an answer: read, fetched, decoded, computed, each where it belongs."""

import asyncio
import contextlib
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import ClientDisconnect, Request

from ...types import AnyArray, NDArray
from .. import console
from .bodies import Bodies
from .decoding import Pixels, decode, taken_apart
from .engine import Engine
from .fetching import fetch
from .metrics import Metrics
from .reading import Sent, is_picture, pictures_of
from .refusal import Refusal
from .settings import Limits
from .shelf import Model, Shelf, Work

FETCHERS: int = 8  # threads that wait for other servers
Decoded = NDArray[np.uint8] | Refusal
Answered = tuple[Sent, AnyArray | Refusal]


class Service:
    """What answers requests.

    Parameters
    ----------
    shelf : Shelf
    limits : Limits
    counts : Path or None
        The folder where all processes of a server count.

    Attributes
    ----------
    shelf, limits
        As given.
    engine : Engine
    metrics : Metrics
    """

    def __init__(self, shelf: Shelf, limits: Limits, counts: Path | None = None) -> None:
        self.shelf: Shelf = shelf
        self.limits: Limits = limits
        self.metrics: Metrics = Metrics(shelf, counts)
        self.engine: Engine = Engine(limits.batch, limits.queue, self.metrics.computed)
        self._bodies = Bodies(limits)
        self._decoders = ThreadPoolExecutor(limits.decoders, "minicnn-decode")
        self._fetchers = ThreadPoolExecutor(FETCHERS, "minicnn-fetch") if limits.urls else None
        self._fetching: int = 0  # addresses

    async def answers(self, request: Request, model: Model, work: Work | None = None) -> list[Answered]:
        """Answer a request about pictures.

        Parameters
        ----------
        request : Request
        model : Model
        work : function of the model, optional
            What is to be done with one picture; by default those that there are are classified.

        Returns
        -------
        answers : list of (Sent, array), one a picture
            In place of the array, a Refusal for one that cannot be read.

        Raises
        ------
        Refusal
            There is no answer to any picture.
        ClientDisconnect
            The client went away.
        """
        start, status, answered = time.perf_counter(), 500, 0
        try:
            await self._check(request)
            body = await self._bodies.receive(request)
            try:
                async with asyncio.timeout(self.limits.timeout):
                    content_type = request.headers.get("content-type", "")
                    answers = await _while_connected(request, self._answers(body, content_type, model, work))
            except TimeoutError:
                raise Refusal(503, "There was no time for an answer; ask later.", self.engine.retry()) from None
            finally:
                self._bodies.release(body)
            status, answered = 200, sum(not isinstance(answer, Refusal) for _, answer in answers)
            return answers
        except Refusal as refusal:
            status = refusal.status
            raise
        except ClientDisconnect:
            status = 499
            raise
        finally:
            self.metrics.answered(model.name, status, answered, time.perf_counter() - start)

    async def _check(self, request: Request) -> None:
        """Refuse who can't be answered before all of it was sent; it reads why."""
        try:
            self.engine.check(1)
        except Refusal:
            await self._bodies.pour_away(request)
            raise

    async def _answers(self, body: bytes, content_type: str, model: Model, work: Work | None) -> list[Answered]:
        pixels = Pixels(self.limits)
        if is_picture(content_type):
            sent = pictures_of(body, content_type, self.limits)
        else:  # to take a form apart may take a while
            loop = asyncio.get_running_loop()
            sent = await loop.run_in_executor(self._decoders, taken_apart, body, content_type, self.limits, pixels)
        if work is not None and len(sent) > 1:
            raise Refusal(400, f"Here one picture is taken at a time. Received: {len(sent)}.")
        if sent[0].url:  # all of them are: while others' servers are waited for, pictures that are here have the places
            with self._lines(len(sent)):
                decoded = await self._all_decoded(sent, model, pixels)
            with self.engine.places(len(sent)):
                computed = await self._computed(decoded, model, work)
        else:
            with self.engine.places(len(sent)):
                decoded = await self._all_decoded(sent, model, pixels)
                computed = await self._computed(decoded, model, work)
        rest = iter(computed)
        answers = [each if isinstance(each, Refusal) else next(rest) for each in decoded]
        return list(zip(sent, answers, strict=True))

    @contextlib.contextmanager
    def _lines(self, count: int) -> Generator[None, None, None]:
        """Hold places among the addresses that are being fetched."""
        if self._fetching + count > self.limits.queue:
            sentence = f"{self._fetching} addresses wait already, and {self.limits.queue} may; ask later."
            raise Refusal(503, sentence, self.engine.retry())
        self._fetching += count
        try:
            yield
        finally:
            self._fetching -= count

    async def _all_decoded(self, sent: list[Sent], model: Model, pixels: Pixels) -> list[Decoded]:
        until = time.monotonic() + self.limits.timeout / 2  # for what is fetched: the rest is for the answer
        decoded = await asyncio.gather(*(self._decode(each, model, pixels, until) for each in sent))
        if all(isinstance(each, Refusal) for each in decoded):
            raise next(each for each in decoded if isinstance(each, Refusal))
        return decoded

    async def _computed(self, decoded: list[Decoded], model: Model, work: Work | None) -> list[AnyArray]:
        pictures = [each for each in decoded if not isinstance(each, Refusal)]
        try:
            asked = self.engine.ask(model, pictures, work)
            return await asyncio.gather(*map(asyncio.wrap_future, asked))
        except ValueError as problem:  # of the model, a sentence: weights that give no numbers, say
            raise Refusal(500, str(problem)) from None

    async def _decode(self, sent: Sent, model: Model, pixels: Pixels, until: float) -> Decoded:
        """Return a picture's pixels, or why there are none."""
        loop, most = asyncio.get_running_loop(), self.limits.max_pixels
        try:
            if sent.url:
                return await loop.run_in_executor(self._fetchers, self._fetched, sent, model, pixels, until)
            return await loop.run_in_executor(self._decoders, decode, model, sent.data, sent.name, most)
        except Refusal as refusal:
            return refusal

    def _fetched(self, sent: Sent, model: Model, pixels: Pixels, until: float) -> NDArray[np.uint8]:
        """Fetch a picture and wait for its pixels: no more files than there are fetchers are held in memory."""
        limits = self.limits
        left = until - time.monotonic()
        if left <= 0:
            raise Refusal(408, f"{sent.name[:200]} cannot be fetched: there was no time for it.")
        data = fetch(sent.url, limits.max_bytes, left)
        pixels.take(data)
        return self._decoders.submit(decode, model, data, sent.name, limits.max_pixels).result()

    async def watch(self, seconds: float = 1.0) -> None:
        """Look for replaced model files, for ever.

        Parameters
        ----------
        seconds : float
            Between two looks.
        """
        while True:
            await asyncio.sleep(seconds)
            try:
                await self._look()
            except Exception as problem:  # a disk that answers no more, say: it may again
                with contextlib.suppress(OSError, ValueError):  # nor may a standard error that nobody reads end it
                    console.complain(f"the models' files cannot be looked at: {problem}")

    async def _look(self) -> None:
        self.metrics.note(self.engine.inside)
        for name, why in (await asyncio.to_thread(self.shelf.refresh)).items():
            self.metrics.reloaded(name, why is None)
            console.note(why or f"{name} is now version {self.shelf[name].version}.")

    def end(self) -> None:
        """Answer what waits, and stop."""
        self.engine.end()
        for pool in (self._decoders, self._fetchers):
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)
        self.metrics.end()


async def _while_connected(request: Request, doing: Any) -> Any:
    """Return what a coroutine returns; stop it where the client goes away."""
    work, gone = asyncio.ensure_future(doing), asyncio.ensure_future(_until_gone(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return work.result()
    finally:
        for task in (work, gone):
            task.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
