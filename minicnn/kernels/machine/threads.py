"""Threads: helpers join the caller's loop over jobs.

The unit of work is a job: a piece that nobody divides further, a row of outputs, say, or a block of numbers. A kernel
is compiled as `kernel(start, stop, *arrays and sizes)` and does the jobs start <= job < stop. What a job is follows
from shapes alone and every output element is written by one job: so the bits do not depend on who does which job, nor
on how many threads there are.

What a thread is given is a chunk: some neighbouring jobs. Chunks are not dealt out beforehand; a thread that is ready
claims the next one, until none is left, and so all end at nearly the same time.

The calling thread always works itself; it never waits for a helper that has not begun. So many Python threads may call
kernels at once (the second one finds the team busy and works alone), a helper that wakes up late costs nothing, and a
forked child, where no helper exists, starts its own. How they meet is told in team.py.
"""

import os
import threading
import types
from typing import Any

from ...arguments import integer
from . import tape, team
from .integers import ceil_div
from .jit import Compiled, jit

SERIAL = 40_000  # elementary operations; below (some 10 us) a second thread costs more than it brings
CHUNKS = 4  # for each thread: fewer leave threads idle at the end, more scatter what a thread reads and writes
NO_MEMORY = "A kernel found no memory for its workspace."
SPINS = 60_000  # looks, some 2 ms, after which a helper that has nothing to do goes to sleep


class _Pool:
    """Helper threads, awake in `team.serve` or asleep on a lock of their own."""

    def __init__(self) -> None:
        self.team = team.new()
        self.asleep: list[threading.Lock] = []  # of the helpers that sleep
        self.size = 0
        self.leader = -1  # the processor where the thread ran that last woke helpers
        self.growing = threading.Lock()

    def gather(self, helpers: int) -> None:
        """See that there are so many helpers, all of them awake."""
        if helpers <= 0:
            return
        if self.size < helpers:
            with self.growing:
                while self.size < helpers:
                    team.serve(self.team, 0, 0, 0)  # compiled here and now: not twice at once, in the threads below
                    team.processor()
                    threading.Thread(
                        target=self._help, args=(self.size,), name=f"minicnn-{self.size}", daemon=True
                    ).start()
                    self.size += 1
        if self.asleep:
            self.leader = team.processor()
        while self.asleep:
            try:
                self.asleep.pop().release()
            except IndexError:  # another caller woke the last one
                break

    def _help(self, number: int) -> None:
        """Be a helper: join every task; when none came for a while, sleep until the bell rings; again, for ever."""
        bell, turn = threading.Lock(), 0
        bell.acquire()
        while True:
            self._move(number)
            turn = team.serve(self.team, number, turn, SPINS)
            self.asleep.append(bell)
            bell.acquire()

    def _move(self, number: int) -> None:
        """Go to a processor of one's own.

        Linux wakes a thread on the processor of the one that wakes it, and may leave both there for many milliseconds
        while another processor is idle: the helper would only take the leader's time.
        """
        if hasattr(os, "sched_setaffinity"):
            allowed = os.sched_getaffinity(0)
            others = sorted(allowed - {self.leader})
            if others:
                os.sched_setaffinity(0, {others[number % len(others)]})
                os.sched_setaffinity(0, allowed)


def _default_threads() -> int:
    """Return MINICNN_NUM_THREADS, or else what other engines are told, or else the processors that we may use."""
    asked = os.environ.get("MINICNN_NUM_THREADS")
    if asked:
        if not asked.isdecimal() or int(asked) < 1:
            raise ValueError(f"MINICNN_NUM_THREADS must be a whole number, 1 or more. Received: {asked!r}.")
        return int(asked)
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
        first = os.environ.get(name, "").partition(",")[0].strip()  # OpenMP takes a list, a number for each level
        if first.isdecimal() and int(first) >= 1:  # what is wrong there is for others to say
            return int(first)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_threads = _default_threads()
_pool = _Pool()


def _after_fork() -> None:
    """Begin anew in a forked child: its parent's helpers do not exist here, and its team may have been busy."""
    global _pool
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def set_num_threads(n: int) -> None:
    """Choose how many threads a kernel may use, the calling one included.

    Parameters
    ----------
    n : int, 1 or more
        the results do not depend on it, to the bit

    Raises
    ------
    ValueError
        `n` must be a positive integer. Received: n=0.

    Examples
    --------
    >>> from minicnn import kernels
    >>> before = kernels.get_num_threads()
    >>> kernels.set_num_threads(1)
    >>> kernels.get_num_threads()
    1
    >>> kernels.set_num_threads(before)
    """
    global _threads
    _threads = integer("n", n)


