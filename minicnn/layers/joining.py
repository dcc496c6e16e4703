"""Joining: what layers share that make one array of several, elementwise. A size of 1 is stretched to fit.

Missing axes come after the batch's: (N, C) beside (N, H, W, C) counts as (N, 1, 1, C), as in Keras.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..types import Array, IntArray, Shape
from .base import Layer
from .reads import Reads

Joined = Callable[..., Any]  # a function of arrays or of symbolic tensors


class Joining(Layer):
    """A layer of several inputs whose sizes agree or are 1. It writes `_join` and `_part`, for arrays of one rank.

    Examples
    --------
    >>> from minicnn import Maximum
    >>> Maximum().compute_output_shape([(None, 8, 8, 3), (None, 3)])
    (None, 8, 8, 3)
    """

    takes_list = True

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """[(None, H, W, C), (None, C), ...] -> (None, H, W, C)."""
        return stretched_shape(self, input_shape)

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads | None:
        """Return each output's own place, or the only one where that is stretched."""
        own = input_shape[index]
        if len(own) < max(map(len, input_shape)):
            return None
        return Reads(np.zeros_like(places), np.zeros_like(places), 0) if own[axis] == 1 else Reads(places, places)

    def _join(self, xs: list[Array], /) -> tuple[Array, Any]:
        """Return y, and whatever `_part` needs."""
        raise NotImplementedError(f"{type(self).__name__} must define _join.")

    def _part(self, dy: Array, kept: Any, /) -> list[Array]:
        """Return the gradient of each input."""
        raise NotImplementedError(f"{type(self).__name__} must define _part.")

    def _forward(self, xs: list[Array], training: bool) -> tuple[Array, Any]:
        y, kept = self._join(of_one_rank(xs))
        return y, (kept, [x.shape for x in xs])

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> list[Array] | None:
        if not need_dx:
            return None
        kept, shapes = saved
        return [dx.reshape(shape) for dx, shape in zip(self._part(dy, kept), shapes, strict=True)]


def ranked(shapes: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return shapes of one rank: those of fewer axes get axes of 1 after the batch's."""
    rank = max(map(len, shapes))
    return [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]


def stretched_shape(layer: Layer, shapes: list[Shape]) -> Shape:
    """Return the shape that the inputs of a layer are stretched to."""
    several = isinstance(shapes, list) and len(shapes) > 1
    sizes = [set(axis) - {1} for axis in zip(*ranked(shapes), strict=True)] if several else []
    if not several or any(len(axis - {None}) > 1 for axis in sizes):
        raise ValueError(
            f"Layer '{layer.name}' takes a list of at least two inputs, whose sizes agree or are 1. "
            f"Received: input_shape={shapes}."
        )
    return tuple(max(axis, key=lambda size: size or 0) if axis else 1 for axis in sizes)


def of_one_rank(xs: Sequence[Array]) -> list[Array]:
    """Return arrays of one rank: those of fewer axes get axes of 1 after the batch's.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn.layers import of_one_rank
    >>> [x.shape for x in of_one_rank([np.zeros((2, 8, 8, 3)), np.zeros((2, 3))])]
    [(2, 8, 8, 3), (2, 1, 1, 3)]
    """
    shapes = [x.shape for x in xs]
    return [x if x.shape == shape else x.reshape(shape) for x, shape in zip(xs, ranked(shapes), strict=True)]


def as_function(kind: type[Layer]) -> Joined:
    """Return Keras's function beside a layer of several inputs: `add([x, y])` is `Add()([x, y])`."""

    def join(inputs: Any, *values: Any, **settings: Any) -> Any:
        return kind(*values, **settings)(inputs)

    join.__name__ = kind.__name__.lower()
    join.__doc__ = f"""Call a new {kind.__name__} on a list of tensors, or of arrays; what follows are its settings.

    Examples
    --------
    >>> from minicnn.layers import Input, {join.__name__}
    >>> {join.__name__}([Input((4,)), Input((4,))]).shape
    {kind().compute_output_shape([(None, 4), (None, 4)])}
    """
    return join
