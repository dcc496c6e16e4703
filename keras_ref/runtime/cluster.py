"""Ray: calls that other processes and machines make, and that outlive a killed worker or node. Extra `cluster`.

Ray listens on all interfaces and asks nobody for a password unless it is told otherwise: see .github/docs/cluster.md.
"""

import asyncio
import functools
import importlib
import itertools
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import console

if TYPE_CHECKING:
    from numpy.typing import NDArray  # --help does without NumPy

LOOPBACK: str = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # "0": a node's own address is 127.0.0.1, on Linux too
AHEAD: int = 2  # calls a processor that Ray is told of at a time: memory does not grow with their number
RESTARTS: int = 3  # of workers one of whom died


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
    knock(address)
    ray = _load()
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


def knock(address: str) -> None:
    """Refuse an address where nobody listens: Ray itself would wait there for minutes.

    Parameters
    ----------
    address : str, as of `connected`

    Raises
    ------
    ValueError
        Ray is not installed, or nobody answers there.
    """
    if address == "local" or address.startswith("127."):
        os.environ[LOOPBACK] = "0"  # read when Ray is imported, which otherwise makes of 127.0.0.1 the outer address
    _load()
    if address == "local":
        return
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


class Part:
    """One of the workers of `together`: what its work is given.

    Attributes
    ----------
    rank : int, from 0
    workers : int, how many they are
    """

    def __init__(self, rank: int, workers: int, sums: Any) -> None:
        self.rank: int = rank
        self.workers: int = workers
        self._sums, self._calls = sums, 0

    def total(self, values: "NDArray[Any]") -> "NDArray[Any]":
        """Add what all workers bring, in the order of their ranks; each waits here for the others.

        Parameters
        ----------
        values : array, of the same shape and dtype on all of them

        Returns
        -------
        total : array like `values`, with the same bits on all of them
        """
        self._calls += 1
        return _load().get(self._sums.total.remote(self._calls, self.rank, values))

    def tell(self, done: int) -> None:
        """Let `together` know how far this worker is.

        Parameters
        ----------
        done : int, of the caller's own steps
        """
        self._sums.tell.remote(done)


class _Sums:
    """An actor of Ray, where the workers' values meet."""

    def __init__(self, workers) -> None:
        self.workers, self.waiting, self.done = workers, {}, 0

    async def tell(self, done):
        self.done = done

    async def told(self):
        return self.done

    async def total(self, call, rank, values):
        brought, total = self.waiting.setdefault(call, ({}, asyncio.get_running_loop().create_future()))
        brought[rank] = values
        if len(brought) == self.workers:
            del self.waiting[call]
            total.set_result(sum(brought[i] for i in range(self.workers)))
        return await total


def together(
    work: Callable[[Any, Part], Any], task: Any, workers: int, meanwhile: Callable[[int], Any] = lambda done: None
) -> list[Any]:
    """Let workers do one thing together; when one of them dies they all begin again, up to three times.

    Parameters
    ----------
    work : of a module, which the workers import
        Called with `task` and the worker's `Part`.
    task : what pickle can write
    workers : int
    meanwhile : called every second, with what a worker told last of how far it is

    Returns
    -------
    results : list, by rank

    Raises
    ------
    ValueError
        There are fewer processors than workers, or a worker died at every try.
    Exception
        What a worker raised.
    """
    ray, died = _load(), None
    for _ in range(1 + RESTARTS):
        if processors() < workers:
            raise ValueError(f"Each worker needs a processor. Received: {workers} workers; Ray has {processors()}.")
        sums = ray.remote(num_cpus=0)(_Sums).remote(workers)
        one = ray.remote(num_cpus=1, max_retries=0, scheduling_strategy="SPREAD")(work)
        running = [one.remote(task, Part(rank, workers, sums)) for rank in range(workers)]
        try:
            return _all_of(ray, running, sums, meanwhile)
        except ray.exceptions.RayTaskError as fault:
            if not isinstance(fault.cause, ray.exceptions.RayError):  # else another died, or the node with the sums
                raise fault.cause from None
            died = fault.cause
        except ray.exceptions.RayError as fault:
            died = fault
        finally:
            ray.kill(sums)  # who waits for the dead one fails there; Ray itself can fail at a task that is cancelled
        ray.wait(running, num_returns=workers)  # none writes any more when the next try begins
    raise ValueError(f"A worker of Ray died at every try: {str(died).strip().splitlines()[0]}")


def _all_of(ray, running, sums, meanwhile):
    """Return all results; raise as soon as one worker failed."""
    waiting = running
    while waiting:
        done, waiting = ray.wait(waiting, timeout=1)
        ray.get(done)
        meanwhile(ray.get(sums.told.remote()))
    return ray.get(running)


def _load() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise ValueError("--ray needs the package ray; install it with: pip install 'minicnn[cluster]'.") from None
