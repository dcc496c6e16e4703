"""What a processor is to the kernels: registers, caches, memory, threads, and code compiled for them.

What the operations use of it:

    tile            the register tile, on which convolutions and products are computed: read this first
    jit             Numba's options (jit.py), and `intrinsic`; where compiled kernels are kept: disk_cache.py
    run             a kernel's jobs, shared between threads (threads.py); how these meet: team.py
    memory          large arrays, reused inside `with workspace():`, whose memory is a Workspace
    tape            a run done again without Python
    checks          what is asked of every array before compiled code reads it
    broadcast       arrays whose sizes of 1 are repeated to fit each other
    elementwise     one formula for every number of an array
    pairwise        one formula for the numbers of two arrays
    sums            long sums in float64
    exp             for many numbers at once (exponential.py)
    sums_are_finite whether the sums of an array are, and so all of it (finite.py)
    ceil_div        how many pieces cover something (integers.py)
    REGISTER_BYTES  how wide a register is, and REGISTERS, how many there are (registers.py)
"""

from . import broadcast, checks, elementwise, memory, pairwise, sums, tape, tile
from .exponential import exp
from .finite import sums_are_finite
from .integers import ceil_div
from .jit import Compiled, intrinsic, jit, on_first_compile
from .memory import Workspace, workspace
from .registers import REGISTER_BYTES, REGISTERS
from .tape import Tape, recording
from .threads import get_num_threads, play, run, set_num_threads

__all__ = [
    "REGISTERS",
    "REGISTER_BYTES",
    "Compiled",
    "Tape",
    "Workspace",
    "broadcast",
    "ceil_div",
    "checks",
    "elementwise",
    "exp",
    "get_num_threads",
    "intrinsic",
    "jit",
    "memory",
    "on_first_compile",
    "pairwise",
    "play",
    "recording",
    "run",
    "set_num_threads",
    "sums",
    "sums_are_finite",
    "tape",
    "tile",
    "workspace",
]
