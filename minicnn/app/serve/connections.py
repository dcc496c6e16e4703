"""HTTP/1.1 as uvicorn speaks it, with limits on how long a client may take to say what it wants and to take its answer.

uvicorn waits for both without end: a client that opens connections and sends nothing, or a letter a minute, or asks and
never reads, would hold them for ever.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: float = 10.0
ANSWER_SECONDS: float = 60.0


class Connection(H11Protocol):
    """A client's connection; it is closed where a request's head is not whole, or an answer not taken, in time."""

    _late: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to wait."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # to hear of every byte that the client's side does not take at once
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait no longer where a request has come, and begin to where only a part has."""
        super().data_received(data)
        cycle: Any = self.cycle  # None until a request has come
        if cycle is not None and not cycle.response_complete:
            self._stop_waiting()
        elif self._late is None:
            self._wait()

    def pause_writing(self) -> None:
        """Begin to wait until the client has taken what is written; it may be the last that is, before the end."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(ANSWER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait no longer: it has."""
        self._stop_waiting_for_reader()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _stop_waiting_for_reader(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
