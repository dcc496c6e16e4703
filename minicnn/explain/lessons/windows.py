"""The walks about windows: what padding and stride do to the size of a map."""

from collections.abc import Callable, Iterator

import numpy as np

from ... import reference
from .drawing import grid


def _padding():
    yield (
        "Padding: zeros around the picture, so that the window may stand at its edge.\n"
        "output = floor((size + before + after - window) / stride) + 1"
    )
    for size, window in ((5, 3), (5, 5), (6, 2)):
        yield (
            f'size {size}, window {window}, padding="valid" (none): '
            f"floor(({size} + 0 + 0 - {window}) / 1) + 1 = {reference.output_size(size, window, 1, 0)}"
        )
    yield (
        'padding="same" wants ceil(size / stride) outputs, and takes what that needs:\n'
        "total = max((ceil(size / stride) - 1) * stride + window - size, 0)\n"
        "before = total // 2, after = the rest: an odd pixel goes after."
    )
    for size, window, stride in ((5, 3, 1), (5, 2, 1), (6, 3, 2), (7, 3, 2), (5, 2, 2), (4, 1, 2)):
        before, after = reference.same_pads(size, window, stride)
        wanted = (size + stride - 1) // stride
        yield (
            f"size {size}, window {window}, stride {stride}: ceil({size} / {stride}) = {wanted} outputs;\n"
            f"  total = max(({wanted} - 1) * {stride} + {window} - {size}, 0) = {before + after}: "
            f"{before} before, {after} after\n"
            f"  check: floor(({size} + {before} + {after} - {window}) / {stride}) + 1 = "
            f"{reference.output_size(size, window, stride, before + after)}"
        )
    yield (
        "Stride 2 and an odd size: 7 pixels need one before and one after, 6 pixels only\n"
        "one after. PyTorch's padding=1 would put one on both sides: other numbers."
    )


def _stride():
    x = np.arange(1.0, 8.0)
    yield (
        "Stride: how many pixels the window moves from one stop to the next.\n"
        "output = floor((size - window) / stride) + 1"
    )
    for stride in (1, 2, 3, 4):
        count = reference.output_size(7, 3, stride, 0)
        starts = [stop * stride for stop in range(count)]
        read = {at for start in starts for at in range(start, start + 3)}
        lost = sorted(set(range(7)) - read)
        yield (
            f"7 pixels, window 3, stride {stride}: floor((7 - 3) / {stride}) + 1 = {count}\n"
            + "\n".join(f"{grid(x[None], (0, start, 1, 3))}" for start in starts)
            + (f"\n  never read: {', '.join(f'{x[at]:g}' for at in lost)}" if lost else "\n  every pixel is read")
        )
    yield (
        "A stride of 2 halves height and width, so the next layer works on a quarter of\n"
        "the pixels, and neighbouring cells of it lie two pixels apart."
    )


WINDOWS: dict[str, Callable[[], Iterator[str]]] = {"padding": _padding, "stride": _stride}
