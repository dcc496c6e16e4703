"""A request becomes an answer: read, fetched, decoded, computed, each where it belongs."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import ClientDisconnect, Request

from ...types import AnyArray, NDArray
from .. import console
from .bodies import Bodies
from .decoding import decode
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
            self.engine.check(1)  # who can't be answered need not send all
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

    async def _answers(self, body: bytes, content_type: str, model: Model, work: Work | None) -> list[Answered]:
        if is_picture(content_type):
            sent = pictures_of(body, content_type, self.limits)
        else:  # to take a form apart may take a while
            loop = asyncio.get_running_loop()
            sent = await loop.run_in_executor(self._decoders, pictures_of, body, content_type, self.limits)
        if work is not None and len(sent) > 1:
            raise Refusal(400, f"Here one picture is taken at a time. Received: {len(sent)}.")
        with self.engine.places(len(sent)):
            decoded = await asyncio.gather(*(self._decode(each, model) for each in sent))
            pictures = [each for each in decoded if not isinstance(each, Refusal)]
            if not pictures:
                raise next(each for each in decoded if isinstance(each, Refusal))
            try:
                asked = self.engine.ask(model, pictures, work)
                computed = iter(await asyncio.gather(*map(asyncio.wrap_future, asked)))
            except ValueError as problem:  # of the model, a sentence: weights that give no numbers, say
                raise Refusal(500, str(problem)) from None
        answers = [each if isinstance(each, Refusal) else next(computed) for each in decoded]
        return list(zip(sent, answers, strict=True))

    async def _decode(self, sent: Sent, model: Model) -> Decoded:
        """Return a picture's pixels, or why there are none."""
        loop, limits = asyncio.get_running_loop(), self.limits
        try:
            data = sent.data
            if sent.url:
                data = await loop.run_in_executor(self._fetchers, fetch, sent.url, limits.max_bytes, limits.timeout)
            return await loop.run_in_executor(self._decoders, decode, model, data, sent.name, limits.max_pixels)
        except Refusal as refusal:
            return refusal

    async def watch(self, seconds: float = 1.0) -> None:
        """Look for replaced model files, for ever.

        Parameters
        ----------
        seconds : float
            Between two looks.
        """
        while True:
            await asyncio.sleep(seconds)
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
