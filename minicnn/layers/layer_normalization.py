"""Layer normalization: every example by itself is brought to mean 0 and variance 1, then to a scale that is learnt.

    y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance over `axis`

    dbeta = sum dy;     dgamma = sum dy * xhat;     dx = gamma / s * dy, less what mean and variance undo

Kernels: layer_normalization_forward, layer_normalization_backward. Kept for the way back: x.
Source: Ba et al., arXiv:1607.06450; Keras 3 `LayerNormalization`. On paper: reference/layer_normalization.py.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..arguments import boolean, is_integer
from ..types import Array, IntArray, Shape
from .arguments import not_negative
from .base import Layer
from .reads import Reads, whole


class LayerNormalization(Layer):
    """Normalize every example over some axes, the last by default.

    Parameters
    ----------
    axis : int or tuple of int
        Over which mean and variance are taken; not the batch's. gamma and beta are one a place along them.
    epsilon : float, 0 or more
        Added to the variance.
    center : bool
        Whether there is a beta, which shifts.
    scale : bool
        Whether there is a gamma, which stretches.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        An argument is none of these; at build, `axis` names no axes of known size, or one twice.

    Notes
    -----
    params: gamma, ones, and beta, zeros, in the sizes of `axis`, sorted. Training and prediction do the same. As in
    Keras gamma and beta are reshaped to the input's axes: after axis=(1, -1), (C, H), their numbers lie as in (H, C).

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import LayerNormalization
    >>> LayerNormalization()(np.array([[1.0, 3.0], [50.0, 10.0]])).round(2)  # each row by its own mean and variance
    array([[-1.,  1.],
           [ 1., -1.]], dtype=float32)
    """

    axis: tuple[int, ...]
    epsilon: float
    center: bool
    scale: bool
    only: ClassVar[dict[str, Any]] = {"rms_scaling": False}

    starts: ClassVar[dict[str, tuple[str, str]]] = {"gamma": ("gamma", "ones"), "beta": ("beta", "zeros")}

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        given: Any = axis
        axes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
        if not axes or not all(is_integer(item) and item != 0 for item in axes):
            raise ValueError(f"`axis` must be integers other than 0, the batch. Received: axis={axis!r}.")
        self.axis = tuple(map(int, axes))
        self.epsilon = not_negative("epsilon", epsilon)
        self.center, self.scale = boolean("center", center), boolean("scale", scale)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape; the axes must be of known size."""
        rank = 0 if isinstance(input_shape, list) else len(input_shape)
        named = all(-rank < axis < rank and input_shape[axis] is not None for axis in self.axis)
        if not named or len(self._axes(rank)) < len(self.axis):
            raise ValueError(
                f"`axis` of layer '{self.name}' must name axes of known size, each once. "
                f"Received: axis={self.axis}, input_shape={input_shape}."
            )
        return input_shape

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return that the outputs read the whole axis where mean and variance are taken over it, else their place."""
        return whole(input_shape[axis], places) if axis in self._axes(len(input_shape)) else Reads(places, places)

    def _axes(self, rank: int) -> list[int]:
        return sorted({axis % rank for axis in self.axis})

    def _sizes(self, shape: Any) -> tuple[int, ...]:
        """Return the shape of gamma and beta: Keras sorts `axis` as it is written, negative numbers first."""
        return tuple(shape[axis] for axis in sorted(self.axis))

    def _fixed(self, input_shape: Any) -> Any:
        return self._sizes(input_shape) if self.params else None

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        sizes = self._sizes(input_shape)
        if self.scale:
            self.params["gamma"] = self._start_array("gamma", sizes, rng)
        if self.center:
            self.params["beta"] = self._start_array("beta", sizes, rng)

    def factors(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Return gamma and beta, or ones and zeros, in shapes that broadcast against an input of this shape."""
        axes = self._axes(len(shape))
        wide = [size if axis in axes else 1 for axis, size in enumerate(shape)]
        gamma = self.params["gamma"] if self.scale else np.ones(self._sizes(shape), self.dtype)
        beta = self.params["beta"] if self.center else np.zeros(self._sizes(shape), self.dtype)
        return gamma.reshape(wide), beta.reshape(wide)

    def _forward(self, x: Array, training: bool) -> tuple[Array, Array]:
        return kernels.layer_normalization_forward(x, self._axes(x.ndim), *self.factors(x.shape), self.epsilon), x

    def _backward(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        gamma, _ = self.factors(x.shape)
        dx, dgamma, dbeta = kernels.layer_normalization_backward(dy, x, self._axes(x.ndim), gamma, self.epsilon)
        if self.trainable:
            by_name = {"gamma": dgamma, "beta": dbeta}
            self.grads.update({key: by_name[key].reshape(array.shape) for key, array in self.params.items()})
        return dx if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {
            "axis": list(self.axis),
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "rms_scaling": False,
        }
