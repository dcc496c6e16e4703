"""HTTP/1.1 as uvicorn speaks it, with a limit on how long a client may take to say what it wants.

uvicorn waits for a request's head without end: a client that opens connections and sends nothing, or a letter a minute,
would hold them for ever.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: float = 10.0


class Connection(H11Protocol):
    """A client's connection; it is closed where a request's head is not whole in time."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait no longer where a request has come, and begin to where only a part has."""
        super().data_received(data)
        cycle: Any = self.cycle  # None until a request has come
        if cycle is not None and not cycle.response_complete:
            self._stop_waiting()
        elif self._late is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
