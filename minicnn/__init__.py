"""A convolutional network that can be read, proved, timed and put to work.

    from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential

Where to read on: reference/ has the formulas as plain loops, kernels/ the same functions fast, layers/ the state
around them, model.py the graph, training.py the loop.
"""

from . import kernels, losses, metrics, optimizers, reference
from .callbacks import Callback, CSVLogger, EarlyStopping, History, ModelCheckpoint
from .kernels import get_num_threads, set_num_threads
from .layers import (
    Activation,
    Add,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    InputLayer,
    Layer,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Sigmoid,
    Softmax,
)
from .losses import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy
from .model import Model, Sequential
from .optimizers import SGD, Adam
from .saving import load_model

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "Add",
    "BinaryCrossentropy",
    "CSVLogger",
    "Callback",
    "CategoricalCrossentropy",
    "Concatenate",
    "Conv2D",
    "Dense",
    "Dropout",
    "EarlyStopping",
    "Flatten",
    "History",
    "Input",
    "InputLayer",
    "Layer",
    "MaxPooling2D",
    "MeanSquaredError",
    "Model",
    "ModelCheckpoint",
    "ReLU",
    "Rescaling",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SparseCategoricalCrossentropy",
    "get_num_threads",
    "kernels",
    "load_model",
    "losses",
    "metrics",
    "optimizers",
    "reference",
    "set_num_threads",
]
