"""The definitions: each operation in plain loops that a reader checks on paper, forward, with its backward below.

Start with `relu`, then `dense`, `maxpool2d` and `conv2d`. Everything else in the project is measured against these
functions: `minicnn.kernels` has the same names and arguments, and is fast. Here nothing is fast, and nothing is checked
either: the kernels check their arguments, the definitions say what is right.

Images are (N, H, W, C): batch, height, width, channels. A backward takes `dy`, the gradient of the loss with respect
to the output, and returns the gradient with respect to an input. Sums run in float64 and are rounded once, at the end,
to the dtype that came in: so a float32 kernel is compared with the right answer, not with another order of rounding.
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
from .affine_transform import FILL_MODES, affine_transform_forward
from .average import average_backward, average_forward
from .avgpool2d import avgpool2d_backward, avgpool2d_forward
from .batch_normalization import batch_normalization_backward, batch_normalization_forward, batch_normalization_moments
from .bias import bias_backward
from .concatenate import concatenate_forward
from .conv2d import conv2d_backward_input, conv2d_backward_kernel, conv2d_forward
from .conv2d_transpose import (
    conv2d_transpose_backward_input,
    conv2d_transpose_backward_kernel,
    conv2d_transpose_forward,
)
from .cropping2d import cropping2d_backward, cropping2d_forward
from .dense import dense_backward_input, dense_backward_kernel, dense_forward
from .depthwise_conv2d import (
    depthwise_conv2d_backward_input,
    depthwise_conv2d_backward_kernel,
    depthwise_conv2d_forward,
)
from .dropout import dropout_backward, dropout_forward
from .flatten import flatten_backward, flatten_forward
from .global_pool2d import (
    global_avgpool2d_backward,
    global_avgpool2d_forward,
    global_maxpool2d_backward,
    global_maxpool2d_forward,
)
from .group_normalization import group_normalization_backward, group_normalization_forward
from .hard_silu import hard_silu_backward, hard_silu_forward
from .layer_normalization import layer_normalization_backward, layer_normalization_forward
from .maximum import maximum_backward, maximum_forward
from .maxpool2d import maxpool2d_backward, maxpool2d_forward
from .minimum import minimum_backward, minimum_forward
from .multiply import multiply_backward, multiply_forward
from .normalization import EPSILON as NORMALIZATION_EPSILON
from .normalization import normalization_backward, normalization_forward
from .padding import effective_size, output_size, same_pads, window_pads
from .permute import permute_backward, permute_forward
from .prelu import prelu_backward, prelu_forward
from .relu import relu_backward, relu_forward
from .rescaling import rescaling_backward, rescaling_forward
from .resize2d import INTERPOLATIONS, Taps, aspect_crops, resize2d_backward, resize2d_forward, resize_taps
from .rmsprop import rmsprop_step
from .sgd import sgd_step
from .sigmoid import sigmoid_backward, sigmoid_forward
from .softmax import softmax_backward, softmax_forward
from .subtract import subtract_backward, subtract_forward
from .zero_padding2d import zero_padding2d_backward, zero_padding2d_forward

__all__ = [
    "FILL_MODES",
    "INTERPOLATIONS",
    "NORMALIZATION_EPSILON",
    "Taps",
    "adam_step",
    "add_backward",
    "add_forward",
    "affine_transform_forward",
    "aspect_crops",
    "average_backward",
    "average_forward",
    "avgpool2d_backward",
    "avgpool2d_forward",
    "batch_normalization_backward",
    "batch_normalization_forward",
    "batch_normalization_moments",
    "bias_backward",
    "clipped_relu_backward",
    "clipped_relu_forward",
    "concatenate_forward",
    "conv2d_backward_input",
    "conv2d_backward_kernel",
    "conv2d_forward",
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
    "effective_size",
    "elu_backward",
    "elu_forward",
    "flatten_backward",
    "flatten_forward",
    "gelu_backward",
    "gelu_forward",
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
    "minimum_backward",
    "minimum_forward",
    "multiply_backward",
    "multiply_forward",
    "normalization_backward",
    "normalization_forward",
    "output_size",
    "permute_backward",
    "permute_forward",
    "prelu_backward",
    "prelu_forward",
    "relu_backward",
    "relu_forward",
    "rescaling_backward",
    "rescaling_forward",
    "rmsprop_step",
    "resize2d_backward",
    "resize2d_forward",
    "resize_taps",
    "same_pads",
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
    "tanh_backward",
    "tanh_forward",
    "window_pads",
    "zero_padding2d_backward",
    "zero_padding2d_forward",
]
