"""Threads: idle helpers join the caller's loop over jobs.

A kernel is compiled as `kernel(start, stop, *arrays and sizes)` and does the jobs start <= job < stop. What a job is
follows from shapes alone and every output element is written by one job: so the bits do not depend on who does which
job, nor on how many threads there are.

The calling thread always works itself; it never waits for a helper that has not begun. So many Python threads may call
kernels at once, a helper that wakes up late costs nothing, and a forked child, where no helper exists, starts its own.

Handing work over costs little because a helper spins for a moment, without Python's lock, before it goes to sleep: the
next kernel of a network comes some microseconds after the last one, and waking a sleeping thread costs more than that.
"""

import itertools
import os
import platform
import queue
import threading

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .jit import jit

SERIAL = 40_000  # elementary operations; below (some 10 us) a second thread costs more than it brings
CHUNKS = 4  # chunks for each thread: fewer leave threads idle at the end, more cost calls
SPINS = 4_000  # looks at the flag, some 50 us in all


@intrinsic
def _peek(typingctx, flag):
    """Load flag[0] from memory, each time anew (volatile: the compiler may not keep it in a register)."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        value = builder.load(data)
        value.volatile = True
        return value

    return types.int64(flag), codegen


@intrinsic
def _pause(typingctx):
    """Let the processor breathe between two looks, so that a spinning thread takes little from its neighbour."""

    def codegen(context, builder, signature, args):
        machine, nothing = platform.machine().lower(), ir.VoidType()
        if machine in ("x86_64", "amd64"):
            kind = ir.FunctionType(nothing, [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        elif machine in ("arm64", "aarch64"):
            number = ir.IntType(32)
            kind = ir.FunctionType(nothing, [number])
            hint = cgutils.get_or_insert_function(builder.module, kind, "llvm.aarch64.hint")
            builder.call(hint, [number(1)])  # 1 = yield
        return context.get_dummy_value()

    return types.none(), codegen


@jit
def _spin(flag, old, spins):
    """Wait until flag[0] is no longer `old`; give up after `spins` looks."""
    for _ in range(spins):
        if _peek(flag) != old:
            return True
        _pause()
    return False


class _Task:
    """One kernel call, cut into chunks that whoever has time claims."""

    def __init__(self, kernel, jobs, args, chunk):
        self.kernel, self.jobs, self.args, self.chunk = kernel, jobs, args, chunk
        self.starts = itertools.count(0, chunk)  # next() is atomic under Python's lock
        self.lock = threading.Lock()
        self.helpers = 0  # inside the kernel now
        self.closed = False  # all chunks are claimed: nobody may join any more
        self.left = np.zeros(1, np.int64)  # counts helpers that went, for the caller to spin on
        self.idle = threading.Event()
        self.error = None

    def work(self):
        for start in self.starts:
            if start >= self.jobs:
                return
            self.kernel(start, min(start + self.chunk, self.jobs), *self.args)

    def help(self):
        with self.lock:
            if self.closed:
                return
            self.helpers += 1
        try:
            self.work()
        except BaseException as error:  # handed to the caller: a helper thread has nobody to tell
            self.error = error
        with self.lock:
            self.helpers -= 1
            self.left[0] += 1
            if not self.helpers:
                self.idle.set()

    def finish(self):
        """Wait for the helpers that are still inside."""
        while True:
            with self.lock:
                self.closed = True
                if not self.helpers:
                    break
                self.idle.clear()
                left = int(self.left[0])
            if not _spin(self.left, left, SPINS):
                self.idle.wait()
        if self.error is not None:
            raise self.error


class _Pool:
    """Helper threads that wait for tasks."""

    def __init__(self):
        self.tasks = queue.SimpleQueue()
        self.offered = np.zeros(1, np.int64)  # counts tasks ever offered: helpers spin on it
        self.size = 0

    def grow(self, size):
        _spin(self.offered, -1, 1)  # compiled here and now: not twice at once, in the threads that need it
        while self.size < size:
            self.size += 1
            threading.Thread(target=self._help, name=f"minicnn-{self.size}", daemon=True).start()

    def offer(self, task, helpers):
        for _ in range(helpers):
            self.tasks.put(task)
        self.offered[0] += 1

    def _help(self):
        while True:
            offered = int(self.offered[0])
            try:
                task = self.tasks.get_nowait()
            except queue.Empty:
                if _spin(self.offered, offered, SPINS):
                    continue
                task = self.tasks.get()
            task.help()
            del task  # its arrays must not stay alive while this thread waits


def _default_threads():
    asked = os.environ.get("MINICNN_NUM_THREADS")
    if asked:
        if not asked.isdecimal() or int(asked) < 1:
            raise ValueError(f"MINICNN_NUM_THREADS must be a whole number, 1 or more. Received: {asked!r}.")
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_threads = _default_threads()
_pool = _Pool()
_grow_lock = threading.Lock()


def _after_fork():
    """Begin anew in a forked child: its parent's helpers do not exist here, and locks may have been held."""
    global _pool, _grow_lock
    _pool, _grow_lock = _Pool(), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def set_num_threads(n):
    """Choose how many threads a kernel may use, the calling one included.

    Parameters
    ----------
    n : int, 1 or more. The results do not depend on it, to the bit.

    Raises
    ------
    ValueError: `n` must be a whole number, 1 or more. Received: n=0.
    """
    global _threads
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"`n` must be a whole number, 1 or more. Received: n={n!r}.")
    _threads = int(n)


def get_num_threads():
    """Tell how many threads a kernel may use: as set, or MINICNN_NUM_THREADS, or the processors we may run on."""
    return _threads


def run(kernel, jobs, work, *args):
    """Call kernel(start, stop, *args) so that every job 0 <= job < jobs is done once, by any thread.

    Parameters
    ----------
    kernel : compiled function, nogil
    jobs : int                  work : int, elementary operations of all jobs together; little work stays in one thread
    args : what the kernel takes after start and stop
    """
    threads = min(_threads, jobs)
    if threads <= 1 or work < SERIAL:
        if jobs > 0:
            kernel(0, jobs, *args)
        return
    task = _Task(kernel, jobs, args, -(-jobs // (threads * CHUNKS)))
    if _pool.size < threads - 1:
        with _grow_lock:
            _pool.grow(threads - 1)
    _pool.offer(task, threads - 1)
    try:
        task.work()
    finally:
        task.finish()
