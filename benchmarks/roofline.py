"""The machine's two limits, measured: how many multiply-adds its registers do, how many bytes a copy moves.

The peak is a loop of multiply-adds on vectors that never leave the registers, as many at once as hide their latency.
The bandwidth is the better of two copies of arrays that no cache holds: NumPy's and a compiled loop. Both run on as
many threads as the engines get, and of all rounds the best counts: a limit is what the machine can do at all.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from minicnn.kernels import REGISTERS

from . import machine

LANES = machine.lanes()
CHAINS = REGISTERS * 3 // 4  # independent sums: latency 4 to 5 cycles, two units, and some room for the compiler


@intrinsic
def _multiply_adds(typingctx, rounds, factor):
    """Run `rounds` times: sum = sum * factor + factor, in CHAINS vectors of LANES float32 numbers."""

    def codegen(context, builder, signature, args):
        vector = ir.VectorType(ir.FloatType(), LANES)
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{LANES}f32"
        )
        factor = ir.Constant(vector, ir.Undefined)
        for lane in range(LANES):
            factor = builder.insert_element(factor, args[1], ir.Constant(ir.IntType(32), lane))
        sums = [cgutils.alloca_once_value(builder, ir.Constant(vector, [i + 1.0] * LANES)) for i in range(CHAINS)]
        with cgutils.for_range(builder, args[0]):
            for place in sums:
                builder.store(builder.call(fma, [builder.load(place), factor, factor]), place)
        total = builder.load(sums[0])
        for place in sums[1:]:
            total = builder.fadd(total, builder.load(place))
        return builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

    return types.float32(types.intp, types.float32), codegen


@numba.njit(nogil=True)
def _burn(rounds, factor):
    return _multiply_adds(rounds, factor)


@numba.njit(nogil=True)
def _copy(source, target):
    for i in range(source.size):
        target[i] = source[i]


def _best_seconds(threads, work, rounds):
    """Run work(part) on all threads at once; return the seconds of the best round."""
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            start = time.perf_counter()
            list(pool.map(work, range(threads)))
            best = min(best, time.perf_counter() - start)
    return best


def peak_gflops(threads, milliseconds=50, rounds=9):
    """Measure the multiply-add peak, in 10^9 operations a second, two for each multiply-add."""
    count = 100_000
    _burn(count, np.float32(0.5))
    start = time.perf_counter()
    _burn(count, np.float32(0.5))
    count = max(count, int(count * milliseconds / 1e3 / (time.perf_counter() - start)))
    seconds = _best_seconds(threads, lambda part: _burn(count, np.float32(0.5)), rounds)
    return 2 * LANES * CHAINS * count * threads / seconds / 1e9


def copy_gbs(threads, megabytes=128, rounds=9):
    """Measure the copy bandwidth in 10^9 bytes a second, bytes read and bytes written both counted."""
    size = megabytes * (1 << 20) // 8 // threads
    sources = [np.ones(size) for _ in range(threads)]
    targets = [np.zeros(size) for _ in range(threads)]
    _copy(sources[0][:8], targets[0][:8])
    seconds = min(
        _best_seconds(threads, lambda part: np.copyto(targets[part], sources[part]), rounds),
        _best_seconds(threads, lambda part: _copy(sources[part], targets[part]), rounds),
    )
    return 2 * sources[0].nbytes * threads / seconds / 1e9


def limits(threads, quick=False):
    """Measure both limits, as a head has them."""
    if quick:
        return {"peak_gflops": peak_gflops(threads, 5, 3), "copy_gbs": copy_gbs(threads, 16, 3)}
    return {"peak_gflops": peak_gflops(threads), "copy_gbs": copy_gbs(threads)}


def share_of_limit(flop, nbytes, seconds, head):
    """Return what was reached as a share of the roof: min(peak, bandwidth * operations per byte).

    Parameters
    ----------
    flop, nbytes : of the work; flop 0 where only bytes count
    seconds : float
    head : dict with peak_gflops and copy_gbs
    """
    least = max(flop / (head["peak_gflops"] * 1e9), nbytes / (head["copy_gbs"] * 1e9))
    return least / seconds if seconds else 0.0
