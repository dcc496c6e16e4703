"""Pointwise convolution: a 1 x 1 window, a matrix product at every pixel. Where most of a modern net's work is.

y[p,f] = f( residual[p,f] + bias[f] + scale[f] * sum_c x[p,c] * kernel[c,f] )

Nothing slides, so all pixels of all pictures are one long row. Each weight is used once for each pixel: with the 361
pixels of a late layer that is so seldom that laying the weights out in memory beforehand (the register tile wants the
filters of one tile side by side) takes a third of the time. So each job lays out the panel of the filters that it is
at, as it goes, in the second cache, scaled on the way; and it stays at one stretch of pixels, so that they too are read
from there. At 361 x 728 x 728 this is 1.4 times as fast, at 100 x 1536 x 2048 1.9 times; with many pixels it is equal.
"""

import numpy as np

from . import tile
from .jit import jit
from .threads import run

STRETCH = 1 << 17  # numbers of x in one stretch: half of a second cache of 1 MB
PIXELS = 256  # pixels of a stretch at least, so that a panel is worth its copying
FEW_JOBS = 32  # enough for many threads to end together


@jit
def _forward(start, stop, x, kernel, scale, bias, residual, y, shape, channels, limit, cuts):
    """Job: a stretch of pixels, some blocks of V registers of filters. All arrays are flat; no residual: empty."""
    t, width = len(shape[0]), len(shape[1]) * (tile.REGISTER_BYTES // x.itemsize)
    one, zero = np.ones(1, x.dtype), x.dtype.type(0)
    pixels, count = x.size // channels, scale.size
    blocks = (count + width - 1) // width
    block_cuts = (blocks + cuts[1] - 1) // cuts[1]
    panel = np.empty(channels * width, x.dtype)
    for job in range(start, stop):
        stretch, block_cut = job // block_cuts, job % block_cuts
        stretch_stop = min((stretch + 1) * cuts[0], pixels)
        for block in range(block_cut * cuts[1], min((block_cut + 1) * cuts[1], blocks)):
            first = block * width
            lanes = min(width, count - first)
            panel_scale = scale[first:first + lanes]
            for c in range(channels):
                row, weights = panel[c * width:(c + 1) * width], kernel[c * count + first:c * count + first + lanes]
                for lane in range(lanes):
                    row[lane] = weights[lane] * panel_scale[lane]
                row[lanes:] = 0
            for tile_first in range(stretch * cuts[0], stretch_stop, t):
                pixel = min(tile_first, stretch_stop - t)  # the last tile overlaps its neighbour
                at = pixel * count + first
                if residual.size:
                    sums = tile.load(shape, residual, at, count, lanes)
                    sums = tile.fma(sums, one, 0, 0, bias, first)
                else:
                    sums = tile.repeat(shape, bias, first)
                ix = pixel * channels
                for c in range(channels):
                    sums = tile.fma(sums, x, ix + c, channels, panel, c * width)
                if limit >= zero:
                    sums = tile.relu(sums)
                tile.store(sums, y, at, count, lanes)
                if zero <= limit < np.inf:  # what was written last is still in the first cache
                    for row in range(pixel, pixel + t):
                        out = y[row * count + first:row * count + first + lanes]
                        for lane in range(lanes):
                            out[lane] = limit if out[lane] > limit else out[lane]


def pointwise(x, kernel, bias, scale, residual, y, limit):
    """Convolve with a 1 x 1 window: see the module's docstring. The arguments are checked by `conv2d_forward`.

    Parameters
    ----------
    x : (N, H, W, C), contiguous            kernel : (1, 1, C, F)
    bias, scale : (F,) or None              residual : (N, H, W, F), or None
    y : (N, H, W, F), written, at least one number
    limit : float       of a clipped ReLU, applied at the end; below 0 for none
    """
    channels, count = kernel.shape[2:]
    pixels = y.size // count
    v = tile.columns(count, x.dtype)
    t = tile.rows(pixels, v)
    width = v * tile.lanes(x.dtype)
    blocks = -(-count // width)
    packed_bias = np.zeros(blocks * width, x.dtype)
    if bias is not None:
        packed_bias[:count] = bias
    stretches = max(1, round(pixels / max(PIXELS, STRETCH // channels)))
    cut = -(-pixels // stretches)
    cut = -(-cut // t) * t if pixels >= t * stretches else cut
    stretches = -(-pixels // cut)
    if pixels - (stretches - 1) * cut < t:  # a tile must fit into the last stretch too
        cut, stretches = pixels, 1
    blocks_cut = -(-blocks // max(1, min(blocks, FEW_JOBS // stretches)))
    run(_forward, stretches * -(-blocks // blocks_cut), y.size * channels // 32, x.reshape(-1), kernel.reshape(-1),
        np.ones(count, x.dtype) if scale is None else scale, packed_bias,
        np.empty(0, x.dtype) if residual is None else residual.reshape(-1), y.reshape(-1), tile.shape(t, v), channels,
        x.dtype.type(limit), (cut, blocks_cut))
