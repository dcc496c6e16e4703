"""Input: where a graph begins.

    x = Input((64, 64, 3)) is a symbolic tensor of shape (None, 64, 64, 3); layers called on it record the graph.

Source: Keras 3 `Input` and `InputLayer`.
"""

from collections.abc import Sequence
from typing import Any

from ..arguments import refuse
from ..types import Array, Shape
from .arguments import positive_int
from .base import Layer
from .node import Node, SymbolicTensor

# Keras's arguments of Input that are not here: the values that mean "not used", and what else to do.
ELSEWHERE: dict[str, tuple[tuple[Any, ...], str]] = {
    "batch_shape": ((None,), "give `shape`, without the batch"),
    "batch_size": ((None,), "leave it out, batches of any size may come"),
    "dtype": ((None, "float32"), "leave it out, what comes in is cast to the model's dtype"),
    "optional": ((False,), "make a model without this input"),
    "ragged": ((None, False), "fill examples up to one size"),
    "sparse": ((None, False), "bring dense arrays"),
    "tensor": ((None,), "call layers on what Input returns"),
}


class InputLayer(Layer):
    """The layer that stands for a model's input: it passes on what it gets.

    Parameters
    ----------
    shape : tuple of int or None
        Of one example; None leaves a size open.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Attributes
    ----------
    shape : (None, ...) tuple of int or None
        Of a batch.

    Raises
    ------
    ValueError
        `shape` is no tuple, or a size is neither a positive integer nor None.

    Examples
    --------
    >>> from minicnn import InputLayer
    >>> InputLayer((None, None, 3)).shape
    (None, None, None, 3)
    """

    shape: Shape

    def __init__(self, shape: Sequence[int | None], name: str | None = None, **more: Any):
        super().__init__(name, **more)
        if not isinstance(shape, (tuple, list)):
            raise ValueError(f"`shape` must be a tuple, without the batch: (64, 64, 3). Received: shape={shape!r}.")
        self.shape = (None, *(None if size is None else positive_int("shape", size) for size in shape))

    def _forward(self, x: Array, training: bool) -> tuple[Array, None]:
        return x, None

    def _backward(self, dy: Array, saved: None, need_dx: bool) -> Array | None:
        return dy if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"batch_shape": list(self.shape), "sparse": False, "ragged": False, "optional": False}

    @classmethod
    def _arguments(cls, config: dict[str, Any]) -> dict[str, Any]:
        unknown = set(config) - {"batch_shape", "batch_input_shape", "shape", "sparse", "ragged", "optional"}
        if unknown or config.get("sparse") or config.get("ragged"):
            raise ValueError(f"InputLayer takes a dense `batch_shape` only. Received: {config}.")
        shape = config.get("batch_shape", config.get("batch_input_shape"))
        if not isinstance(shape, (list, tuple, type(None))):
            raise ValueError(f"InputLayer's `batch_shape` must be a list. Received: {shape!r}.")
        return {"shape": tuple(shape[1:]) if shape is not None else config.get("shape")}


def Input(shape: Sequence[int | None], name: str | None = None, **more: Any) -> SymbolicTensor:  # noqa: N802 (Keras's)
    """Begin a graph: return a symbolic tensor for a batch of examples of this shape.

    Parameters
    ----------
    shape : tuple of int or None
        Of one example, (height, width, channels).
    name : str, optional
        Of the InputLayer that is made.
    **more : anything
        Keras's other arguments, which mean nothing else here than their defaults.

    Returns
    -------
    x : SymbolicTensor

    Examples
    --------
    >>> from minicnn import Dense, Flatten, Input, Model
    >>> x = Input((8, 8, 3))
    >>> y = Dense(10)(Flatten()(x))
    >>> x.shape, y.shape
    ((None, 8, 8, 3), (None, 10))
    >>> Model(x, y).count_params()
    1930
    """
    refuse("Input", more, ELSEWHERE)
    layer = InputLayer(shape, name)
    return Node(layer, [], False, layer.shape).outputs[0]
