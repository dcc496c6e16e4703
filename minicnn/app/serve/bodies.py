"""A request's body, received within limits of size, time and memory."""

import asyncio

from starlette.requests import Request

from .refusal import Refusal
from .settings import Limits

LEFTOVER_SECONDS: float = 2.0  # for what a client goes on sending after it was refused, so that it reads why


class Bodies:
    """Receives bodies, and knows how many bytes of them are held.

    Parameters
    ----------
    limits : Limits
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.held: int = 0

    async def receive(self, request: Request) -> bytes:
        """Return a request's body; `release` it when it is no longer needed.

        Parameters
        ----------
        request : Request

        Returns
        -------
        body : bytes

        Raises
        ------
        Refusal
            413: it has too many bytes; 408: it takes too long; 503: there is no room for it now.
        ClientDisconnect
            The client went away.
        """
        limits, pieces, count = self._limits, [], 0
        announced = request.headers.get("content-length", "")
        try:
            if announced.isdecimal() and int(announced) > limits.max_bytes:
                raise _too_large(limits)
            async with asyncio.timeout(limits.timeout):
                async for piece in request.stream():
                    count += len(piece)
                    self.held += len(piece)
                    if count > limits.max_bytes:
                        raise _too_large(limits)
                    if self.held > limits.in_memory:
                        raise Refusal(503, "Too many bodies are being received; ask later.", 1)
                    pieces.append(piece)
            body = b"".join(pieces)
        except BaseException as problem:
            self.held -= count
            if isinstance(problem, TimeoutError):
                raise Refusal(408, f"The request must arrive within {limits.timeout:g} seconds.") from None
            if isinstance(problem, Refusal):
                await self.pour_away(request)
            raise
        return body

    async def pour_away(self, request: Request) -> None:
        """Take what a refused client goes on sending, for a while: who is cut off while sending reads no answer.

        Parameters
        ----------
        request : Request
        """
        if "expect" in request.headers:  # it has not begun to send
            return
        most = 2 * self._limits.max_bytes
        try:
            async with asyncio.timeout(LEFTOVER_SECONDS):
                while most > 0:
                    message = await request.receive()
                    most -= len(message.get("body", b""))
                    if message["type"] != "http.request" or not message.get("more_body"):
                        return
        except TimeoutError:
            return

    def release(self, body: bytes) -> None:
        """Count a body no more.

        Parameters
        ----------
        body : bytes
        """
        self.held -= len(body)


def _too_large(limits: Limits) -> Refusal:
    return Refusal(413, f"The body may have {limits.max_bytes} bytes at most.")
