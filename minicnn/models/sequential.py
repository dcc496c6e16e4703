"""The chain: a model whose layers stand one after the other.

It is a Model like any other, once its input's shape is known: from an `Input` that it begins with, or from its first
batch.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from ..layers import LAYERS, InputLayer, Layer, SymbolicTensor, fits
from ..types import DTypeLike, Shape
from .configs import Own, input_node, sequential_arguments, sequential_config
from .ends import flat
from .model import Model
from .network import Seed


class Sequential(Model):
    """A chain of layers.

    Parameters
    ----------
    layers : list of Layer
        An `Input` first, or the first batch tells the shape.
    name : str, optional
        An automatic one by default.
    seed : int or np.random.Generator, optional
        Of the weights, of Dropout and of the order of the examples, as in `Model`.

    Raises
    ------
    TypeError, ValueError
        What is no layer, a layer twice, an Input that is not the first, or layers that do not fit one another.

    Notes
    -----
    As in Keras, images of another size than the Input's may come, if all layers can take them.
    Source: Keras 3 `Sequential`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential
    >>> model = Sequential([Input((8, 8, 3)), Conv2D(4, 3), MaxPooling2D(2), Flatten(), Dense(2)])
    >>> [layer.output_shape for layer in model.layers]
    [(None, 6, 6, 4), (None, 3, 3, 4), (None, 36), (None, 2)]
    >>> model.predict(np.zeros((5, 8, 8, 3))).shape
    (5, 2)
    """

    class_name: str = "Sequential"
    layers: list[Layer]
    dtype: str | None
    output_keys: tuple[str, ...] | None

    def __init__(
        self,
        layers: Iterable[Layer | SymbolicTensor] = (),
        name: str | None = None,
        seed: Seed = None,
    ):
        Layer.__init__(self, name)
        rng = self._start(seed)
        self._chain: list[Layer] = []
        if isinstance(layers, (Layer, SymbolicTensor)) or not isinstance(layers, Iterable):
            raise TypeError(f"`layers` must be a list of layers: [Input((4,)), Dense(2)]. Received: layers={layers!r}.")
        for layer in layers:
            self._append(layer)
        self._connect_chain(self._chain, rng)

    def add(self, layer: Layer | SymbolicTensor) -> None:
        """Append a layer.

        Parameters
        ----------
        layer : Layer, or what `Input` returns

        Examples
        --------
        >>> from minicnn import Dense, Input, ReLU, Sequential
        >>> model = Sequential([Input((4,)), Dense(3)])
        >>> model.add(ReLU())
        >>> [layer.name for layer in model.layers]
        ['dense', 're_lu']
        """
        self._append(layer)
        self._connect_chain(self._chain, self._rng)

    def pop(self) -> Layer:
        """Take away the last layer, and return it.

        Raises
        ------
        ValueError
            There is none.

        Examples
        --------
        >>> from minicnn import Dense, Input, ReLU, Sequential
        >>> model = Sequential([Input((4,)), Dense(3), ReLU()])
        >>> model.pop().name, model.output_shape
        ('re_lu', (None, 3))
        """
        if not self.layers:
            raise ValueError("There is no layer to take away.")
        last = self._chain.pop()
        last.calls_of_it.clear()
        if len(self._chain) > 1 or not self.built:
            self._connect_chain(self._chain, self._rng)
        else:
            self.layers = []
        return last

    def _append(self, layer: Any) -> None:
        layer = layer.node.layer if isinstance(layer, SymbolicTensor) else layer
        if not isinstance(layer, Layer):
            raise TypeError(f"`layers` must hold layers. Received: {layer!r}.")
        if layer in self._chain:
            raise ValueError(
                f"A chain cannot hold the same layer twice; use Model(inputs, outputs). Received: '{layer.name}' twice."
            )
        if isinstance(layer, InputLayer) and self._chain:
            raise ValueError("Only the first layer of a chain can be an Input.")
        if not self._chain and layer.given_shape is not None:
            self._chain.append(InputLayer(layer.given_shape[1:]))
        self._chain.append(layer)

    def _connect_chain(self, chain: list[Layer], rng: np.random.Generator | None) -> None:
        layers = [layer for layer in chain if not isinstance(layer, InputLayer)]
        if len(layers) < len(chain):
            node = input_node(chain[0])
            x = node.outputs[0]
            for layer in layers:
                layer.calls_of_it.clear()  # of the chain before
                x = layer(x)
            ends, self.output_keys = flat(x)
            self._connect(node.outputs, ends, rng)
        self._chain, self.layers = chain, layers

    def build(self, input_shape: Any, rng: np.random.Generator | None = None, dtype: DTypeLike = "float32") -> None:
        """Build the chain for an input of this shape, if it has no Input yet."""
        if self.built:
            self._fit([input_shape])
            return
        if isinstance(input_shape, list) or len(input_shape) < 2:
            raise ValueError(f"`input_shape` must be (None, ...). Received: input_shape={input_shape}.")
        self.dtype = str(np.dtype(dtype))
        own = rng is None or self.seed is not None
        self._connect_chain([InputLayer(input_shape[1:]), *self._chain], self._rng if own else rng)

    def __call__(self, x: Any, training: bool | None = None) -> Any:
        """Run the chain, or record a node: then the shape must be the Input's, as in Keras."""
        if isinstance(x, SymbolicTensor) and self.built:
            self._fit([x.shape])
        return super().__call__(x, training)

    def _accept(self, shapes: Sequence[Shape]) -> None:
        """Take what the Input says, and other sizes that all layers can take."""
        if len(shapes[0]) == len(self.input_shape) and not fits(shapes[0], self.input_shape):
            self.output_shape_of(shapes[0])
        else:
            self._fit(shapes)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Follow an input's shape through the chain."""
        if self.built:
            return super().compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.output_shape_of(input_shape)
        return input_shape

    def output_shape_of(self, input_shape: Any) -> Any:
        """Return the output's shape for any input that all layers can take."""
        return self.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Return the chain as Keras writes it."""
        return sequential_config(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], seed: Seed = None, custom_objects: Own = None) -> Self:
        """Make a chain from what Keras writes, with fresh weights.

        Parameters
        ----------
        config : dict
            As `get_config` returns it, ours or Keras's.
        seed : int or np.random.Generator, optional
            As in `Sequential`.
        custom_objects : dict, optional
            As in `Model`.

        Examples
        --------
        >>> from minicnn import Dense, Input, Sequential
        >>> config = Sequential([Input((4,)), Dense(2)]).get_config()
        >>> Sequential.from_config(config).output_shape
        (None, 2)
        """
        return cls(**sequential_arguments(config, seed, custom_objects), seed=seed)._with_flag(config)


LAYERS.update(Sequential=Sequential)
