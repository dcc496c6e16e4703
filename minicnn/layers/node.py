"""The record of a graph: calling a layer on a symbolic tensor computes nothing, it notes who was called with what.

    x = Input((64, 64, 3))      a symbolic tensor: an array that does not exist yet
    y = Conv2D(8, 3)(x)         a node: this layer was called on x, and y comes out

A Model is built from such records.
"""

import importlib
from typing import TYPE_CHECKING, Any

from ..types import Shape, Shapes

if TYPE_CHECKING:
    from .base import Layer


class SymbolicTensor:
    """A place in a graph: an array that does not exist yet, of which the shape is known.

    Parameters
    ----------
    shape : (None, ...) tuple of int or None
        The number of examples is open, and so may height and width be.
    node : Node
        What made it.
    index : int
        Which of the node's outputs it is.

    Examples
    --------
    >>> from minicnn import Dense, Input
    >>> y = Dense(2, name="last")(Input((4,)))
    >>> y, y * 2 + y
    (<SymbolicTensor shape=(None, 2) from last>, <SymbolicTensor shape=(None, 2) from add>)
    """

    def __init__(self, shape: Shape, node: "Node", index: int = 0):
        self.shape: Shape = tuple(shape)
        self.node: Node = node
        self.index: int = index

    # ---- arithmetic: x + y, x * 2, ... record the layers that do it --------------------------------------

    def __add__(self, other: "SymbolicTensor | float") -> "SymbolicTensor":
        return _joined("Add", self, other) if isinstance(other, SymbolicTensor) else _scaled(self, 1.0, other)

    __radd__ = __add__

    def __mul__(self, other: "SymbolicTensor | float") -> "SymbolicTensor":
        return _joined("Multiply", self, other) if isinstance(other, SymbolicTensor) else _scaled(self, other, 0.0)

    __rmul__ = __mul__

    def __neg__(self) -> "SymbolicTensor":
        return _scaled(self, -1.0, 0.0)

    def __sub__(self, other: "SymbolicTensor | float") -> "SymbolicTensor":
        return self + -other

    def __rsub__(self, other: float) -> "SymbolicTensor":
        return _scaled(self, -1.0, other)

    def __truediv__(self, other: float) -> "SymbolicTensor":
        if isinstance(other, SymbolicTensor):
            raise TypeError("A symbolic tensor is divided by a number, not by another one; multiply by what you have.")
        return _scaled(self, 1 / other, 0.0)

    def __repr__(self) -> str:
        return f"<SymbolicTensor shape={self.shape} from {self.node.layer.name}>"


def _joined(name: str, one: SymbolicTensor, other: SymbolicTensor) -> SymbolicTensor:
    """Call the layer of this class on two tensors."""
    layers = importlib.import_module("minicnn.layers")  # which knows this file
    return layers.LAYERS[name]()([one, other])


def _scaled(x: SymbolicTensor, scale: float, offset: float) -> SymbolicTensor:
    """Call a Rescaling on a tensor."""
    return importlib.import_module("minicnn.layers").Rescaling(scale, offset)(x)


class Node:
    """One call of one layer: the symbolic tensors that went in and those that came out.

    Parameters
    ----------
    layer : Layer
        The one that was called.
    inputs : list of SymbolicTensor
        What went in; none for an InputLayer, where a graph begins.
    several : bool
        Whether the layer is called with a list.
    output_shape : (None, ...) tuple, or a list of them
        Of what comes out.
    training : bool, optional
        What the call said of it. It goes into model files, and nothing else asks for it, since fit and predict say
        themselves whether they train, as in Keras.

    Attributes
    ----------
    key : str
        The call's name in its model: the layer's name, "name:1" for a second call. A model has nodes of its own.
    outputs : list of SymbolicTensor

    Examples
    --------
    >>> from minicnn import Dense, Input
    >>> node = Dense(2, name="last")(Input((4,))).node
    >>> node.key, [tensor.shape for tensor in node.inputs], [tensor.shape for tensor in node.outputs]
    ('last', [(None, 4)], [(None, 2)])
    """

    def __init__(
        self,
        layer: "Layer",
        inputs: list[SymbolicTensor],
        several: bool,
        output_shape: Shapes,
        training: bool | None = None,
    ):
        self.layer: Layer = layer
        self.inputs: list[SymbolicTensor] = inputs
        self.several: bool = several
        self.training: bool | None = training
        self.key: str = layer.name
        shapes = output_shape if isinstance(output_shape, list) else [output_shape]
        self.outputs: list[SymbolicTensor] = [SymbolicTensor(shape, self, index) for index, shape in enumerate(shapes)]

    def shape_in(self, shapes: dict[SymbolicTensor, Shape]) -> Shapes:
        """Return the shape of what goes in (a list for a call with a list), from those of the tensors.

        Parameters
        ----------
        shapes : dict, SymbolicTensor -> (None, ...)
        """
        own = [shapes[tensor] for tensor in self.inputs]
        return own if self.several else own[0]


class InGraph:
    """The part of a layer that knows where it was called on symbolic tensors.

    Attributes
    ----------
    calls_of_it : list of Node
        In order; in a chain the chain's own alone.
    """

    name: str
    calls_of_it: list[Node]

    @property
    def input(self) -> Any:
        """The symbolic tensor that the layer was called on; a list where it takes several."""
        node = self._only_call("input")
        return node.inputs if node.several else node.inputs[0]

    @property
    def output(self) -> Any:
        """The symbolic tensor that came out of it: `Model(model.input, layer.output)` ends there.

        Raises
        ------
        AttributeError
            The layer was called on no symbolic tensor, or on several.
        """
        node = self._only_call("output")
        return node.outputs[0] if len(node.outputs) == 1 else node.outputs

    def _only_call(self, what: str) -> Node:
        if len(self.calls_of_it) != 1:
            raise AttributeError(
                f"Layer '{self.name}' has an `{what}` where it was called on one symbolic tensor; name the one that "
                f"you mean where it is made. Received: {len(self.calls_of_it)} calls."
            )
        return self.calls_of_it[0]
