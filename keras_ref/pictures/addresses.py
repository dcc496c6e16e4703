"""Pictures at addresses: fetched within a time limit, whatever the other side does meanwhile."""

import functools
import http.client
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

SILENCE: float = 20.0  # seconds without a byte
LIMIT: float = 60.0  # seconds until the picture is there whole
LARGEST: int = 64 << 20  # bytes fetched from one address at most
KEPT: str = "!$%&'()*+,/:;=?@[]~"  # what stays as it is in an address
BARE: re.Pattern[str] = re.compile("%(?![0-9A-Fa-f]{2})")  # a % of the name's own, not of what is escaped already


def is_address(name: str) -> bool:
    """Whether a name is an http address.

    Parameters
    ----------
    name : str

    Returns
    -------
    is_one : bool
    """
    return re.match(r"https?://", name, re.IGNORECASE) is not None


def escaped(name: str) -> str:
    """Return an address as it travels: spaces and letters beyond ASCII escaped, the host's name in IDNA.

    Parameters
    ----------
    name : str, an address as a reader writes it

    Returns
    -------
    address : str, ASCII

    Raises
    ------
    ValueError
        It names no host, or one that can't be.
    """
    try:
        parts = urllib.parse.urlsplit(name)
        host, port = parts.hostname, parts.port
        if not host:
            raise ValueError("it names no host")
        if not host.isascii():
            host = host.encode("idna").decode()
    except ValueError as error:
        raise ValueError(f"{name} is no address of a picture: {error}.") from None
    host = f"[{host}]" if ":" in host else host
    user = parts.netloc.rpartition("@")[0]
    place = (f"{user}@" if user else "") + host + (f":{port}" if port else "")
    rest = (urllib.parse.quote(BARE.sub("%25", part), safe=KEPT) for part in (parts.path, parts.query))
    return urllib.parse.urlunsplit((parts.scheme, place, *rest, ""))


def fetch(name: str, limit: float = LIMIT) -> bytes:
    """Return the bytes of a picture at an http address.

    Parameters
    ----------
    name : str, the address
    limit : float
        Seconds until it must be there whole: an address that drips is given up.

    Returns
    -------
    data : bytes

    Raises
    ------
    ValueError
        It does not answer in time, or with something else than a picture.
    """
    request = urllib.request.Request(escaped(name), headers={"User-Agent": "keras_ref"})
    sockets: list[socket.socket] = []
    over = threading.Event()
    clock = threading.Timer(limit, _hang_up, (sockets, over))
    clock.daemon = True
    clock.start()
    try:
        with _opener(sockets, over).open(request, timeout=min(SILENCE, limit)) as answer:
            kind = answer.headers.get_content_type()
            data = answer.read(LARGEST + 1)
            missing = _missing(answer, data)
    except urllib.error.HTTPError as error:
        error.close()
        why = " ".join(str(error.reason).split())
        raise ValueError(f"{name} answers with {error.code} {why}, not with a picture.") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        if over.is_set():
            raise ValueError(_too_slow(name, limit)) from None
        raise ValueError(f"{name} {_what_failed(error)}.") from None
    finally:
        clock.cancel()
    if over.is_set():
        raise ValueError(_too_slow(name, limit))
    if kind.startswith("text/"):
        raise ValueError(f"{name} sends a page ({kind}), not a picture; give the address of the picture itself.")
    if len(data) > LARGEST:
        raise ValueError(f"{name} sends more than {LARGEST >> 20} MiB, too much for a picture.")
    if missing:
        raise ValueError(f"{name} broke off: {missing} bytes of the picture are missing.")
    return data


def _too_slow(name, limit):
    return f"{name} has not sent its picture within {limit:g} s."


def _what_failed(error):
    if isinstance(error, http.client.IncompleteRead):
        return "broke off in the middle of its answer"
    if isinstance(error, http.client.HTTPException):
        return f"does not answer as a web server does: {type(error).__name__}"
    return f"does not answer: {getattr(error, 'reason', error)}"


def _missing(answer, data):
    """Return how many bytes an answer promised and did not send; 0 where it promised nothing, or sent too much."""
    promised = answer.headers.get("Content-Length", "")
    return max(0, int(promised) - len(data)) if promised.isdigit() and len(data) <= LARGEST else 0


def _hang_up(sockets, over):
    """End all that is still read: a blocked `recv` returns at once."""
    over.set()
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:  # it is closed already
            continue


def _opener(sockets: list[socket.socket], over: threading.Event) -> urllib.request.OpenerDirector:
    """Return an opener for http and https alone, redirections and proxies included, that records its sockets."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Http(functools.partial(_Plain, sockets, over)),
        _Https(functools.partial(_Secure, sockets, over)),
    ):
        opener.add_handler(handler)
    return opener


class _Http(urllib.request.HTTPHandler):
    def __init__(self, connection: Callable[..., Any]) -> None:
        super().__init__()
        self.connection = connection

    def http_open(self, req):
        return self.do_open(self.connection, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, connection: Callable[..., Any]) -> None:
        super().__init__()
        self.connection = connection

    def https_open(self, req):
        return self.do_open(self.connection, req)


class _Recorded:
    """A connection whose socket is known to who looks at the clock."""

    def __init__(self, sockets, over, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.sockets, self.over = sockets, over

    def connect(self):
        super().connect()  # pyright: ignore[reportAttributeAccessIssue]
        self.sockets.append(self.sock)  # pyright: ignore[reportAttributeAccessIssue]
        if self.over.is_set():
            raise TimeoutError("the time is over")


class _Plain(_Recorded, http.client.HTTPConnection):
    pass


class _Secure(_Recorded, http.client.HTTPSConnection):
    pass
