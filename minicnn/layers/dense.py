"""Dense, the fully connected layer: every output weighs every input.

    y = f(x @ kernel + bias)
    dz = f'(z) * dy;    dx = dz @ kernel^T;    dkernel = x^T @ dz;    dbias = dz summed over the examples

Source: Keras 3 `Dense`. On paper: reference/dense.py.
"""

import math

from .. import initializers, kernels
from .activations import activate, activation_backward, activation_name, fused
from .arguments import positive_int
from .base import Layer


class Dense(Layer):
    """Matrix product with bias and activation, along the last axis.

    Parameters
    ----------
    units : int         number of outputs
    activation : str, optional      see `Activation`
    use_bias : bool

    Notes
    -----
    params: kernel (inputs, units), glorot_uniform; bias (units,), zeros.
    """

    only = {"quantization_config": None}

    def __init__(self, units, activation=None, use_bias=True, name=None):
        super().__init__(name)
        self.units = positive_int("units", units)
        self.activation = activation_name(activation)
        self.use_bias = bool(use_bias)

    def compute_output_shape(self, input_shape):
        """(None, ..., inputs) -> (None, ..., units)."""
        if isinstance(input_shape, list) or len(input_shape) < 2 or input_shape[-1] is None:
            raise ValueError(
                f"Layer '{self.name}' needs a known number of inputs on the last axis. "
                f"Received: input_shape={input_shape}."
            )
        return (*input_shape[:-1], self.units)

    def _build(self, input_shape, rng):
        self.params["kernel"] = initializers.glorot_uniform(rng, (input_shape[-1], self.units), self.dtype)
        if self.use_bias:
            self.params["bias"] = initializers.zeros(self.units, self.dtype)

    def _forward(self, x, training, logits=False):
        activation = None if logits else self.activation
        rows = x.reshape(-1, self.input_shape[-1])  # (N, inputs), also where images come unflattened
        now, after = fused(activation, "dense")
        y = kernels.dense_forward(rows, self.params["kernel"], self.params.get("bias"), activation=now)
        y, kept = activate(after, y)
        return y.reshape(*x.shape[:-1], self.units), (x.shape, rows, kept, activation)

    def _backward(self, dy, saved, need_dx, kernel_gradient=kernels.dense_backward_kernel):
        shape, rows, kept, activation = saved
        dz = activation_backward(activation, dy.reshape(kept.shape), kept)
        if self.trainable:
            self.grads["kernel"] = kernel_gradient(dz, rows)
            if self.use_bias:
                self.grads["bias"] = kernels.bias_backward(dz)
        return kernels.dense_backward_input(dz, self.params["kernel"]).reshape(shape) if need_dx else None

    def multiply_adds(self, input_shape=None):
        """Count kernel.size multiply-adds for each row of inputs."""
        rows = (input_shape or self.input_shape)[1:-1]
        return None if None in rows else math.prod(rows) * self.params["kernel"].size

    def _settings(self):
        return {"units": self.units, "activation": self.activation or "linear", "use_bias": self.use_bias}
