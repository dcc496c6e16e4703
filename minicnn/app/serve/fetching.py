"""A picture at an address: fetched from the public internet alone, whole, within limits.

A server that fetches what strangers name can be made to read what only it can reach: other services of its network, a
cloud's metadata. So the name is looked up once, every number that it stands for must be public, and that very number is
connected to; each redirection goes through the same gate; no proxy is asked.
"""

import http.client
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from .public import is_public
from .refusal import Refusal

REDIRECTIONS: int = 3
PORTS: dict[str, int] = {"http": 80, "https": 443}
SAFE_IN_PATH: str = "/%:@!$&'()*+,;=~-._"
SAFE_IN_QUERY: str = f"{SAFE_IN_PATH}?"
MOVED: tuple[int, ...] = (301, 302, 303, 307, 308)
LONGEST: int = 2000  # characters of an address
LOOKUPS: threading.BoundedSemaphore = threading.BoundedSemaphore(32)  # at once; each ends when the system gives up


def fetch(url: str, max_bytes: int, timeout: float) -> bytes:
    """Return what an address answers.

    Parameters
    ----------
    url : str
        http or https, on its usual port.
    max_bytes : int
    timeout : float
        Seconds for everything.

    Returns
    -------
    data : bytes

    Raises
    ------
    Refusal
        400: it is no such address, is not public, or does not answer with a file; 413: that has more bytes; 408: it
        takes longer.

    Examples
    --------
    >>> try:
    ...     fetch("http://127.0.0.1/hat.png", 1000, 1.0)
    ... except Refusal as refusal:
    ...     print(refusal)
    http://127.0.0.1/hat.png cannot be fetched: 127.0.0.1 is not a public address.
    """
    deadline = time.monotonic() + timeout
    try:
        there = url
        for _ in range(REDIRECTIONS + 1):
            moved, data = _ask(_parsed(there), max_bytes, deadline)
            if moved is None:
                return data
            there = urljoin(there, moved)
        raise _No(f"it is redirected more than {REDIRECTIONS} times")
    except _No as no:
        raise Refusal(no.status, f"{url[:200]} cannot be fetched: {no}.") from None
    except (OSError, http.client.HTTPException, ValueError) as problem:
        if isinstance(problem, TimeoutError) or time.monotonic() >= deadline:
            raise Refusal(408, f"{url[:200]} cannot be fetched: it takes more than {timeout:.3g} seconds.") from None
        raise Refusal(400, f"{url[:200]} cannot be fetched: {str(problem) or type(problem).__name__}.") from None


class _No(Exception):
    """Why an address is not fetched."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


def _parsed(url: str) -> SplitResult:
    if len(url) > LONGEST:
        raise _No(f"it must have {LONGEST} characters at most")
    parts = urlsplit(url.strip())
    if parts.scheme not in PORTS or not parts.hostname:
        raise _No("it must begin with http:// or https:// and a name")
    if parts.username is not None or parts.password is not None:
        raise _No("it must not hold a user's name")
    if parts.port not in (None, PORTS[parts.scheme]):
        raise _No(f"its port must be {PORTS[parts.scheme]}")
    return parts


def _public_number(host: str, port: int, deadline: float) -> str:
    """Look a name up; return one of its numbers, if all of them are public.

    What is refused says the same of a name that is not known and of one that leads inside: who asks learns no names.
    """
    try:
        numbers = _looked_up(host, port, deadline)
    except TimeoutError:
        raise
    except (OSError, UnicodeError):
        numbers = []
    if host in numbers and not is_public(host):
        raise _No(f"{host} is not a public address")
    if not numbers or not all(map(is_public, numbers)):
        raise _No(f"no public address is known by the name {host}")
    return numbers[0]


def _looked_up(host: str, port: int, deadline: float) -> list[str]:
    """Ask the system for the numbers of a name, no longer than there is time: its own limits are longer."""
    answer: Future[list[str]] = Future()

    def look() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.set_result([str(entry[4][0]) for entry in found])
        except Exception as problem:
            answer.set_exception(problem)
        finally:
            LOOKUPS.release()

    if not LOOKUPS.acquire(timeout=_left(deadline)):
        raise TimeoutError
    try:
        threading.Thread(target=look, name="minicnn-lookup", daemon=True).start()
    except RuntimeError:  # no more threads can be had
        LOOKUPS.release()
        raise
    return answer.result(_left(deadline))


def _ask(parts: SplitResult, max_bytes: int, deadline: float) -> tuple[str | None, bytes]:
    """Ask once; return where to ask instead, or None, and what was answered."""
    host = parts.hostname or ""
    port = PORTS[parts.scheme]
    number = _public_number(host, port, deadline)
    connection = _Pinned(host, port, number, parts.scheme == "https", _left(deadline))
    # Each byte may come within the time limit and all of them never: at the deadline the line is cut.
    cut = threading.Timer(_left(deadline), connection.cut)
    cut.daemon = True
    cut.start()
    try:
        path = quote(parts.path or "/", safe=SAFE_IN_PATH)
        query = f"?{quote(parts.query, safe=SAFE_IN_QUERY)}" if parts.query else ""
        connection.request("GET", path + query, headers={"User-Agent": "minicnn", "Accept": "image/*"})
        with connection.getresponse() as answer:
            if answer.status in MOVED and (where := answer.getheader("Location")):
                return where, b""
            if answer.status != 200:
                raise _No(f"it answers {answer.status} {answer.reason[:80]}".rstrip())
            data = answer.read(max_bytes + 1)
            _left(deadline)
            if len(data) > max_bytes:
                raise _No(f"it has more than {max_bytes} bytes", 413)
            if answer.length:  # closed before all that was announced had come
                raise _No(f"{answer.length} of its bytes are missing")
            return None, data
    finally:
        cut.cancel()
        cut.join()  # it may be at work
        connection.end()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _ends_here(line: socket.socket) -> bool:
    """Tell whether a line leads to this machine: its own public address, too, goes past what guards it from outside."""
    return line.getsockname()[0] == line.getpeername()[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to a number that was looked up before, under the name that the certificate must bear."""

    def __init__(self, host: str, port: int, number: str, secure: bool, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._number = number
        self._context = ssl.create_default_context() if secure else None
        self._is_cut = False
        self._line: socket.socket | None = None  # the same line a second time: http.client lets go of its own early
        if secure:
            self.default_port = PORTS["https"]

    def connect(self) -> None:
        """Connect to the number."""
        self.sock = socket.create_connection((self._number, self.port), self.timeout)
        self._line = self.sock.dup()
        if self._is_cut:
            raise TimeoutError
        if _ends_here(self.sock):
            raise _No("it leads back to this machine")
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End it, whatever waits for it."""
        self._is_cut = True
        if self._line is not None:
            try:
                self._line.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def end(self) -> None:
        """Let go of it."""
        self.close()
        if self._line is not None:
            self._line.close()
