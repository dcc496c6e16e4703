"""The chain: a model whose layers stand one behind the other.

It is a Model like any other, once its input's shape is known: from an `Input` that it begins with, or from its first
batch.
"""

import numpy as np

from ..layers import LAYERS, InputLayer, Layer, SymbolicTensor, fits
from . import saving
from .model import Model, listed


class Sequential(Model):
    """A chain of layers.

    Parameters
    ----------
    layers : list of Layer       an `Input` first, or the first batch tells the shape
    seed : int, optional         of the weights, of Dropout and of the order of the examples, as in `Model`

    Notes
    -----
    As in Keras, pictures of another size than the Input's may come, if all layers can take them.
    """

    class_name = "Sequential"

    def __init__(self, layers=(), name=None, seed=None):
        Layer.__init__(self, name)
        rng = self._start(seed)
        self._chain = []
        for layer in layers:
            self._append(layer)
        self._connect_chain(self._chain, rng)

    def add(self, layer):
        """Append a layer."""
        self._append(layer)
        self._connect_chain(self._chain, self._rng)

    def _append(self, layer):
        layer = layer.node.layer if isinstance(layer, SymbolicTensor) else layer
        if not isinstance(layer, Layer):
            raise TypeError(f"`layers` must hold layers. Received: {layer!r}.")
        if layer in self._chain:
            raise ValueError(
                f"A chain cannot hold the same layer twice; use Model(inputs, outputs). Received: '{layer.name}' twice."
            )
        if isinstance(layer, InputLayer) and self._chain:
            raise ValueError("Only the first layer of a chain can be an Input.")
        self._chain.append(layer)

    def _connect_chain(self, chain, rng):
        layers = [layer for layer in chain if not isinstance(layer, InputLayer)]
        if len(layers) < len(chain):
            node = saving.input_node(chain[0])
            x = node.outputs[0]
            for layer in layers:
                x = layer(x)
            self._connect(node.outputs, listed(x), rng)
        self._chain, self.layers = chain, layers

    def build(self, input_shape, rng=None, dtype="float32"):
        """Build the chain for an input of this shape, if it has no Input yet."""
        if self.built:
            self._fit([input_shape])
            return
        if isinstance(input_shape, list) or len(input_shape) < 2:
            raise ValueError(f"`input_shape` must be (None, ...). Received: input_shape={input_shape}.")
        self.dtype = str(np.dtype(dtype))
        own = rng is None or self.seed is not None
        self._connect_chain([InputLayer(input_shape[1:]), *self._chain], self._rng if own else rng)

    def __call__(self, x, training=None):
        """Run the chain, or record a node: then the shape must be the Input's, as in Keras."""
        if isinstance(x, SymbolicTensor) and self.built:
            self._fit([x.shape])
        return super().__call__(x, training)

    def _accept(self, shapes):
        """Take what the Input says, and other sizes that all layers can take."""
        if len(shapes[0]) == len(self.input_shape) and not fits(shapes[0], self.input_shape):
            self.output_shape_of(shapes[0])
        else:
            self._fit(shapes)

    def compute_output_shape(self, input_shape):
        """Follow an input's shape through the chain."""
        if self.built:
            return super().compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.output_shape_of(input_shape)
        return input_shape

    def output_shape_of(self, input_shape):
        """Give the output's shape for any input that all layers can take."""
        return self.compute_output_shape(input_shape)

    def get_config(self):
        """Give the chain as Keras writes it."""
        return saving.sequential_config(self)

    @classmethod
    def from_config(cls, config, seed=None):
        """Make a chain from what Keras writes, with fresh weights (`seed` as in `Sequential`)."""
        return cls(**saving.sequential_arguments(config, seed), seed=seed)._with_flag(config)


LAYERS.update(Sequential=Sequential)
