"""A tape: the kernels of one run, written down to be done again without Python.

A kernel on a small picture takes some microseconds, and Python takes longer to check its arguments and to choose its
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

import numpy as np

from . import memory

ARGUMENTS = 2048  # bytes, of one call


class Tape:
    """The calls of one run.

    Parameters
    ----------
    space : Workspace       where large arrays come from; every play writes to them anew, whoever holds one

    Attributes
    ----------
    good : bool     False once something happened that a play would not repeat
    tasks : (calls, 5) int64, see `team.play`       seats : int, helpers at most; both made by `end`
    """

    def __init__(self, space):
        self.space, self.good, self.tasks, self.seats = space, True, None, 0
        self._rows, self._held, self._expected = [], [], []

    def note(self, keep, args, jobs, chunk, seats):
        """Write one call down. keep(place, *args) copies the arguments and gives the address of the code."""
        place = np.empty(ARGUMENTS, np.uint8)
        code = keep(place, *args)
        self.good &= code != 0
        self._rows.append((code, place.ctypes.data, jobs, chunk, seats))
        own = {id(buffer) for buffer in self.space.buffers}
        roots = (_root(arg) for arg in args if isinstance(arg, np.ndarray))
        self._held += [place, *(root for root in roots if id(root) not in own)]

    def end(self):
        """Finish writing."""
        self.tasks = np.array(self._rows, np.int64).reshape(-1, 5)
        self.seats = int(self.tasks[:, 4].max(initial=0))

    def as_expected(self):
        """Tell whether all went well in the last run or play."""
        return all(array.all() for array in self._expected)


def _root(array):
    """Find the array whose memory this one shows: to hold a view of a workspace's buffer would mark it as in use."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class _Local(threading.local):
    tape = None


_local = _Local()


def current():
    """Give the tape that this thread records on, or None."""
    return _local.tape


@contextlib.contextmanager
def recording(tape):
    """Note every kernel that this thread calls until the block ends, and take large arrays from the tape's memory.

    An outer tape does not see them, and is not good any longer.
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


def refuse():
    """Say that something was computed outside the kernels."""
    if _local.tape is not None:
        _local.tape.good = False


def expect(array):
    """Say that all numbers of an array, which kernels write, must be true for the run to count."""
    if _local.tape is not None:
        _local.tape._expected.append(array)
