"""Batch normalization: every channel is brought to mean 0 and variance 1, then to a mean and a scale that are learnt.

    y = (x - mean) / sqrt(variance + epsilon) * gamma + beta

    training    mean and variance are the batch's; the moving ones follow: moving = momentum*moving + (1-momentum)*batch
    otherwise   they are the moving ones, constants; and so they are in a layer that is frozen (trainable = False)

    dbeta = sum dy;     dgamma = sum dy * xhat;     dx = gamma / s * dy, in training less what mean and variance undo

Source: Ioffe & Szegedy, arXiv:1502.03167; Keras 3 `BatchNormalization`. On paper: reference/batch_normalization.py.
"""

import numpy as np

from .. import initializers, kernels
from ..arguments import is_integer, is_number
from .base import Layer


class BatchNormalization(Layer):
    """Normalize every channel (the last axis).

    Parameters
    ----------
    axis : -1, or the last axis's number
    momentum : float in [0, 1]       how much of the moving mean and variance stays at each training step
    epsilon : float, positive        added to the variance
    center, scale : bool             whether there is a beta, and a gamma

    Notes
    -----
    params: gamma (C,), ones; beta (C,), zeros. state: moving_mean (C,), zeros; moving_variance (C,), ones.
    The variance that goes into moving_variance is divided by the count, not by the count - 1, as in Keras.
    """

    only = {"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99, "synchronized": False}

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True, name=None):
        super().__init__(name)
        if not is_integer(axis):
            raise ValueError(f"`axis` must be one integer, the last axis. Received: axis={axis!r}.")
        for key, value, most in (("momentum", momentum, 1.0), ("epsilon", epsilon, np.inf)):
            if not is_number(value) or not 0 <= value <= most:
                raise ValueError(f"`{key}` must be a number from 0 to {most}. Received: {key}={value!r}.")
        self.axis = int(axis)
        self.momentum, self.epsilon = float(momentum), float(epsilon)
        self.center, self.scale = bool(center), bool(scale)

    def compute_output_shape(self, input_shape):
        """The same shape; the axis must be its last, of known size."""
        rank = 0 if isinstance(input_shape, list) else len(input_shape)
        if rank < 2 or self.axis not in (-1, rank - 1) or input_shape[-1] is None:
            raise ValueError(
                f"Layer '{self.name}' normalizes the last axis, of known size: `axis` must be -1 or its "
                f"number. Received: axis={self.axis}, input_shape={input_shape}."
            )
        return input_shape

    def _build(self, input_shape, rng):
        channels = input_shape[-1]
        if self.scale:
            self.params["gamma"] = initializers.ones(rng, channels, self.dtype)
        if self.center:
            self.params["beta"] = initializers.zeros(channels, self.dtype)
        self.state["moving_mean"] = initializers.zeros(channels, self.dtype)
        self.state["moving_variance"] = initializers.ones(rng, channels, self.dtype)

    def _forward(self, x, training):
        own = training and self.trainable and x.size > 0  # whether the batch's own mean and variance are used
        mean, variance = kernels.batch_normalization_moments(x) if own else self.state.values()
        if own:
            for moving, measured in zip(self.state.values(), (mean, variance), strict=True):
                moving *= self.momentum
                moving += (1 - self.momentum) * measured
        y = kernels.batch_normalization_forward(
            x, mean, variance, self.params.get("gamma"), self.params.get("beta"), self.epsilon
        )
        return y, (x, mean, variance, own)

    def _backward(self, dy, saved, need_dx):
        x, mean, variance, own = saved
        dx, dgamma, dbeta = kernels.batch_normalization_backward(
            dy, x, mean, variance, self.params.get("gamma"), self.epsilon, own
        )
        if self.trainable:
            self.grads = {key: {"gamma": dgamma, "beta": dbeta}[key] for key in self.params}
        return dx if need_dx else None

    def _settings(self):
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
