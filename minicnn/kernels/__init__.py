"""The operations, fast: the same names and arguments as `minicnn.reference`, compiled with Numba.

Each file is one operation: compiled loops, and thin functions round them that check every argument. Beside them:
`jit` (Numba's options and the disk cache), `threads` (who does which job), `memory` (large arrays, reused),
`padding` (frames of zeros) and `checks`.
"""

from .bias import bias_backward
from .conv2d import conv2d_backward_input, conv2d_backward_kernel, conv2d_forward
from .dense import dense_backward_input, dense_backward_kernel, dense_forward
from .dropout import dropout_backward, dropout_forward
from .flatten import flatten_backward, flatten_forward
from .jit import on_first_compile
from .maxpool2d import maxpool2d_backward, maxpool2d_forward
from .memory import workspace
from .relu import relu_backward, relu_forward
from .rescaling import rescaling_backward, rescaling_forward
from .sigmoid import sigmoid_backward, sigmoid_forward
from .softmax import softmax_backward, softmax_forward
from .threads import get_num_threads, set_num_threads

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
    "flatten_backward",
    "flatten_forward",
    "get_num_threads",
    "maxpool2d_backward",
    "maxpool2d_forward",
    "on_first_compile",
    "relu_backward",
    "relu_forward",
    "rescaling_backward",
    "rescaling_forward",
    "set_num_threads",
    "sigmoid_backward",
    "sigmoid_forward",
    "softmax_backward",
    "softmax_forward",
    "workspace",
]
