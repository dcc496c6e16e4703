"""Every kernel over edge shapes, for tests of how kernels touch memory and how threads share their work.

Run as a program it prints a digest of all results, bit for bit:

    python tests/kernels/edge_cases.py [few | guarded]

"few" leaves out most, so that little is compiled. "guarded" lays every array between two pages that may not be read or
written, flush with the first and then flush with the second: a kernel that reads or writes one number beside its array
ends the process.
"""

import ctypes
import hashlib
import mmap
import sys

import numpy as np

CONVOLUTIONS = [  # x, kernel, strides, pads, dilation, groups: window and picture alike, odd leftovers, few lanes, gaps
    ((1, 1, 1, 1), (1, 1, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((2, 5, 7, 3), (3, 3, 3, 7), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((2, 7, 6, 5), (2, 3, 5, 16), (3, 2), ((0, 1), (1, 1)), (1, 1), 1),
    ((1, 9, 23, 4), (1, 2, 4, 33), (3, 3), ((0, 0), (0, 0)), (1, 1), 1),
    ((2, 8, 8, 4), (3, 3, 2, 6), (1, 1), ((2, 2), (2, 2)), (2, 2), 2),
    ((1, 6, 6, 18), (1, 1, 18, 40), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((3, 14, 13, 32), (3, 3, 32, 48), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((0, 4, 4, 2), (3, 3, 2, 2), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
]
DENSES = [(1, 1, 1), (1, 30, 64), (1, 9, 150), (5, 7, 33), (3, 600, 10), (70, 40, 32), (0, 3, 2)]
POOLS = [((2, 5, 7, 3), (2, 2), (2, 2), ((0, 0), (0, 0))), ((1, 4, 4, 17), (3, 3), (2, 2), ((1, 1), (0, 1)))]


def results(place, few=False):
    """Run every kernel on arrays that went through `place`, and return what they return, in order."""
    from minicnn import kernels

    rng = np.random.default_rng(0)

    def normal(*shape, dtype):
        return place(rng.standard_normal(shape).astype(dtype))

    for dtype in ("float32",) if few else ("float32", "float64"):
        for x_shape, kernel_shape, *how in CONVOLUTIONS[1:3] if few else CONVOLUTIONS:
            x, kernel, bias = (normal(*shape, dtype=dtype) for shape in (x_shape, kernel_shape, kernel_shape[3:]))
            y = kernels.conv2d_forward(x, kernel, bias, *how, activation="relu")
            dy = normal(*y.shape, dtype=dtype)
            yield from (y, kernels.conv2d_backward_input(dy, kernel, x_shape, *how), kernels.bias_backward(dy))
            yield kernels.conv2d_backward_kernel(dy, x, kernel_shape[:2], *how)
            pool = (min(2, y.shape[1]), 1), (2, 1)
            pooled, winners = kernels.conv2d_maxpool2d_forward(x, kernel, bias, *how, *pool)
            dy = normal(*pooled.shape, dtype=dtype)
            yield from (pooled, winners, kernels.maxpool2d_unpool(dy, place(winners), y.shape, *pool))
        for n, inputs, count in DENSES[3:4] if few else DENSES:
            x, kernel = normal(n, inputs, dtype=dtype), normal(inputs, count, dtype=dtype)
            dy = normal(n, count, dtype=dtype)
            yield kernels.dense_forward(x, kernel, normal(count, dtype=dtype))
            yield from (kernels.dense_backward_input(dy, kernel), kernels.dense_backward_kernel(dy, x))
        for x_shape, *how in POOLS:
            x = normal(*x_shape, dtype=dtype)
            y = kernels.maxpool2d_forward(x, *how)
            yield from (y, kernels.maxpool2d_backward(normal(*y.shape, dtype=dtype), x, *how))
        for size in (1, 37, 20_000):
            x, dy = normal(size, dtype=dtype), normal(size, dtype=dtype)
            mask = place(rng.random(size) < 0.5)
            yield from (kernels.dropout_forward(x, mask, 0.5), kernels.rescaling_forward(x, 2.0, -1.0))
            for name in ("relu", "sigmoid", "softmax"):
                y = getattr(kernels, f"{name}_forward")(x)
                yield from (y, getattr(kernels, f"{name}_backward")(dy, y))


def digest(place=lambda array: array, few=False):
    """Return one number for the bits of all results."""
    total = hashlib.sha256()
    for result in results(place, few):
        total.update(np.ascontiguousarray(result).tobytes())
    return total.hexdigest()


def guarded(shape, dtype, at_end):
    """Make an array between two unreadable pages, flush with the second or the first."""
    dtype, page = np.dtype(dtype), mmap.PAGESIZE
    size = max(int(np.prod(shape)) * dtype.itemsize, dtype.itemsize)
    inner = -(-size // page) * page
    memory = mmap.mmap(-1, inner + 2 * page)
    view = np.frombuffer(memory, np.uint8)  # keeps the mapping alive
    mprotect = ctypes.CDLL(None, use_errno=True).mprotect
    for guard in (0, page + inner):
        if mprotect(ctypes.c_void_p(view.ctypes.data + guard), page, 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    first = page + (inner - size if at_end else 0)
    return view[first : first + int(np.prod(shape)) * dtype.itemsize].view(dtype).reshape(shape)


def guarded_digest(at_end):
    """Run everything with inputs, results and buffers between guard pages."""
    from minicnn.kernels.machine import memory

    def place(array):
        copy = guarded(array.shape, array.dtype, at_end)
        copy[...] = array
        return copy

    memory.empty = lambda shape, dtype: guarded(shape, dtype, at_end)
    return digest(place)


if __name__ == "__main__":
    if sys.argv[1:] == ["guarded"]:
        print(guarded_digest(False))
        print(guarded_digest(True))
    else:
        print(digest(few=sys.argv[1:] == ["few"]))
