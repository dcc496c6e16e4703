"""The definitions: each operation in plain loops that a reader checks on paper, forward, with its backward below.

Start with `relu`, then `dense`, `maxpool2d` and `conv2d`. Everything else in the project is measured against these
functions: `minicnn.kernels` has the same names and arguments, and is fast. Here nothing is fast, and nothing is checked
either: the kernels check their arguments, the definitions say what is right.

Pictures are (N, H, W, C): batch, height, width, channels. A backward takes `dy`, the gradient of the loss with respect
to the output, and returns the gradient with respect to an input. Sums run in float64 and are rounded once, at the end,
to the dtype that came in: so a float32 kernel is compared with the right answer, not with another order of rounding.
"""

from .bias import bias_backward
from .conv2d import conv2d_backward_input, conv2d_backward_kernel, conv2d_forward
from .dense import dense_backward_input, dense_backward_kernel, dense_forward
from .dropout import dropout_backward, dropout_forward
from .flatten import flatten_backward, flatten_forward
from .maxpool2d import maxpool2d_backward, maxpool2d_forward
from .padding import effective_size, output_size, same_pads, window_pads
from .relu import relu_backward, relu_forward
from .rescaling import rescaling_backward, rescaling_forward
from .sigmoid import sigmoid_backward, sigmoid_forward
from .softmax import softmax_backward, softmax_forward

__all__ = [
    "bias_backward",
    "conv2d_backward_input",
    "conv2d_backward_kernel",
    "conv2d_forward",
    "dense_backward_input",
    "dense_backward_kernel",
    "dense_forward",
    "dropout_backward",
    "dropout_forward",
    "effective_size",
    "flatten_backward",
    "flatten_forward",
    "maxpool2d_backward",
    "maxpool2d_forward",
    "output_size",
    "relu_backward",
    "relu_forward",
    "rescaling_backward",
    "rescaling_forward",
    "same_pads",
    "sigmoid_backward",
    "sigmoid_forward",
    "softmax_backward",
    "softmax_forward",
    "window_pads",
]
