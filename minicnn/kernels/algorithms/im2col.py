"""im2col: every window copied out as a row, so that a convolution becomes a product of two matrices."""

from ...types import Array, Pair
from ..machine import jit, memory, run


@jit
def _copy_windows(start, stop, x, patches, kernel_size, strides, dilation, groups):
    """Job: one row of outputs. patches (N, OH, OW, groups, KH, KW, C // groups)."""
    oh, share = patches.shape[1], x.shape[3] // groups
    for job in range(start, stop):
        n, i = job // oh, job % oh
        for j in range(patches.shape[2]):
            for g in range(groups):
                for a in range(kernel_size[0]):
                    for b in range(kernel_size[1]):
                        pixel = x[n, i * strides[0] + a * dilation[0], j * strides[1] + b * dilation[1]]
                        patches[n, i, j, g, a, b] = pixel[g * share : (g + 1) * share]


def copy_windows(
    padded: Array,
    output_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    strides: Pair,
    dilation: Pair,
    groups: int,
) -> Array:
    """Return the windows of padded images as rows: (1, 1, N * OH * OW, groups * KH * KW * C // groups)."""
    n, oh, ow, _ = output_shape
    patches = memory.empty((n, oh, ow, groups, *kernel_shape[:3]), padded.dtype)
    run(_copy_windows, n * oh, patches.size, padded, patches, kernel_shape[:2], strides, dilation, groups)
    return patches.reshape(1, 1, n * oh * ow, groups * kernel_shape[0] * kernel_shape[1] * kernel_shape[2])
