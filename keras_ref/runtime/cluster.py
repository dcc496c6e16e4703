"""Ray: calls that other processes and machines make, and that outlive a killed worker or node. Extra `cluster`.

Ray listens on all interfaces and asks nobody for a password unless it is told otherwise: see .github/docs/cluster.md.
"""

import functools
import importlib
import itertools
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from . import console

LOOPBACK: str = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # "0": a node's own address is 127.0.0.1, on Linux too
AHEAD: int = 2  # calls a processor that Ray is told of at a time: memory does not grow with their number


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Be connected to Ray while the block runs.

    Parameters
    ----------
    address : str
        "local" for processes of this machine alone, which listen on 127.0.0.1 and end with the block; or where a
        cluster's head listens, such as "10.0.0.5:6379".

    Raises
    ------
    ValueError
        Ray is not installed, or nobody answers there.
    """
    if address == "local" or address.startswith("127."):
        os.environ[LOOPBACK] = "0"  # read when Ray is imported, which otherwise makes of 127.0.0.1 the outer address
    ray = _load()
    if address != "local":
        _knock(address)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == "local":
            ray.init("local", _node_ip_address="127.0.0.1", include_dashboard=False, **quiet)
        else:
            if os.environ.get("RAY_AUTH_MODE") != "token":
                console.note(
                    f"Whoever reaches Ray at {address} can run programs there: keep it in a private network, and let "
                    "it ask for a token, RAY_AUTH_MODE=token (.github/docs/cluster.md)."
                )
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as fault:
        raise ValueError(f"Ray can't be reached at {address}: {str(fault).strip().splitlines()[0]}") from None
    try:
        if address == "local" and ray.util.get_node_ip_address() != "127.0.0.1":
            raise ValueError(
                f"Ray was imported before, and would listen outside 127.0.0.1. Set {LOOPBACK}=0 before that."
            )
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Refuse an address where nobody listens: Ray itself would wait there for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"--ray must be local, or HOST:PORT of a cluster's head. Received: {address!r}.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, OverflowError) as fault:
        raise ValueError(f"Ray can't be reached at {address}: {fault}.") from None


def shared(value: Any) -> Any:
    """Put a value where all workers read it, once; as an argument of a call it is the value again.

    Parameters
    ----------
    value : what pickle can write

    Returns
    -------
    reference : ray.ObjectRef
    """
    return _load().put(value)


@functools.lru_cache(maxsize=8)
def held(reference: Any) -> Any:
    """Return a shared value in a worker, which unpacks it once for all calls: such as a net.

    Parameters
    ----------
    reference : what `shared` returned; in a list, or it would come as the value

    Returns
    -------
    value
    """
    return _load().get(reference)


def processors() -> int:
    """Return how many processors all nodes have.

    Returns
    -------
    count : int, 1 or more
    """
    return max(1, int(_load().cluster_resources().get("CPU", 1)))


def _smallest_node():
    return max(1, min(int(node["Resources"].get("CPU", 1)) for node in _load().nodes() if node["Alive"]))


def spread(
    function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], whole_node: bool = False
) -> Iterator[tuple[Any, Any]]:
    """Make calls side by side; one whose worker or node dies is made again, up to three times.

    Parameters
    ----------
    function : of a module, which the workers import
    calls : of (key, *arguments)
    whole_node : bool
        Whether a call takes all processors of the smallest node, and not one.

    Yields
    ------
    key, result : as they come, in any order

    Raises
    ------
    ValueError
        A call's worker died each time.
    Exception
        What a call raised.
    """
    ray = _load()
    each = _smallest_node() if whole_node else 1
    task, calls = ray.remote(num_cpus=each)(function), iter(calls)
    most = AHEAD * max(1, processors() // each)
    waiting: dict[Any, Any] = {}
    while True:
        for key, *arguments in itertools.islice(calls, most - len(waiting)):
            waiting[task.remote(*arguments)] = key
        if not waiting:
            return
        (done,), _ = ray.wait(list(waiting), num_returns=1)
        try:
            yield waiting.pop(done), ray.get(done)
        except ray.exceptions.RayTaskError as fault:
            raise fault.cause from None
        except ray.exceptions.RayError as fault:
            first = str(fault).strip().splitlines()[0]
            raise ValueError(
                f"A worker of Ray died at every try of one call, of too little memory perhaps: {first}"
            ) from None


def _load() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise ValueError("--ray needs the package ray; install it with: pip install 'minicnn[cluster]'.") from None
