"""Batch normalization: every channel is brought to mean 0 and variance 1, then to a mean and a scale that are learnt.

    y = (x - mean) / sqrt(variance + epsilon) * gamma + beta

    training    mean and variance are the batch's; the moving ones follow: moving = momentum*moving + (1-momentum)*batch
    otherwise   they are the moving ones, constants; and so they are in a layer that is frozen (trainable = False)

    dbeta = sum dy;     dgamma = sum dy * xhat;     dx = gamma / s * dy, in training less what mean and variance undo

Kernels: batch_normalization_moments, batch_normalization_forward, batch_normalization_backward. Kept for the way back:
x, and the mean and the variance that were used. A ReLU after it, and what is added before that, are the kernel's too.
Source: Ioffe & Szegedy, arXiv:1502.03167; Keras 3 `BatchNormalization`. On paper: reference/batch_normalization.py.
"""

from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..arguments import boolean, is_integer, is_number
from ..types import Array, Shape
from .base import Layer


class BatchNormalization(Layer):
    """Normalize every channel (the last axis), or every index of another axis.

    Parameters
    ----------
    axis : int
        Which one has a mean of its own for every index; -1 is the last, the channels.
    momentum : float in [0, 1]
        How much of the moving mean and variance stays at each training step.
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
        An argument is none of these; at build, `axis` names no axis, the batch's, or one of open size.

    Notes
    -----
    params: gamma (C,), ones; beta (C,), zeros. state: moving_mean (C,), zeros; moving_variance (C,), ones.
    The variance that goes into moving_variance is divided by the count, not by the count - 1, as in Keras.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import BatchNormalization
    >>> x = np.array([[1.0, 10.0], [3.0, 50.0]])
    >>> layer = BatchNormalization()
    >>> layer(x, training=True).round(2)  # each channel by its own mean and variance
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    >>> layer.state["moving_mean"].round(2)  # a hundredth of the way from 0 to the batch's 2 and 30
    array([0.02, 0.3 ], dtype=float32)
    """

    axis: int
    momentum: float
    epsilon: float
    center: bool
    scale: bool
    starts: ClassVar[dict[str, tuple[str, str]]] = {
        "gamma": ("gamma", "ones"),
        "beta": ("beta", "zeros"),
        "moving_mean": ("moving_mean", "zeros"),
        "moving_variance": ("moving_variance", "ones"),
    }

    only: ClassVar[dict[str, Any]] = {
        "renorm": False,
        "renorm_clipping": None,
        "renorm_momentum": 0.99,
        "synchronized": False,
    }

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        if not is_integer(axis):
            raise ValueError(f"`axis` must be one integer. Received: axis={axis!r}.")
        for key, value, most in (("momentum", momentum, 1.0), ("epsilon", epsilon, np.inf)):
            if not is_number(value) or not 0 <= value <= most:
                raise ValueError(f"`{key}` must be a number from 0 to {most}. Received: {key}={value!r}.")
        self.axis = int(axis)
        self.momentum, self.epsilon = float(momentum), float(epsilon)
        self.center, self.scale = boolean("center", center), boolean("scale", scale)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The same shape; the axis must be of known size."""
        rank = 0 if isinstance(input_shape, list) else len(input_shape)
        if rank < 2 or not -rank < self.axis < rank or self.axis == 0 or input_shape[self.axis] is None:
            raise ValueError(
                f"`axis` of layer '{self.name}' must be an axis of known size other than 0, the batch. "
                f"Received: axis={self.axis}, input_shape={input_shape}."
            )
        return input_shape

    @property
    def last(self) -> bool:
        """Whether the axis is the last one of what the layer was built for."""
        return self.axis in (-1, len(self.input_shape) - 1)

    def _fixed(self, input_shape: Any) -> Any:
        return input_shape[self.axis]

    def _turned(self, x: Array, source: int, to: int) -> Array:
        """Return an array with an axis moved to another place, where the kernels look for it, or from there."""
        if self.last:
            return x
        kernels.tape.refuse()
        return np.ascontiguousarray(np.moveaxis(x, source, to))

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        channels = input_shape[self.axis]
        if self.scale:
            self.params["gamma"] = self._start_array("gamma", channels, rng)
        if self.center:
            self.params["beta"] = self._start_array("beta", channels, rng)
        self.state["moving_mean"] = self._start_array("moving_mean", channels, rng)
        self.state["moving_variance"] = self._start_array("moving_variance", channels, rng)

    def _forward(
        self, x: Array, training: bool, activation: str | None = None, residual: Array | None = None
    ) -> tuple[Array, Any]:
        x = self._turned(x, self.axis, -1)
        own = training and self.trainable and x.size > 0  # whether the batch's own mean and variance are used
        mean, variance = kernels.batch_normalization_moments(x) if own else self.state.values()
        if own:
            for moving, measured in zip(self.state.values(), (mean, variance), strict=True):
                moving *= self.momentum
                moving += (1 - self.momentum) * measured
        gamma, beta = self.params.get("gamma"), self.params.get("beta")
        y = kernels.batch_normalization_forward(
            x, mean, variance, gamma, beta, self.epsilon, activation=activation, residual=residual
        )
        return self._turned(y, -1, self.axis), (x, mean, variance, own)

    def _backward(self, dy: Array, saved: Any, need_dx: bool, activation: str | None = None) -> Array | None:
        x, mean, variance, own = saved
        gamma, beta = self.params.get("gamma"), self.params.get("beta")
        dy = self._turned(dy, self.axis, -1)
        dx, dgamma, dbeta = kernels.batch_normalization_backward(
            dy, x, mean, variance, gamma, self.epsilon, own, activation=activation, beta=beta
        )
        if self.trainable:
            self.grads.update({key: {"gamma": dgamma, "beta": dbeta}[key] for key in self.params})
        return self._turned(dx, -1, self.axis) if need_dx else None

    def _settings(self) -> dict[str, Any]:
        return {
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "renorm": False,
            "renorm_clipping": None,
            "renorm_momentum": 0.99,
            "synchronized": False,
        }
