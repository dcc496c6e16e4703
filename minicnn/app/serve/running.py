"""A server as a process, or several on one socket: signals, logs, and a start that tells where it listens."""

import contextlib
import logging
import math
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import uvicorn

from .connections import Connection
from .server import application
from .service import Service
from .settings import Limits, Served
from .shelf import Model, Shelf, load
from .workers import Workers

CONNECTIONS: int = 1024  # at once; uvicorn answers 503 to more
FILES: int = 2 * CONNECTIONS  # open at once, connections among them
THREADS: tuple[str, ...] = (
    "MINICNN_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
)  # where one is told, it is what one process takes
KEEP_ALIVE: int = 30  # seconds that a connection may be idle between requests


def run(
    served: Sequence[Served],
    limits: Limits,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    tell: Callable[[Model], object] = lambda model: None,
    load: Callable[[Served], Model] = load,
) -> int:
    """Serve until SIGTERM or Ctrl-C.

    Parameters
    ----------
    served : list of Served
    limits : Limits
    host : str
        The address to listen at.
    port : int
        0 for one that is free.
    workers : int
        Processes.
    tell : function of a Model
        Called with each one before it is served.
    load : function of a Served
        Of module level; by default minicnn's.

    Returns
    -------
    code : int
        0 after a signal; 1 where processes end as soon as they begin.

    Raises
    ------
    ValueError, OSError
        A model cannot be loaded, or the port cannot be had.
    """
    leaving = _Leaving()
    allow_files()
    with bind(host, port) as listening:
        where = f"http://{_named(host)}:{listening.getsockname()[1]}/"
        shelf = Shelf(served, load)
        _tell_all(shelf, tell)
        names = ", ".join(f"{model.name} ({model.version})" for model in shelf.values())

        def announce() -> None:
            print(f"{names} at {where}", flush=True)

        if workers == 1:
            _serve(shelf, limits, listening, None, announce, leaving)
            return 0
        del shelf  # each process loads its own; this one needs the memory no more
        with tempfile.TemporaryDirectory(prefix="minicnn-") as counts:
            arguments = (served, limits, listening, Path(counts), workers, load)
            return Workers(_work, arguments, workers, limits.timeout).run(announce)


def _tell_all(shelf: Shelf, tell: Callable[[Model], object]) -> None:
    for model in shelf.values():  # a name of `run`'s own would hold the last one as long as the server lives
        tell(model)


def bind(host: str, port: int) -> socket.socket:
    """Take a port; nobody is listened to yet.

    Parameters
    ----------
    host : str
    port : int

    Returns
    -------
    listening : socket

    Raises
    ------
    OSError
        It is taken, or there is no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, UnicodeError) as problem:
        raise OSError(
            f"`--host` and `--port` must be an address of this machine and a free port of it. "
            f"Received: {host}, {port} ({getattr(problem, 'strerror', None) or problem})."
        ) from None
    return listening


def allow_files() -> None:
    """Let this process have as many files open as its connections need: systems begin with 256 or 1024."""
    try:
        import resource
    except ImportError:  # Windows counts otherwise
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):  # it is a courtesy
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _serve(
    shelf: Shelf,
    limits: Limits,
    listening: socket.socket,
    counts: Path | None,
    announce: Callable[[], object],
    leaving: "_Leaving",
) -> None:
    for name in ("python_multipart", "PIL"):  # what is wrong with a form or a picture is told to its sender
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # What Pillow warns of names bytes of the picture: Python would print, and keep, each sentence that is new.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    config = uvicorn.Config(
        application(Service(shelf, limits, counts)),
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=math.ceil(limits.timeout),
    )
    _Server(config, announce, leaving).run(sockets=[listening])
    if leaving.asked is not None:
        raise leaving.asked


class _Leaving:
    """What SIGTERM and Ctrl-C do before uvicorn takes their places, and after its last answer, when it calls these.

    Attributes
    ----------
    asked : SystemExit or KeyboardInterrupt, optional
        What was raised. It may not have come up: where a library runs a callback, as Numba does while it compiles, an
        exception is printed, and lost.
    """

    def __init__(self) -> None:
        self.asked: SystemExit | KeyboardInterrupt | None = None
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._leave)

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self.asked = KeyboardInterrupt() if number == signal.SIGINT else SystemExit(0)
        raise self.asked


class _Server(uvicorn.Server):
    """Tells when it listens; does not begin where it was asked to leave before."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], object], leaving: _Leaving) -> None:
        super().__init__(config)
        self._announce = announce
        self._leaving = leaving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self._leaving.asked is None:
            self._announce()
        else:
            self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; after a second Ctrl-C, too, the engine ends before its process does."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()


def _work(
    served: Sequence[Served],
    limits: Limits,
    listening: socket.socket,
    counts: Path,
    share: int,
    load: Callable[[Served], Model],
    ready: Callable[[], object],
) -> None:
    """Be one of several processes."""
    leaving = _Leaving()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if share > 1 and not any(os.environ.get(name) for name in THREADS):
        from ... import kernels

        kernels.set_num_threads(max(1, kernels.get_num_threads() // share))
    _serve(Shelf(served, load), limits, listening, counts, ready, leaving)


def _end_with_parent() -> None:
    """Who is left alone must not hold the port."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host
