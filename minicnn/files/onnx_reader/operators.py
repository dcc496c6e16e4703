"""Which function translates which operator of ONNX, version 7 to the newest; what is not here is refused by name.

Source: ONNX's Operators.md.
"""

from collections.abc import Callable

from . import functions, parts, pictures, shapes, weighted
from .arithmetic import ARITHMETIC
from .net import Tensor
from .proto import Node
from .translation import Translation

OPERATORS: dict[str, Callable[[Translation, Node, str], Tensor | list[Tensor]]] = {
    "AveragePool": pictures.average_pool,
    "BatchNormalization": weighted.batch_normalization,
    "Cast": functions.cast,
    "Clip": functions.clip,
    "Concat": shapes.concat,
    "Conv": weighted.conv,
    "Dropout": functions.dropout,
    "Elu": functions.elu,
    "Flatten": shapes.flatten,
    "Gather": parts.gather,
    "Gelu": functions.gelu,
    "Gemm": weighted.gemm,
    "GlobalAveragePool": pictures.global_pool("GlobalAveragePooling2D"),
    "GlobalMaxPool": pictures.global_pool("GlobalMaxPooling2D"),
    "HardSigmoid": functions.hard_sigmoid,
    "HardSwish": functions.function("Activation", activation="hard_silu"),
    "Identity": functions.same,
    "LeakyRelu": functions.leaky_relu,
    "Log": functions.log,
    "LogSoftmax": functions.log_softmax,
    "MatMul": weighted.matmul,
    "MaxPool": pictures.max_pool,
    "PRelu": weighted.prelu,
    "Pad": pictures.pad,
    "ReduceMean": pictures.reduce_mean,
    "Relu": functions.function("ReLU", positive=True),
    "Reshape": shapes.reshape,
    "Sigmoid": functions.function("Activation", positive=True, activation="sigmoid"),
    "Slice": parts.slices,
    "Softmax": functions.softmax,
    "Softplus": functions.function("Activation", positive=True, activation="softplus"),
    "Split": parts.split,
    "Squeeze": shapes.squeeze,
    "Tanh": functions.function("Activation", activation="tanh"),
    "Transpose": shapes.transpose,
    "Unsqueeze": shapes.unsqueeze,
    **ARITHMETIC,
}
