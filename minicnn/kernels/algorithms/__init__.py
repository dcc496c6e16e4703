"""How sums of products are arranged on a processor.

matmul              three products of matrices, on the register tile: what 1x1 windows and dense layers are
direct              convolution on the register tile, as its formula stands; direct_gradient: its kernel's gradient
packing             how both find their weights: in blocks of filters, each as wide as a tile
input_gradient      the gradient of a convolution's input, as small convolutions of dy
winograd            3x3 convolution by a quarter of the multiplications; winograd_gradient: its kernel's gradient
im2col              windows copied out, for a product of matrices: what textbooks show
depthwise           convolution where channels do not mix
padding             zeros around and between pixels: zero_pad, insert_zeros, and subsample, the way back
windows             how many windows fit: output_sizes
"""

from . import depthwise, direct, direct_gradient, im2col, input_gradient, packing, winograd, winograd_gradient
from .matmul import matmul
from .padding import insert_zeros, subsample, zero_pad
from .windows import output_sizes

__all__ = [
    "depthwise",
    "direct",
    "direct_gradient",
    "im2col",
    "input_gradient",
    "insert_zeros",
    "matmul",
    "output_sizes",
    "packing",
    "subsample",
    "winograd",
    "winograd_gradient",
    "zero_pad",
]
