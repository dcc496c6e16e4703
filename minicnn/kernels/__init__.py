"""The operations, fast: the same names and arguments as `minicnn.reference`, compiled with Numba.

Each file is one operation: compiled loops, and thin functions around them that check every argument. In the rooms
beside them: `machine` (what a processor is: read `machine/tile` first), `algorithms` (how sums of products are arranged
on it: direct, winograd, matmul, ...) and `fused` (several operations in one pass over memory).

Words. A compiled loop `f(start, stop, ...)` does the jobs start <= job < stop; its docstring says what one is ("Job:
one row of outputs"), and `run(f, jobs, work, ...)` deals them to threads (machine/threads.py). A parameter `shape` is a
pair of tuples of None, whose lengths are T and V, a tile's rows and the registers of each (machine/tile). An argument
`kernel` is a layer's weights; "a kernel" in a sentence is one of these compiled functions. The nearest cache is L1,
some 32 KB; the second L2, some 1 MB; the last is shared.

Names in the compiled loops. `lanes` is L, the numbers that a register holds; `width` is V * L, how many numbers wide a
tile is (`tile_width` where images have a width too); of these the first `used` count. V * L filters, or columns of a
matrix, are a block. `ix`, `iw`, `at`, `to`, `home` are places in flat arrays. A `row_cut` says which share of the rows
is a job's, `row_cuts` how many shares there are.
"""

from .activations import (
    clipped_relu_backward,
    clipped_relu_forward,
    elu_backward,
    elu_forward,
    gelu_backward,
    gelu_forward,
    hard_sigmoid_backward,
    hard_sigmoid_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    silu_backward,
    silu_forward,
    softplus_backward,
    softplus_forward,
    tanh_backward,
    tanh_forward,
)
from .adam import adam_step
from .add import add_backward, add_forward
from .affine_transform import affine_transform_forward
from .average import average_backward, average_forward
from .avgpool2d import avgpool2d_backward, avgpool2d_forward
from .batch_normalization import (
    batch_normalization_backward,
    batch_normalization_forward,
    batch_normalization_moments,
)
from .bias import bias_backward, relu_bias_backward
from .concatenate import concatenate_forward
from .conv2d import conv2d_backward_input, conv2d_backward_kernel, conv2d_forward
from .conv2d_transpose import (
    conv2d_transpose_backward_input,
    conv2d_transpose_backward_kernel,
    conv2d_transpose_forward,
)
from .cropping2d import cropping2d_backward, cropping2d_forward
from .dense import Product, dense_backward_input, dense_backward_kernel, dense_forward
from .depthwise_conv2d import (
    depthwise_conv2d_backward_input,
    depthwise_conv2d_backward_kernel,
    depthwise_conv2d_forward,
)
from .dropout import dropout_backward, dropout_forward
from .flatten import flatten_backward, flatten_forward
from .fused.activation import ACTIVATIONS as FUSED_ACTIVATIONS
from .fused.activation import LIMITS as FUSED_RELUS
from .fused.batch_normalization_fold import batch_normalization_fold
from .fused.conv2d_maxpool2d import LARGEST_WINDOW, conv2d_maxpool2d_forward, maxpool2d_unpool
from .global_pool2d import (
    global_avgpool2d_backward,
    global_avgpool2d_forward,
    global_maxpool2d_backward,
    global_maxpool2d_forward,
)
from .group_normalization import group_normalization_backward, group_normalization_forward
from .hard_silu import hard_silu_backward, hard_silu_forward
from .layer_normalization import layer_normalization_backward, layer_normalization_forward
from .machine import (
    REGISTER_BYTES,
    REGISTERS,
    Tape,
    Workspace,
    get_num_threads,
    on_first_compile,
    play,
    recording,
    set_num_threads,
    sums_are_finite,
    tape,
    workspace,
)
from .maximum import maximum_backward, maximum_forward
from .maxpool2d import maxpool2d_backward, maxpool2d_forward
from .minimum import minimum_backward, minimum_forward
from .multiply import multiply_backward, multiply_forward
from .normalization import normalization_backward, normalization_forward
from .permute import permute_backward, permute_forward
from .prelu import prelu_backward, prelu_forward
from .relu import relu_backward, relu_forward
from .rescaling import rescaling_backward, rescaling_forward
from .resize2d import resize2d_backward, resize2d_forward
from .rmsprop import rmsprop_step
from .sgd import sgd_step
from .sigmoid import sigmoid_backward, sigmoid_forward
from .softmax import softmax_backward, softmax_forward
from .subtract import subtract_backward, subtract_forward
from .zero_padding2d import zero_padding2d_backward, zero_padding2d_forward

__all__ = [
    "FUSED_ACTIVATIONS",
    "FUSED_RELUS",
    "LARGEST_WINDOW",
    "REGISTERS",
    "REGISTER_BYTES",
    "Product",
    "Tape",
    "Workspace",
    "adam_step",
    "add_backward",
    "add_forward",
    "affine_transform_forward",
    "average_backward",
    "average_forward",
    "avgpool2d_backward",
    "avgpool2d_forward",
    "batch_normalization_backward",
    "batch_normalization_fold",
    "batch_normalization_forward",
    "batch_normalization_moments",
    "bias_backward",
    "clipped_relu_backward",
    "clipped_relu_forward",
    "concatenate_forward",
    "conv2d_backward_input",
    "conv2d_backward_kernel",
    "conv2d_forward",
    "conv2d_maxpool2d_forward",
    "conv2d_transpose_backward_input",
    "conv2d_transpose_backward_kernel",
    "conv2d_transpose_forward",
    "cropping2d_backward",
    "cropping2d_forward",
    "dense_backward_input",
    "dense_backward_kernel",
    "dense_forward",
    "depthwise_conv2d_backward_input",
    "depthwise_conv2d_backward_kernel",
    "depthwise_conv2d_forward",
    "dropout_backward",
    "dropout_forward",
    "elu_backward",
    "elu_forward",
    "flatten_backward",
    "flatten_forward",
    "gelu_backward",
    "gelu_forward",
    "get_num_threads",
    "global_avgpool2d_backward",
    "global_avgpool2d_forward",
    "global_maxpool2d_backward",
    "global_maxpool2d_forward",
    "group_normalization_backward",
    "group_normalization_forward",
    "hard_sigmoid_backward",
    "hard_sigmoid_forward",
    "hard_silu_backward",
    "hard_silu_forward",
    "layer_normalization_backward",
    "layer_normalization_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "maximum_backward",
    "maximum_forward",
    "maxpool2d_backward",
    "maxpool2d_forward",
    "maxpool2d_unpool",
    "minimum_backward",
    "minimum_forward",
    "multiply_backward",
    "multiply_forward",
    "normalization_backward",
    "normalization_forward",
    "on_first_compile",
    "permute_backward",
    "permute_forward",
    "play",
    "prelu_backward",
    "prelu_forward",
    "recording",
    "relu_backward",
    "relu_bias_backward",
    "relu_forward",
    "rescaling_backward",
    "rescaling_forward",
    "rmsprop_step",
    "resize2d_backward",
    "resize2d_forward",
    "set_num_threads",
    "sgd_step",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softmax_backward",
    "softmax_forward",
    "softplus_backward",
    "softplus_forward",
    "subtract_backward",
    "subtract_forward",
    "sums_are_finite",
    "tanh_backward",
    "tanh_forward",
    "tape",
    "workspace",
    "zero_padding2d_backward",
    "zero_padding2d_forward",
]
