"""Group normalization: the channels of every example, some at a time, are brought to mean 0 and variance 1.

    y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance over a group of channels and all pixels

    dbeta = sum dy;     dgamma = sum dy * xhat;     dx = gamma / s * dy, less what mean and variance undo

Kernels: group_normalization_forward, group_normalization_backward. Kept for the way back: x.
Source: Wu & He, arXiv:1803.08494; Keras 3 `GroupNormalization`. On paper: reference/group_normalization.py.
"""

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..arguments import boolean, is_integer
from ..types import Array, IntArray, Shape
from .arguments import not_negative
from .base import Layer
from .reads import Reads, whole


class GroupNormalization(Layer):
    """Normalize groups of channels (the last axis) of every example.

    Parameters
    ----------
    groups : int
        In how many the channels are cut; -1: as many as channels (instance normalization).
    axis : int
        -1, or the last axis's number.
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
        An argument is none of these; at build, `axis` is not the last one, or `groups` does not divide the channels.

    Notes
    -----
    params: gamma (C,), ones; beta (C,), zeros. Training and prediction do the same.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import GroupNormalization
    >>> GroupNormalization(2)(np.array([[1.0, 3.0, 50.0, 10.0]])).round(2)
    array([[-1.,  1.,  1., -1.]], dtype=float32)
    """

    groups: int
    axis: int
    epsilon: float
    center: bool
    scale: bool

    starts: ClassVar[dict[str, tuple[str, str]]] = {"gamma": ("gamma", "ones"), "beta": ("beta", "zeros")}

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        if not is_integer(groups) or groups < 1 and groups != -1:
            raise ValueError(f"`groups` must be a positive integer, or -1. Received: groups={groups!r}.")
        if not is_integer(axis):
            raise ValueError(f"`axis` must be one integer, the last axis. Received: axis={axis!r}.")
        self.groups, self.axis = int(groups), int(axis)
        self.epsilon = not_negative("epsilon", epsilon)
        self.center, self.scale = boolean("center", center), boolean("scale", scale)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape; the axis must be its last, of known size."""
        rank = 0 if isinstance(input_shape, list) else len(input_shape)
        if rank < 2 or self.axis not in (-1, rank - 1) or input_shape[-1] is None:
            raise ValueError(
                f"Layer '{self.name}' normalizes the last axis, of known size: `axis` must be -1 or its "
                f"number. Received: axis={self.axis}, input_shape={input_shape}."
            )
        if (channels := input_shape[-1] or 0) % self.groups:
            raise ValueError(
                f"`groups` of layer '{self.name}' must divide the {channels} channels. Received: groups={self.groups}."
            )
        return input_shape

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return that the outputs read the whole image: mean and variance do."""
        return whole(input_shape[axis], places)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        if self.scale:
            self.params["gamma"] = self._start_array("gamma", input_shape[-1], rng)
        if self.center:
            self.params["beta"] = self._start_array("beta", input_shape[-1], rng)

    def cut(self, channels: int) -> int:
        """Return in how many groups so many channels are cut."""
        return channels if self.groups == -1 else self.groups

    def factors(self, channels: int) -> tuple[Array, Array]:
        """Return gamma and beta, or ones and zeros, one a channel."""
        gamma = self.params["gamma"] if self.scale else np.ones(channels, self.dtype)
        return gamma, self.params["beta"] if self.center else np.zeros(channels, self.dtype)

    def _forward(self, x: Array, training: bool) -> tuple[Array, Array]:
        channels = x.shape[-1]
        return kernels.group_normalization_forward(x, self.cut(channels), *self.factors(channels), self.epsilon), x

    def _backward(self, dy: Array, x: Array, need_dx: bool) -> Array | None:
        channels = x.shape[-1]
        gamma, _ = self.factors(channels)
        dx, dgamma, dbeta = kernels.group_normalization_backward(dy, x, self.cut(channels), gamma, self.epsilon)
        if self.trainable:
            self.grads.update({key: {"gamma": dgamma, "beta": dbeta}[key] for key in self.params})
        return dx if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {
            "groups": self.groups,
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
        }
