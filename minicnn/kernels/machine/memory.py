"""Where kernels get every large array from.

A fresh large array costs page faults: the system hands out its memory page by page, cleared, at the first touch, and
for a memory-bound kernel that takes as long as the work. Inside `with workspace():` the memory of arrays that nobody
holds any longer is handed out again.

Whether somebody still holds an array is read from its reference count: every view of a buffer, and every view of such
a view, holds a reference to the buffer itself. So an array that a caller kept is never overwritten.
"""

import bisect
import contextlib
import math
import sys
import threading
from collections.abc import Generator

import numpy as np

from ...types import AnyArray, DTypeLike, NDArray
from .integers import ceil_div

LARGE = 1 << 24  # bytes; an output of this size has left the second cache, mostly the last one too, before it is read
ALIGNED = 64  # bytes, a cache line and the widest register: to straddle two made the depthwise kernel 1.3 times slower
SMALL = 1 << 16  # bytes; below, the allocator of the C library reuses memory by itself

_local = threading.local()


class Workspace:
    """Buffers that arrays of any dtype and shape are cut from.

    Attributes
    ----------
    buffers : list of uint8 arrays
        sorted by size; free is one that nobody else holds

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> space = kernels.Workspace()
    >>> with kernels.workspace(space):
    ...     y = kernels.relu_forward(np.ones((100, 100, 10)))
    >>> len(space.buffers), space.buffers[0].nbytes >= y.nbytes
    (1, True)
    """

    def __init__(self) -> None:
        self.buffers: list[NDArray[np.uint8]] = []
        self._sizes: list[int] = []
        self._aligned: list[int] = []  # the first byte of each on a cache line: to ask takes longer than to look

    def take(self, nbytes: int) -> NDArray[np.uint8]:
        """Return bytes, aligned, of the smallest free buffer that fits without wasting more than half, or a new one."""
        need = nbytes + ALIGNED
        at = bisect.bisect_left(self._sizes, need)
        while at < len(self._sizes) and self._sizes[at] <= 2 * need:
            if sys.getrefcount(self.buffers[at]) == 2:  # nobody else holds it: the list's, and getrefcount's own
                break
            at += 1
        else:
            buffer = np.empty(ceil_div(need, 4096) * 4096, np.uint8)
            at = bisect.bisect_right(self._sizes, buffer.nbytes)
            self.buffers.insert(at, buffer)
            self._sizes.insert(at, buffer.nbytes)
            self._aligned.insert(at, -buffer.ctypes.data % ALIGNED)
        return self.buffers[at][self._aligned[at] : self._aligned[at] + nbytes]


@contextlib.contextmanager
def workspace(space: Workspace | None = None, alone: bool = False) -> Generator[None, None, None]:
    """Reuse the memory of large arrays, in this thread, until the block ends.

    Put it round a training loop or a loop over batches. Nested blocks share the outer one's memory. At the end all
    memory is released, except for arrays that are still held: these stay valid.

    Parameters
    ----------
    space : Workspace, optional
        the caller's own: its memory is kept for the caller's next block
    alone : bool
        use it also inside an outer block

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> x = np.ones((100, 100, 10))
    >>> with kernels.workspace():
    ...     first = kernels.relu_forward(x).ctypes.data  # nobody holds the array any longer ...
    ...     second = kernels.relu_forward(x).ctypes.data  # ... so its memory is handed out again
    >>> first == second
    True
    """
    outer = getattr(_local, "workspace", None)
    if outer is not None and not alone:
        yield
        return
    _local.workspace = Workspace() if space is None else space
    try:
        yield
    finally:
        _local.workspace = outer


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> AnyArray:
    """Return an uninitialised array, from the thread's workspace if there is one; a large one lies on cache lines.

    Parameters
    ----------
    shape : tuple of int
        the sizes
    dtype : NumPy dtype
        of its numbers

    Returns
    -------
    array : C-contiguous
        no other live array shares its memory

    Examples
    --------
    >>> empty((100, 100, 10), "float32").ctypes.data % ALIGNED
    0
    """
    dtype = np.dtype(dtype)
    nbytes = dtype.itemsize * math.prod(shape)
    if nbytes < SMALL:
        return np.empty(shape, dtype)
    space = getattr(_local, "workspace", None)
    if space is not None:
        return space.take(nbytes).view(dtype).reshape(shape)
    buffer = np.empty(nbytes + ALIGNED, np.uint8)
    first = -buffer.ctypes.data % ALIGNED
    return buffer[first : first + nbytes].view(dtype).reshape(shape)


def streams(array: AnyArray) -> bool:
    """Tell whether an output is better written past the caches: it is large, and its rows are whole cache lines."""
    return (
        array.nbytes >= LARGE and array.shape[-1] * array.itemsize % ALIGNED == 0 and array.ctypes.data % ALIGNED == 0
    )
