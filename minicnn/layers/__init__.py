"""The layers: settings and arrays around one operation each. `LAYERS` maps a model file's class names to them.

`Blank` is what `build` takes for a generator where a file brings the weights.
"""

from ..initializers import Blank, next_seed
from .activation import Activation
from .activations import ACTIVATIONS, activate, fused
from .add import Add
from .arrays import DTYPES, fits
from .augmentation import AUGMENTATIONS
from .avgpool2d import AveragePooling2D
from .base import Layer
from .batch_normalization import BatchNormalization
from .concatenate import Concatenate
from .conv2d import Conv2D
from .cropping2d import Cropping2D
from .dense import Dense
from .depthwise_conv2d import DepthwiseConv2D
from .dropout import Dropout, SpatialDropout2D
from .elu import ELU
from .flatten import Flatten
from .global_pool2d import GlobalAveragePooling2D, GlobalMaxPooling2D
from .input import Input, InputLayer
from .leaky_relu import LeakyReLU
from .maxpool2d import MaxPooling2D
from .multiply import Multiply
from .node import Node, SymbolicTensor
from .normalization import Normalization
from .relu import ReLU
from .rescaling import Rescaling
from .reshape import Reshape
from .separable_conv2d import SeparableConv2D
from .sigmoid import Sigmoid
from .softmax import Softmax
from .windowed import Windowed
from .zero_padding2d import ZeroPadding2D

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (Activation, Add, AveragePooling2D, BatchNormalization, Concatenate, Conv2D, Cropping2D, Dense,
                  DepthwiseConv2D, Dropout, ELU, Flatten, GlobalAveragePooling2D, GlobalMaxPooling2D, InputLayer,
                  LeakyReLU, MaxPooling2D, Multiply, Normalization, ReLU, Rescaling, Reshape, SeparableConv2D, Softmax,
                  SpatialDropout2D, ZeroPadding2D)
} | AUGMENTATIONS  # fmt: skip

__all__ = [
    "ACTIVATIONS",
    "AUGMENTATIONS",
    "DTYPES",
    "ELU",
    "LAYERS",
    "Activation",
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "Blank",
    "Concatenate",
    "Conv2D",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Input",
    "InputLayer",
    "Layer",
    "LeakyReLU",
    "MaxPooling2D",
    "Multiply",
    "Node",
    "Normalization",
    "ReLU",
    "Rescaling",
    "Reshape",
    "SeparableConv2D",
    "Sigmoid",
    "Softmax",
    "SpatialDropout2D",
    "SymbolicTensor",
    "Windowed",
    "ZeroPadding2D",
    "activate",
    "fits",
    "fused",
    "next_seed",
]
