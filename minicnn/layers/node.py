"""The record of a graph: calling a layer on a symbolic tensor computes nothing, it notes who was called with what.

    x = Input((64, 64, 3))      a symbolic tensor: an array that does not exist yet
    y = Conv2D(8, 3)(x)         a node: this layer was called on x, and y comes out

A Model is built from such records.
"""

from typing import TYPE_CHECKING

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
    >>> Dense(2, name="last")(Input((4,)))
    <SymbolicTensor shape=(None, 2) from last>
    """

    def __init__(self, shape: Shape, node: "Node", index: int = 0):
        self.shape: Shape = tuple(shape)
        self.node: Node = node
        self.index: int = index

    def __repr__(self) -> str:
        return f"<SymbolicTensor shape={self.shape} from {self.node.layer.name}>"


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
