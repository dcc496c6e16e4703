"""Input: where a graph begins.

    x = Input((64, 64, 3)) is a symbolic tensor of shape (None, 64, 64, 3); layers called on it record the graph.

Source: Keras 3 `Input` and `InputLayer`.
"""

from .arguments import positive_int
from .base import Layer
from .node import Node


class InputLayer(Layer):
    """The layer that stands for a model's input: it passes on what it gets.

    Parameters
    ----------
    shape : tuple of int or None     of one example; None leaves a size open
    """

    def __init__(self, shape, name=None):
        super().__init__(name)
        if not isinstance(shape, (tuple, list)):
            raise ValueError(f"`shape` must be a tuple, without the batch: (64, 64, 3). Received: shape={shape!r}.")
        self.shape = (None, *(None if size is None else positive_int("shape", size) for size in shape))

    def _forward(self, x, training):
        return x, None

    def _backward(self, dy, saved, need_dx):
        return dy if need_dx else None

    def _settings(self):
        return {"batch_shape": list(self.shape), "sparse": False, "ragged": False, "optional": False}

    @classmethod
    def _arguments(cls, config):
        unknown = set(config) - {"batch_shape", "batch_input_shape", "shape", "sparse", "ragged", "optional"}
        if unknown or config.get("sparse") or config.get("ragged"):
            raise ValueError(f"InputLayer takes a dense `batch_shape` only. Received: {config}.")
        shape = config.get("batch_shape", config.get("batch_input_shape"))
        if not isinstance(shape, (list, tuple, type(None))):
            raise ValueError(f"InputLayer's `batch_shape` must be a list. Received: {shape!r}.")
        return {"shape": tuple(shape[1:]) if shape is not None else config.get("shape")}


def Input(shape, name=None):  # noqa: N802 (Keras's name)
    """Begin a graph: a symbolic tensor for a batch of examples of this shape.

    Parameters
    ----------
    shape : tuple of int or None    of one example, (height, width, channels)
    """
    layer = InputLayer(shape, name)
    return Node(layer, [], False, layer.shape).outputs[0]
