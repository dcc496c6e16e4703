"""What Add and Multiply share: a size of 1 is stretched to fit the others, and missing axes come after the batch's.

So (N, C) beside (N, H, W, C) counts as (N, 1, 1, C), as in Keras.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..types import Array, Shape

if TYPE_CHECKING:
    from .base import Layer


def ranked(shapes: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return shapes of one rank: those of fewer axes get axes of 1 after the batch's."""
    rank = max(map(len, shapes))
    return [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]


def stretched_shape(layer: "Layer", shapes: list[Shape]) -> Shape:
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
    """Return arrays in the shapes that `ranked` returns for theirs."""
    shapes = [x.shape for x in xs]
    return [x if x.shape == shape else x.reshape(shape) for x, shape in zip(xs, ranked(shapes), strict=True)]
