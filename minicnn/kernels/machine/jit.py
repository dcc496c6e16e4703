"""The one place that holds Numba's options. Where compiled kernels are kept: disk_cache.py."""

import functools

import numba
from numba.core import event

from .disk_cache import DiskCache

if numba.config.DISABLE_JIT:
    raise ValueError(
        "minicnn's kernels are compiled by Numba, so NUMBA_DISABLE_JIT must be 0 or unset. "
        f"Received: NUMBA_DISABLE_JIT={numba.config.DISABLE_JIT}."
    )


def jit(function=None, *, contract=True):
    """Compile `function` with the options that every kernel shares.

    nogil lets several threads run kernels at once. error_model="numpy" divides by zero as NumPy does, without a branch.
    `contract` lets a*b + c become one multiply-add, rounded once; without it both steps round, as in NumPy. The other
    fast-math flags assume that there is no NaN or inf, and here NaN must travel.
    """
    if function is None:
        return functools.partial(jit, contract=contract)
    kernel = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"} if contract else set())(function)
    kernel._cache = DiskCache(function)  # what `cache=True` does, with files that mend themselves
    return kernel


class _FirstCompile(event.Listener):
    def __init__(self, callback):
        self.callback = callback

    def on_start(self, event):
        if self.callback is not None:
            callback, self.callback = self.callback, None
            callback()

    def on_end(self, event):
        pass


def on_first_compile(callback):
    """Call `callback()` once, when the first kernel is really compiled. Kernels found on disk do not count."""
    event.register("numba:compile", _FirstCompile(callback))
