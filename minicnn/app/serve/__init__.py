"""Classifiers over HTTP: `minicnn serve`, and one function for a cloud that calls functions.

    settings.py                limits, and what is served
    running.py, workers.py     sockets, signals and processes around
    server.py, answering.py    the routes and what they answer
    connections.py, hosts.py   how long a client may take, and under which names the server may be asked
    service.py, bodies.py      a request's way through all of these, within limits
    reading.py, forms.py       the pictures of a request: body, form, JSON
    fetching.py, public.py     at an address, where that is allowed
    decoding.py                their pixels
    shelf.py                   the models by name, loaded anew when their file is replaced
    engine.py                  the one thread that computes, and its queue
    metrics.py, openapi.py     what is told about it
    web/                       the page
    serverless.py              `handler(event, context)`, without a server

What reads pictures and makes answers of numbers is `minicnn predict`'s.
"""

from typing import TYPE_CHECKING, Any

from .settings import LOCAL, Limits, Served
from .shelf import Model, Shelf

if TYPE_CHECKING:
    from .running import run

__all__ = ["LOCAL", "Limits", "Model", "Served", "Shelf", "run"]


def __getattr__(name: str) -> Any:
    """Import `run` when it is asked for: a function in a cloud needs no server."""
    if name == "run":
        from .running import run

        return run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
