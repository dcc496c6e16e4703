"""For whom a server answers: the name that a client asked for must be its own.

Who visits a page of a stranger lets that page ask http://its-name:8000/, and the stranger may then say that the name
stands for 127.0.0.1: the browser takes what the visitor's own server answers for the page's. The name, in the header
Host, gives that away.
"""

import ipaddress
from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from .answering import error


def is_own(host: str, names: Collection[str]) -> bool:
    """Tell whether a header Host names this server: by one of its names, or by a number, which nobody can redefine.

    Parameters
    ----------
    host : str
        With or without a port.
    names : collection of str
        Beside "localhost"; without a port, in lower case.

    Returns
    -------
    own : bool

    Examples
    --------
    >>> hosts = ("localhost:8000", "[::1]:8000", "Hats.Example", "localhost.evil.example")
    >>> [is_own(host, ["hats.example"]) for host in hosts]
    [True, True, True, False]
    """
    name = host.strip().lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0].rstrip(".")
    if name == "localhost" or name in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class OwnHosts:
    """An ASGI application that answers for its own names alone.

    Parameters
    ----------
    app : ASGI application
    names : collection of str
        As `is_own` takes them.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to who asked for another name; who names none is no browser."""
        if scope["type"] == "http":
            for key, value in scope["headers"]:
                host = value.decode("latin-1")
                if key == b"host" and not is_own(host, self._names):
                    sentence = f"This is not {host[:80]}. A name that leads here is told by --allow-host."
                    await error(421, sentence, {"Connection": "close"})(scope, receive, send)
                    return
        await self._app(scope, receive, send)