def get_num_threads() -> int:
    """Tell how many threads a kernel may use.

    Returns
    -------
    n : int
        as set; or MINICNN_NUM_THREADS, NUMBA_NUM_THREADS or OMP_NUM_THREADS; or as many as there are processors that
        this process may run on

    Examples
    --------
    >>> from minicnn import kernels
    >>> kernels.get_num_threads() >= 1
    True
    """
    return _threads


# Compiled code calls a kernel by its address, and only code that is compiled for that kernel can take it. So every
# kernel has two small compiled functions of its own, made by `_share` when it first needs them. They are written once,
# here: each kernel gets copies in which the global name `kernel` means that kernel.
kernel: Any = None


def _with_team(members, jobs, chunk, seats, *args):
    """Do all jobs of `kernel` with a team; False if memory ran out."""
    code, data, _ = team.package(kernel, args)
    return team.lead(members, code, data, jobs, chunk, seats)


def _on_tape(place, *args):
    """Copy the arguments of a call of `kernel` to a place on a tape; return its code's address (see `team.keep`)."""
    return team.keep(team.package(kernel, args), place)


_shared: dict[Compiled, tuple[Compiled, Compiled]] = {}  # kernel -> its copies of the two


def _share(kernel: Any) -> tuple[Compiled, Compiled]:
    """Return a kernel's own `_with_team` and `_on_tape`.

    A copy has the code of the written function, so a debugger, a traceback and `inspect` show the lines above; only its
    globals are others. Numba finds a function on disk by its file and its name: so each copy bears its kernel's name.
    (A function that holds the kernel in a closure would be compiled anew in every process.)
    """
    if kernel not in _shared:
        known = {"team": team, "kernel": kernel, "__name__": __name__}
        own = f"{kernel.__module__.rpartition('.')[2]}.{kernel.__name__}"
        with_team = types.FunctionType(_with_team.__code__, known, _with_team.__name__)
        on_tape = types.FunctionType(_on_tape.__code__, known, _on_tape.__name__)
        for copy in (with_team, on_tape):
            copy.__qualname__ = own + copy.__name__  # conv2d._convolve_with_team
        _shared[kernel] = jit(with_team), jit(on_tape)
    return _shared[kernel]


def run(kernel: Compiled, jobs: int, work: int, *args: Any, chunks: int = CHUNKS) -> None:
    """Call kernel(start, stop, *args) so that every job 0 <= job < jobs is done once, by any thread.

    Where a tape is being recorded the call is noted on it as well.

    Parameters
    ----------
    kernel : compiled function, nogil
        does the jobs start <= job < stop
    jobs : int
        how many there are; each writes numbers of its own
    work : int
        elementary operations of all jobs together; little work stays in one thread
    args : arrays, numbers and tuples of numbers
        what the kernel takes after start and stop. Tuples go plain and get their names inside, by `plan = Plan(*plan)`:
        at this border a named tuple costs Numba 0.4 us each time, a plain one next to nothing
    chunks : int
        how many each thread claims, about; few: threads wait at the end, many: each reads all over the arrays

    Raises
    ------
    MemoryError
        A kernel found no memory for its workspace.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.kernels.machine import elementwise
    >>> x, y = np.array([-2.0, 3.0]), np.empty(2)
    >>> run(elementwise.leaky_relu, 1, x.size, x, y, 0.5)  # one job, which is a block of numbers
    >>> y.tolist()
    [-1.0, 3.0]
    """
    if jobs < 1:
        return
    seats = min(_threads, jobs) - 1 if work >= SERIAL else 0  # helpers
    chunk = ceil_div(jobs, (seats + 1) * chunks)
    recorded = tape.current()
    if recorded is not None:
        _, keep = _share(kernel)
        recorded.note(keep, args, jobs, chunk, seats)
    if seats == 0:
        kernel(0, jobs, *args)
        return
    pool = _pool
    pool.gather(seats)
    shared, _ = _share(kernel)
    if not shared(pool.team, jobs, chunk, seats, *args):
        raise MemoryError(NO_MEMORY)


def play(recorded: tape.Tape) -> bool:
    """Do again what is on a tape.

    Parameters
    ----------
    recorded : Tape
        a good one, whose recording has ended

    Returns
    -------
    done : bool
        True if all went as expected; if not, the results are not to be used, and the run is done again by Python

    Raises
    ------
    MemoryError
        A kernel found no memory for its workspace.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, recorded = np.array([-1.0, 2.0]), kernels.Tape(kernels.Workspace())
    >>> with kernels.recording(recorded):
    ...     y = kernels.relu_forward(x)
    >>> x[:] = 3.0, -4.0
    >>> kernels.play(recorded), y.tolist()
    (True, [3.0, 0.0])
    """
    pool = _pool
    pool.gather(recorded.seats)
    if not team.play(pool.team, recorded.tasks):
        raise MemoryError(NO_MEMORY)
    return recorded.as_expected()
