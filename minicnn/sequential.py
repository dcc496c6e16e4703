"""The chain: a model whose layers stand one behind the other.

It is a Model like any other, once its input's shape is known: from an `Input` that it begins with, or from its first
batch.
"""

import numpy as np

from . import saving
from .layers import LAYERS, InputLayer, Layer, SymbolicTensor
from .model import Model, listed


class Sequential(Model):
    """A chain of layers.

    Parameters
    ----------
    layers : list of Layer       an `Input` first, or the first batch tells the shape
    seed : int, optional         of the weights, of Dropout and of the order of the examples
    """

    class_name = "Sequential"

    def __init__(self, layers=(), name=None, seed=None):
        Layer.__init__(self, name)
        self._start(seed)
        self._chain = []
        for layer in layers:
            self._append(layer)
        self._connect_chain()

    def add(self, layer):
        """Append a layer."""
        self._append(layer)
        self._connect_chain()

    def _append(self, layer):
        layer = layer.node.layer if isinstance(layer, SymbolicTensor) else layer
        if not isinstance(layer, Layer):
            raise TypeError(f"`layers` must hold layers. Received: {layer!r}.")
        if layer in self._chain:
            raise ValueError(f"A chain cannot hold the same layer twice; use Model(inputs, outputs). "
                             f"Received: '{layer.name}' twice.")
        if isinstance(layer, InputLayer) and self._chain:
            raise ValueError("Only the first layer of a chain can be an Input.")
        self._chain.append(layer)

    def _connect_chain(self):
        self.layers = [layer for layer in self._chain if not isinstance(layer, InputLayer)]
        if not self._chain or not isinstance(self._chain[0], InputLayer):
            return
        node = saving.input_node(self._chain[0])
        x = node.outputs[0]
        for layer in self.layers:
            x = layer(x)
        self._connect(node.outputs, listed(x))
        self.layers = [layer for layer in self._chain if not isinstance(layer, InputLayer)]

    def build(self, input_shape, rng=None, dtype="float32"):
        """Build the chain for an input of this shape, if it has no Input yet."""
        if self.built:
            return
        if isinstance(input_shape, list) or len(input_shape) < 2:
            raise ValueError(f"`input_shape` must be (None, ...). Received: input_shape={input_shape}.")
        if self.seed is None and rng is not None:
            self.seed = int(rng.integers(2**63))
        self.dtype = str(np.dtype(dtype))
        self._chain.insert(0, InputLayer(input_shape[1:]))
        self._connect_chain()

    def compute_output_shape(self, input_shape):
        """Follow an input's shape through the chain."""
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def get_config(self):
        """Give the chain as Keras writes it."""
        return saving.sequential_config(self)

    @classmethod
    def from_config(cls, config):
        """Make a chain from what Keras writes, with fresh weights."""
        return cls(**saving.sequential_arguments(config))


LAYERS.update(Sequential=Sequential)
