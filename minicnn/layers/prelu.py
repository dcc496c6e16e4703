"""PReLU: a ReLU whose slope for what is negative is learnt.

    y = x where x > 0, else alpha * x         dx = dy where x > 0, alpha * dy where x < 0, 0 where x = 0

    dalpha = x * dy where x < 0, summed over the batch and the axes that share a slope

Kernels: prelu_forward, prelu_backward. Kept for the way back: x.
Source: He et al., arXiv:1502.01852; Keras 3 `PReLU`. On paper: reference/prelu.py.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..arguments import is_integer
from ..types import Array, Shape
from .base import Layer


class PReLU(Layer):
    """Scale negative numbers by slopes that are learnt, one for each place of the input unless axes share them.

    Parameters
    ----------
    shared_axes : tuple of int, optional
        Axes, counted from 1, along which one slope serves all: (1, 2) is one a channel of images.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `shared_axes` are no positive integers; at build, they are no axes of the input, or the size of another axis
        is open.

    Notes
    -----
    params: alpha, the input's shape with sizes of 1 along `shared_axes`, zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import PReLU
    >>> layer = PReLU(shared_axes=(1, 2))
    >>> layer.build((None, 8, 8, 3))
    >>> layer.params["alpha"].shape
    (1, 1, 3)
    >>> layer.set_weights([np.full((1, 1, 3), 0.5)])
    >>> layer(np.full((1, 1, 1, 3), -4.0))
    array([[[[-2., -2., -2.]]]], dtype=float32)
    """

    shared_axes: tuple[int, ...]

    starts: ClassVar[dict[str, tuple[str, str]]] = {"alpha": ("alpha", "zeros")}

    def __init__(self, shared_axes: int | Sequence[int] | None = None, name: str | None = None, **more: Any):
        super().__init__(name, **more)
        given: Any = () if shared_axes is None else shared_axes
        axes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
        if not all(is_integer(axis) and axis > 0 for axis in axes):
            raise ValueError(f"`shared_axes` must be integers of at least 1. Received: shared_axes={shared_axes!r}.")
        self.shared_axes = tuple(map(int, axes))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape; axes that share no slope must be of known size."""
        rank = 0 if isinstance(input_shape, list) else len(input_shape)
        if rank < 2 or max(self.shared_axes, default=1) >= rank or None in self._fixed_sizes(input_shape):
            raise ValueError(
                f"`shared_axes` of layer '{self.name}' must be axes of its input, and the others of known size. "
                f"Received: shared_axes={self.shared_axes}, input_shape={input_shape}."
            )
        return input_shape

    def _fixed_sizes(self, input_shape: Any) -> tuple[Any, ...]:
        return tuple(1 if axis in self.shared_axes else size for axis, size in enumerate(input_shape) if axis)

    def _fixed(self, input_shape: Any) -> Any:
        """Return the shape of the slopes."""
        return self._fixed_sizes(input_shape)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        self.params["alpha"] = self._start_array("alpha", self._fixed_sizes(input_shape), rng)

    def _forward(self, x: Array, training: bool) -> tuple[Array, Array]:
        return kernels.prelu_forward(x, self.params["alpha"]), x

    def _backward(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        dx, dalpha = kernels.prelu_backward(dy, x, self.params["alpha"])
        if self.trainable:
            self.grads["alpha"] = dalpha
        return dx if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {"shared_axes": list(self.shared_axes) or None}
