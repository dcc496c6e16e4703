"""A convolutional network that can be read, proved, timed and put to work.

    from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential

Where to read on: reference/ has the formulas as plain loops, kernels/ the same functions fast, layers/ the state
around them, model.py the graph, training.py the loop.
"""

from . import kernels, losses, metrics, optimizers, reference
from .callbacks import Callback, CSVLogger, Diverged, EarlyStopping, History, ModelCheckpoint, TerminateOnNaN
from .kernels import get_num_threads, set_num_threads
from .layers import (
    ELU,
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
    InputLayer,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    Multiply,
    Normalization,
    ReLU,
    Rescaling,
    Reshape,
    SeparableConv2D,
    Sigmoid,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
)
from .losses import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy
from .model import Model
from .optimizers import SGD, Adam
from .saving import load_model
from .sequential import Sequential

__all__ = [
    "ELU",
    "SGD",
    "Activation",
    "Adam",
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "BinaryCrossentropy",
    "CSVLogger",
    "Callback",
    "CategoricalCrossentropy",
    "Concatenate",
    "Conv2D",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Diverged",
    "Dropout",
    "EarlyStopping",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "History",
    "Input",
    "InputLayer",
    "Layer",
    "LeakyReLU",
    "MaxPooling2D",
    "MeanSquaredError",
    "Model",
    "ModelCheckpoint",
    "Multiply",
    "Normalization",
    "ReLU",
    "Rescaling",
    "Reshape",
    "SeparableConv2D",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SparseCategoricalCrossentropy",
    "SpatialDropout2D",
    "TerminateOnNaN",
    "ZeroPadding2D",
    "get_num_threads",
    "kernels",
    "load_model",
    "losses",
    "metrics",
    "optimizers",
    "reference",
    "set_num_threads",
]
