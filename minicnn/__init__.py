"""A convolutional network that can be read, proved, timed and put to work.

    from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential

Where to read on: reference/ has the formulas as plain loops, kernels/ the same functions fast, layers/ the state
around them, models/ the graph, training/ the loop.

A name is loaded when it is first asked for (PEP 562), so that `import minicnn.data` costs no compiler.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from . import elsewhere

if TYPE_CHECKING:  # what __getattr__ finds, for type checkers
    from . import (
        callbacks,
        constraints,
        data,
        explain,
        files,
        initializers,
        kernels,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        reference,
        regularizers,
        utils,
    )
    from .callbacks import (
        BackupAndRestore,
        Callback,
        CSVLogger,
        Diverged,
        EarlyStopping,
        History,
        LambdaCallback,
        LearningRateScheduler,
        ModelCheckpoint,
        ReduceLROnPlateau,
        TensorBoard,
        TerminateOnNaN,
    )
    from .kernels import get_num_threads, set_num_threads
    from .layers import (
        ELU,
        Activation,
        Add,
        Average,
        AveragePooling2D,
        BatchNormalization,
        CenterCrop,
        Concatenate,
        Conv2D,
        Conv2DTranspose,
        Cropping2D,
        Dense,
        DepthwiseConv2D,
        Dropout,
        Flatten,
        GaussianNoise,
        GlobalAveragePooling2D,
        GlobalMaxPooling2D,
        GroupNormalization,
        Input,
        InputLayer,
        Layer,
        LayerNormalization,
        LeakyReLU,
        Maximum,
        MaxPooling2D,
        Minimum,
        Multiply,
        Normalization,
        Permute,
        PReLU,
        RandomBrightness,
        RandomContrast,
        RandomFlip,
        RandomRotation,
        RandomTranslation,
        RandomZoom,
        ReLU,
        Rescaling,
        Reshape,
        Resizing,
        SeparableConv2D,
        Sigmoid,
        Softmax,
        SpatialDropout2D,
        Subtract,
        UpSampling2D,
        ZeroPadding2D,
    )
    from .losses import (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        Huber,
        MeanAbsoluteError,
        MeanSquaredError,
        SparseCategoricalCrossentropy,
    )
    from .models import Model, Sequential, check_layer, gradcheck, load_model
    from .optimizers import SGD, Adam, AdamW, RMSprop

__version__ = "0.1.0"

# Where a public name lives. Classes that are not named here are layers; a small name is a room itself.
_HOMES = {
    **dict.fromkeys(("BackupAndRestore", "CSVLogger", "Callback", "Diverged", "EarlyStopping", "History"), "callbacks"),
    **dict.fromkeys(("LambdaCallback", "LearningRateScheduler", "ModelCheckpoint"), "callbacks"),
    **dict.fromkeys(("ReduceLROnPlateau", "TensorBoard", "TerminateOnNaN"), "callbacks"),
    **dict.fromkeys(("get_num_threads", "set_num_threads"), "kernels"),
    **dict.fromkeys(("BinaryCrossentropy", "CategoricalCrossentropy"), "losses"),
    **dict.fromkeys(("Huber", "MeanAbsoluteError", "MeanSquaredError", "SparseCategoricalCrossentropy"), "losses"),
    **dict.fromkeys(("Adam", "AdamW", "RMSprop", "SGD"), "optimizers"),
    **dict.fromkeys(("Model", "Sequential", "check_layer", "gradcheck", "load_model"), "models"),
}

__all__ = [
    "ELU",
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "Add",
    "Average",
    "AveragePooling2D",
    "BackupAndRestore",
    "BatchNormalization",
    "BinaryCrossentropy",
    "CSVLogger",
    "Callback",
    "CategoricalCrossentropy",
    "CenterCrop",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Diverged",
    "Dropout",
    "EarlyStopping",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "History",
    "Huber",
    "Input",
    "InputLayer",
    "LambdaCallback",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "LearningRateScheduler",
    "MaxPooling2D",
    "MeanAbsoluteError",
    "Maximum",
    "MeanSquaredError",
    "Minimum",
    "Model",
    "ModelCheckpoint",
    "Multiply",
    "Normalization",
    "RMSprop",
    "PReLU",
    "Permute",
    "RandomBrightness",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "ReduceLROnPlateau",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv2D",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SparseCategoricalCrossentropy",
    "SpatialDropout2D",
    "Subtract",
    "TensorBoard",
    "TerminateOnNaN",
    "UpSampling2D",
    "ZeroPadding2D",
    "callbacks",
    "check_layer",
    "constraints",
    "data",
    "explain",
    "files",
    "get_num_threads",
    "gradcheck",
    "initializers",
    "kernels",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "reference",
    "regularizers",
    "set_num_threads",
    "utils",
]

sys.meta_path.append(elsewhere)

if not TYPE_CHECKING:  # a checker that saw it would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Load the room that a public name lives in, once."""
        if name not in __all__:
            found = (room for room in ("", "layers") if elsewhere.advice(room, name) is not None)
            return elsewhere.refusing(next(found, ""))(name)
        room = import_module(f".{_HOMES.get(name, 'layers' if name[0].isupper() else name)}", __name__)
        value = globals()[name] = getattr(room, name) if name in _HOMES or name[0].isupper() else room
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
