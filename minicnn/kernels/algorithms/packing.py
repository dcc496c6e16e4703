"""Weights laid out for the register tile: in blocks of filters, each as wide as a tile.

A tile is V registers of L lanes wide (see machine/tile), so it computes V * L filters side by side: a block. Each step
of its loop reads one weight of every filter in the block. So a packed kernel is (blocks, weights of a filter, V*L), and
the loop walks through it without a gap. Where a group's filters do not fill its last block, zeros do.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...types import AnyArray, Array, Pair
from ..bias import padded_to_registers
from ..machine import ceil_div, jit, memory, run, tile

PACKED_ROWS = 64  # rows of a kernel seen as a matrix (weights of a filter, F) that one job packs


class Filters(NamedTuple):
    """How filters lie in blocks: groups, filters in a group, and blocks in a group."""

    groups: int
    share: int
    blocks: int


@lru_cache(1024)
def filters_of(count: int, groups: int, dtype: np.dtype[Any]) -> tuple[Filters, int]:
    """Describe how `count` filters fill blocks: return Filters and V."""
    share = count // groups
    v = tile.columns(share, dtype)
    return Filters(groups, share, ceil_div(share, v * tile.lanes(dtype))), v


@jit
def _pack(start, stop, kernel, scale, packed, share, blocks):
    """Job: `PACKED_ROWS` rows of a kernel (weights, F). packed (all blocks, weights, V*L) = kernel * scale, then zeros.

    share, blocks: of a group, as in Filters.
    """
    for k in range(start * PACKED_ROWS, min(stop * PACKED_ROWS, kernel.shape[0])):
        for block in range(packed.shape[0]):
            first = block // blocks * share + block % blocks * packed.shape[2]
            count = min(packed.shape[2], share - block % blocks * packed.shape[2])
            row, source, factors = packed[block, k], kernel[k, first : first + count], scale[first : first + count]
            for lane in range(count):
                row[lane] = source[lane] * factors[lane]
            row[count:] = 0


@jit
def _pack_flipped(start, stop, kernel, packed, phase, strides, groups, blocks):
    """Job: one block of channels. packed (blocks, KH', KW', F // groups, V*L): taps in reverse, channels in the lanes.

    Only every sh-th row and sw-th column of the kernel, from `phase` on.
    """
    _, _, channels, count = kernel.shape
    share = count // groups
    lanes = tile.REGISTER_BYTES // kernel.itemsize
    _, rows, columns, _, width = packed.shape
    flat, out = kernel.reshape(-1), packed.reshape(-1)
    for block in range(start, stop):
        first_filter, first = block // blocks * share, block % blocks * width
        for a in range(rows):
            for b in range(columns):
                tap_row, tap = phase[0] + strides[0] * (rows - 1 - a), phase[1] + strides[1] * (columns - 1 - b)
                at = (tap_row * kernel.shape[1] + tap) * channels * count + first_filter
                to = ((block * rows + a) * columns + b) * share * width
                for lane in range(0, width, lanes):
                    for f in range(0, share, lanes):
                        if first + lane + lanes <= channels and f + lanes <= share:
                            source = at + (first + lane) * count + f
                            tile.transpose(flat, source, count, out, to + f * width + lane, width)
                        else:
                            for g in range(f, min(f + lanes, share)):
                                for i in range(lane, lane + lanes):
                                    c = first + i
                                    out[to + g * width + i] = flat[at + c * count + g] if c < channels else 0


def pack(kernel: Array, groups: int, scale: Array | None = None) -> tuple[AnyArray, Filters, int]:
    """Lay a kernel (KH, KW, C // groups, F) out in blocks of filters: return it, flat, with Filters and V.

    `scale` (F,) multiplies each filter on the way: free, but where F is exactly V*L, which otherwise needs no copy.
    """
    filters, v = filters_of(kernel.shape[3], groups, kernel.dtype)
    width, per_filter = v * tile.lanes(kernel.dtype), kernel[..., 0].size
    if filters.share == width and groups == 1 and scale is None:
        return kernel.reshape(-1), filters, v
    scale = np.ones(kernel.shape[3], kernel.dtype) if scale is None else scale
    packed = memory.empty((groups * filters.blocks, per_filter, width), kernel.dtype)
    rows = kernel.reshape(per_filter, kernel.shape[3])
    run(_pack, ceil_div(per_filter, PACKED_ROWS), packed.size, rows, scale, packed, filters.share, filters.blocks)
    return packed.reshape(-1), filters, v


def pack_flipped(kernel: Array, phase: Pair, strides: Pair, groups: int) -> tuple[AnyArray, Filters, int]:
    """Lay the part of a kernel that makes one phase of the input's gradient out in blocks (see input_gradient.py).

    There the filters' part is played by the channels: they are what lies in the lanes.
    """
    kh, kw, channels, count = kernel.shape
    filters, v = filters_of(channels * groups, groups, kernel.dtype)
    taps = ceil_div(kh - phase[0], strides[0]), ceil_div(kw - phase[1], strides[1])
    packed = memory.empty((groups * filters.blocks, *taps, count // groups, v * tile.lanes(kernel.dtype)), kernel.dtype)
    run(_pack_flipped, len(packed), packed.size, kernel, packed, phase, strides, groups, filters.blocks)
    return packed, filters, v


def pack_bias(bias: Array | None, filters: Filters, v: int, dtype: np.dtype[Any]) -> Array:
    """Lay a bias (F,) out in the same blocks, flat; zeros for None."""
    return padded_to_registers(bias, filters.groups, filters.blocks * v * tile.lanes(dtype), dtype)
