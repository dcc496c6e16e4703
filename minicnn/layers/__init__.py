"""The layers: settings and arrays around one operation each. `LAYERS` maps a model file's class names to them."""

from .activation import Activation
from .add import Add
from .base import Layer, Node, SymbolicTensor
from .concatenate import Concatenate
from .conv2d import Conv2D
from .dense import Dense
from .dropout import Dropout
from .flatten import Flatten
from .input import Input, InputLayer
from .maxpool2d import MaxPooling2D
from .relu import ReLU
from .rescaling import Rescaling
from .sigmoid import Sigmoid
from .softmax import Softmax

LAYERS = {
    layer.__name__: layer
    for layer in (Activation, Add, Concatenate, Conv2D, Dense, Dropout, Flatten, InputLayer, MaxPooling2D, ReLU,
                  Rescaling, Softmax)
}

__all__ = [*LAYERS, "LAYERS", "Input", "Layer", "Node", "Sigmoid", "SymbolicTensor"]
