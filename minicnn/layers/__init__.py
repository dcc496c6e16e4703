"""The layers: settings and arrays around one operation each. `LAYERS` maps a model file's class names to them.

`Blank` is what `build` takes for a generator where a file brings the weights.
"""

from typing import TYPE_CHECKING

from ..elsewhere import refusing
from ..initializers import Blank, next_seed
from .activation import Activation
from .activations import ACTIVATIONS, activate, fused
from .add import Add
from .arrays import DTYPES, fits
from .augmentation import (
    AUGMENTATIONS,
    RandomBrightness,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
from .average import Average
from .avgpool2d import AveragePooling2D
from .base import Layer
from .batch_normalization import BatchNormalization
from .center_crop import CenterCrop
from .concatenate import Concatenate
from .conv2d import Conv2D
from .conv2d_transpose import Conv2DTranspose
from .cropping2d import Cropping2D
from .dense import Dense
from .depthwise_conv2d import DepthwiseConv2D
from .dropout import Dropout, SpatialDropout2D
from .elu import ELU
from .flatten import Flatten
from .gaussian_noise import GaussianNoise
from .global_pool2d import GlobalAveragePooling2D, GlobalMaxPooling2D
from .group_normalization import GroupNormalization
from .input import Input, InputLayer
from .joining import Joined, as_function, of_one_rank
from .layer_normalization import LayerNormalization
from .leaky_relu import LeakyReLU
from .maximum import Maximum
from .maxpool2d import MaxPooling2D
from .minimum import Minimum
from .multiply import Multiply
from .node import Node, SymbolicTensor
from .normalization import Normalization
from .permute import Permute
from .prelu import PReLU
from .reads import FAR, LONGEST, Reads
from .relu import ReLU
from .rescaling import Rescaling
from .reshape import Reshape
from .resizing import Resizing
from .separable_conv2d import SeparableConv2D
from .sigmoid import Sigmoid
from .softmax import Softmax
from .subtract import Subtract
from .up_sampling2d import UpSampling2D
from .windowed import Windowed
from .zero_padding2d import ZeroPadding2D

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (Activation, Add, Average, AveragePooling2D, BatchNormalization, CenterCrop, Concatenate, Conv2D,
                  Conv2DTranspose, Cropping2D, Dense, DepthwiseConv2D, Dropout, ELU, Flatten, GaussianNoise,
                  GlobalAveragePooling2D, GlobalMaxPooling2D, GroupNormalization, InputLayer, LayerNormalization,
                  LeakyReLU, Maximum, MaxPooling2D, Minimum, Multiply, Normalization, Permute, PReLU, ReLU, Rescaling,
                  Reshape, Resizing, SeparableConv2D, Softmax, SpatialDropout2D, Subtract, UpSampling2D,
                  ZeroPadding2D)
} | AUGMENTATIONS  # fmt: skip

MaxPool2D: type[MaxPooling2D] = MaxPooling2D  # Keras's other names
AvgPool2D: type[AveragePooling2D] = AveragePooling2D
GlobalMaxPool2D: type[GlobalMaxPooling2D] = GlobalMaxPooling2D
GlobalAvgPool2D: type[GlobalAveragePooling2D] = GlobalAveragePooling2D
add: Joined = as_function(Add)
average: Joined = as_function(Average)
concatenate: Joined = as_function(Concatenate)
maximum: Joined = as_function(Maximum)
minimum: Joined = as_function(Minimum)
multiply: Joined = as_function(Multiply)
subtract: Joined = as_function(Subtract)

__all__ = [
    "ACTIVATIONS",
    "AUGMENTATIONS",
    "DTYPES",
    "ELU",
    "FAR",
    "LAYERS",
    "LONGEST",
    "Activation",
    "Add",
    "Average",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "Blank",
    "CenterCrop",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Node",
    "Normalization",
    "PReLU",
    "Permute",
    "RandomBrightness",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "Reads",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv2D",
    "Sigmoid",
    "Softmax",
    "SpatialDropout2D",
    "Subtract",
    "SymbolicTensor",
    "UpSampling2D",
    "Windowed",
    "ZeroPadding2D",
    "activate",
    "add",
    "average",
    "concatenate",
    "fits",
    "fused",
    "maximum",
    "minimum",
    "multiply",
    "next_seed",
    "of_one_rank",
    "subtract",
]

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours
    __getattr__ = refusing("layers")
