"""The one place that holds Numba's options. Where compiled kernels are kept: disk_cache.py."""

import functools
from collections.abc import Callable
from typing import Any, overload

import numba
from numba import extending
from numba.core import config, event

from .disk_cache import keep_on_disk

_disabled = vars(config)["DISABLE_JIT"]  # which Numba sets as it starts
if _disabled:
    raise ValueError(
        "minicnn's kernels are compiled by Numba, so NUMBA_DISABLE_JIT must be 0 or unset. "
        f"Received: NUMBA_DISABLE_JIT={_disabled}."
    )


# A function for compiled code. Numba finds the types of its arguments when it is called, so none are written down.
Compiled = Callable[..., Any]
# What a function under `intrinsic` tells the compiler: the types of its result and arguments, and who writes the LLVM.
Instructions = tuple[Any, Callable[..., Any]]


@overload
def jit(function: Callable[..., Any]) -> Compiled: ...
@overload
def jit(*, contract: bool) -> Callable[[Callable[..., Any]], Compiled]: ...
def jit(function: Callable[..., Any] | None = None, *, contract: bool = True) -> Any:
    """Compile `function` with the options that every kernel shares.

    nogil lets several threads run kernels at once. error_model="numpy" divides by zero as NumPy does, without a branch.
    `contract` lets a*b + c become one multiply-add, rounded once; without it both steps round, as in NumPy. The other
    fast-math flags assume that there is no NaN or inf, and here NaN must travel.

    Parameters
    ----------
    function : Python function, in a file
        its loops over arrays; what it compiles to is found on disk by the file's content
    contract : bool
        whether a*b + c may be one instruction
    """
    if function is None:
        return functools.partial(jit, contract=contract)
    kernel: Any = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"} if contract else set())(function)
    keep_on_disk(kernel, function)
    return kernel


def intrinsic(function: Callable[..., Any]) -> Compiled:
    """Make a function a few LLVM instructions in the kernels that call it (see tile/values.py).

    It is Numba's `intrinsic`. Only the type is ours: the first parameter, `typingctx`, is the compiler's, not the
    caller's.
    """
    return extending.intrinsic(function)


class _FirstCompile(event.Listener):
    """Waits for the compiler's first event, says so, and is deaf from then on."""

    def __init__(self, callback: Callable[[], object] | None) -> None:
        self.callback = callback

    def on_start(self, event):
        if self.callback is not None:
            callback, self.callback = self.callback, None
            callback()

    def on_end(self, event):
        pass


def on_first_compile(callback: Callable[[], object]) -> None:
    """Call `callback()` once, when the first kernel is really compiled. Kernels found on disk do not count.

    Parameters
    ----------
    callback : callable without arguments
        tells a user why the next call takes seconds, say

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from minicnn import kernels
    >>> told = []
    >>> kernels.on_first_compile(partial(told.append, "compiling, once for this machine"))
    >>> _ = kernels.relu_forward(np.ones(3))
    >>> len(told) <= 1  # 0 where the kernel lay on disk
    True
    """
    event.register("numba:compile", _FirstCompile(callback))
