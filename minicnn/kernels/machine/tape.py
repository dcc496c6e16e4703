"""A tape: the kernels of one run, written down to be done again without Python.

A kernel on a small image takes some microseconds, and Python takes longer to check its arguments and to choose its
tiles. For inputs of the same shapes these choices are the same. So the compiled calls of one run are noted, with the
addresses of their code, arrays and sizes, and to play them is one loop in compiled code.

What a tape does not see is what NumPy does between two kernels. So who records vouches that every number which depends
on inputs or on a model's arrays is computed in kernels; a place that cannot vouch says `refuse()`. A kernel may write
into an array that all went well (`expect`): if after a play it did not, the run is done again by Python.

Arrays that come from the tape's workspace are reused within the recorded run and in every play. All others that a
kernel was given, the model's among them, are held: so an address stays good as long as the tape lives.
"""

import contextlib
import threading
from collections.abc import Generator
from typing import Any

import numpy as np

from ...types import AnyArray, BoolArray, NDArray
from . import memory
from .jit import Compiled

ARGUMENTS = 2048  # bytes, of one call


class Tape:
    """The calls of one run.

    Parameters
    ----------
    space : Workspace
        where large arrays come from; every play writes to them anew, whoever holds one

    Attributes
    ----------
    good : bool
        False once something happened that a play would not repeat
    tasks : (calls, 5) int64
        address of the code, address of its arguments, jobs, jobs of a chunk, helpers; written by `end`
    seats : int
        helpers at most; written by `end`

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, recorded = np.array([-1.0, 2.0]), kernels.Tape(kernels.Workspace())
    >>> with kernels.recording(recorded):
    ...     y = kernels.relu_forward(x)
    >>> x[:] = 3.0, -4.0
    >>> recorded.good, kernels.play(recorded), y.tolist()
    (True, True, [3.0, 0.0])
    """

    def __init__(self, space: memory.Workspace) -> None:
        self.space: memory.Workspace = space
        self.good: bool = True
        self.tasks: NDArray[np.int64] = np.empty((0, 5), np.int64)
        self.seats: int = 0
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._held: list[AnyArray] = []
        self._expected: list[BoolArray] = []

    def note(self, keep: Compiled, args: tuple[Any, ...], jobs: int, chunk: int, seats: int) -> None:
        """Write one call down. keep(place, *args) copies the arguments and returns the address of the code."""
        place = np.empty(ARGUMENTS, np.uint8)
        code = keep(place, *args)
        self.good &= code != 0
        self._rows.append((code, place.ctypes.data, jobs, chunk, seats))
        own = {id(buffer) for buffer in self.space.buffers}
        roots = (_root(arg) for arg in args if isinstance(arg, np.ndarray))
        self._held += [place, *(root for root in roots if id(root) not in own)]

    def end(self) -> None:
        """Finish writing."""
        self.tasks = np.array(self._rows, np.int64).reshape(-1, 5)
        self.seats = int(self.tasks[:, 4].max(initial=0))

    def expect(self, array: BoolArray) -> None:
        """Take a run for good only if all numbers of this array, which its kernels write, are true."""
        self._expected.append(array)

    def as_expected(self) -> bool:
        """Tell whether all went well in the last run or play."""
        return all(bool(array.all()) for array in self._expected)


def _root(array: AnyArray) -> AnyArray:
    """Find the array whose memory this one shows: to hold a view of a workspace's buffer would mark it as in use."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class _Local(threading.local):
    tape: Tape | None = None


_local = _Local()


def current() -> Tape | None:
    """Return the tape that this thread records on, or None."""
    return _local.tape


@contextlib.contextmanager
def recording(tape: Tape) -> Generator[None, None, None]:
    """Note every kernel that this thread calls until the block ends, and take large arrays from the tape's memory.

    An outer tape does not see them, and is not good any longer.

    Parameters
    ----------
    tape : Tape
        a new one; ready to be played (`play`) where it is `good` at the end

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x, recorded = np.ones((1, 4, 4, 1)), kernels.Tape(kernels.Workspace())
    >>> with kernels.recording(recorded):
    ...     y = kernels.relu_forward(kernels.maxpool2d_forward(x, (2, 2), (2, 2), ((0, 0), (0, 0))))
    >>> len(recorded.tasks)  # two kernels, so two calls
    2
    """
    refuse()
    outer, _local.tape = _local.tape, tape
    try:
        with memory.workspace(tape.space, alone=True):
            yield
    except BaseException:
        tape.good = False
        raise
    finally:
        _local.tape = outer
        tape.end()


def refuse() -> None:
    """Say that something was computed outside the kernels."""
    if _local.tape is not None:
        _local.tape.good = False


def expect(array: BoolArray) -> None:
    """Say that all numbers of an array, which kernels write, must be true for the run to count."""
    if _local.tape is not None:
        _local.tape.expect(array)
