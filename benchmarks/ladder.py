"""python -m benchmarks ladder: one convolution through every algorithm, from the seven loops of its definition up.

All rungs compute the same 3x3 convolution with bias and ReLU. "MB moved" is what an algorithm has to read and write at
least, in main memory: im2col writes every window out and reads it again, Winograd transforms its kernels to 36 numbers
for 9 and keeps the rest in the caches.
"""

import math

import numpy as np

from minicnn import kernels, reference

from . import machine, peers, progress, results, roofline, timing
from .case import Case

FULL = Case("ladder", "56x56x64-64-k3", "conv2d", (1, 56, 56, 64), 64, (3, 3), (1, 1), "same")
QUICK = Case("ladder", "8x8x16-16-k3", "conv2d", (1, 8, 8, 16), 16, (3, 3), (1, 1), "same")
ALGORITHMS = ("im2col", "direct", "winograd", "auto")


def measure(threads, quick=False):
    """Time every algorithm on one convolution.

    Parameters
    ----------
    threads : int
    quick : bool
        A small convolution.
    """
    case = QUICK if quick else FULL
    x, kernel, bias, _ = arrays = case.arrays()
    how = case.strides, case.pads
    calls = {
        "reference": lambda: np.maximum(reference.conv2d_forward(x, kernel, bias, *how), 0),
        "NumPy, im2col": lambda: _numpy_im2col(case, x, kernel, bias),
    }
    for name in ALGORITHMS:
        calls[name] = lambda name=name: kernels.conv2d_forward(x, kernel, bias, *how, activation="relu", algorithm=name)
    engines, missing = peers.load(["keras", "onnxruntime"], threads)
    for engine in engines[1:]:
        engine.all_forms = False
        for name, (call, read) in engine.runs(case, "fwd", arrays).items():
            calls[name] = lambda call=call, read=read: read(call())
    exact = reference.conv2d_forward(*(each.astype(np.float64) for each in (x, kernel, bias)), *how)
    limits = roofline.limits(threads, quick)
    rows = []
    for name in progress.track(calls, "ladder"):
        y, first = timing.timed(calls[name])
        off = float(np.max(np.abs(y - np.maximum(exact, 0))))
        if not off <= 1e-3 * float(np.max(np.abs(exact))):
            raise ValueError(f"{name} is off by {off:.2g}; it is not timed.")
        sample = timing.Sample(first, [first])
        if first < 1.0:
            sample = timing.race({name: calls[name]}, 0.0 if quick else 1.0, 3)[name]
        row = sample.row()
        seconds = row["ms"] / 1e3
        rows.append(
            {
                **row,
                "algorithm": name,
                "gflops": case.flop / seconds / 1e9,
                "difference": off,
                "share": case.flop / seconds / 1e9 / limits["peak_gflops"],
                "mb": _bytes(case, name) / 1e6,
            }
        )
    head = machine.header(threads, limits)
    head["missing"] = missing
    head["case"] = (
        f"One picture of {'x'.join(map(str, case.x_shape[1:]))}, {case.filters} filters 3x3, padded: "
        f"{case.flop / 1e9:.3f} GFLOP. Differences are from float64."
    )
    return results.part("ladder", head, rows)


def _numpy_im2col(case, x, kernel, bias):
    """Multiply every window, a row of a matrix, with the filters, its columns."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), *case.pads, (0, 0))), case.window, (1, 2))
    rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, math.prod(kernel.shape[:3]))  # (N * OH * OW, KH * KW * C)
    return np.maximum(rows @ kernel.reshape(rows.shape[1], -1) + bias, 0).reshape(case.y_shape)


def _bytes(case, algorithm):
    least = case.bytes_moved("fwd")
    if "im2col" in algorithm:
        return least + 2 * 4 * math.prod(case.y_shape[:3]) * math.prod(case.kernel_shape[:3])
    if algorithm == "winograd":
        return least + 2 * 4 * 36 * math.prod(case.kernel_shape[2:])
    return least
