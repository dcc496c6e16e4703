"""Dense, the fully connected layer: every output weighs every input.

    z  = x @ kernel + bias;     y = f(z)
    dz = f'(z) * dy;    dx = dz @ kernel^T;    dkernel = x^T @ dz;    dbias = dz summed over the examples

Kernels: dense_forward, which also applies the common activations; dense_backward_input, dense_backward_kernel,
bias_backward. Kept for the way back: x as rows, and what the activation needs (y, as a rule).
Source: Keras 3 `Dense`. On paper: reference/dense.py.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..arguments import boolean
from ..types import Array, IntArray, Shape
from .activations import activate, activation_backward, activation_name, fused
from .arguments import positive_int
from .arrays import product
from .base import Layer
from .reads import Reads, whole


class Dense(Layer):
    """Matrix product with bias and activation, along the last axis.

    Parameters
    ----------
    units : int
        Number of outputs.
    activation : str, optional
        See `Activation`.
    use_bias : bool
        Whether a bias is added.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        `units` is no positive integer; `activation` is unknown; at build, the number of inputs is open.

    Notes
    -----
    params: kernel (inputs, units), glorot_uniform; bias (units,), zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Dense
    >>> layer = Dense(2)
    >>> layer.build((None, 3))
    >>> layer.set_weights([[[1, 0], [0, 1], [1, 1]], [0, 10]])
    >>> layer(np.array([[1.0, 2.0, 4.0]]), training=True)
    array([[ 5., 16.]], dtype=float32)

    The way back, for a loss whose gradient at y is (1, 0): it rises with x_0 and x_2, which the first output weighs.

    >>> layer.backward(np.array([[1.0, 0.0]]))
    array([[1., 0., 1.]], dtype=float32)
    >>> layer.grads["kernel"]
    array([[1., 0.],
           [2., 0.],
           [4., 0.]], dtype=float32)
    """

    units: int
    activation: str | None
    use_bias: bool
    starts: ClassVar[dict[str, tuple[str, str]]] = {"kernel": ("kernel", "glorot_uniform"), "bias": ("bias", "zeros")}
    only: ClassVar[dict[str, Any]] = {"quantization_config": None}

    def __init__(
        self, units: int, activation: str | None = None, use_bias: bool = True, name: str | None = None, **more: Any
    ):
        super().__init__(name, **more)
        self.units = positive_int("units", units)
        self.activation = activation_name(activation)
        self.use_bias = boolean("use_bias", use_bias)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, ..., inputs) -> (None, ..., units)."""
        if isinstance(input_shape, list) or len(input_shape) < 2 or input_shape[-1] is None:
            raise ValueError(
                f"Layer '{self.name}' needs a known number of inputs on the last axis. "
                f"Received: input_shape={input_shape}."
            )
        return (*input_shape[:-1], self.units)

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return that the outputs read the whole last axis, of another their place."""
        return whole(input_shape[axis], places) if axis == len(input_shape) - 1 else Reads(places, places)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        self.params["kernel"] = self._start_array("kernel", (input_shape[-1], self.units), rng)
        if self.use_bias:
            self.params["bias"] = self._start_array("bias", self.units, rng)

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        activation = None if logits else self.activation
        rows = x.reshape(-1, self.input_shape[-1])  # (N, inputs), also where images come unflattened
        now, after = fused(activation, "dense")
        y = kernels.dense_forward(rows, self.params["kernel"], self.params.get("bias"), activation=now)
        y, kept = activate(after, y)
        return y.reshape(*x.shape[:-1], self.units), (x.shape, rows, kept, activation)

    def _backward(
        self,
        dy: Array,
        saved: Any,
        need_dx: bool,
        kernel_gradient: Callable[[Array, Array], Any] = kernels.dense_backward_kernel,
    ) -> Array | None:
        shape, rows, kept, activation = saved
        dz = activation_backward(activation, dy.reshape(kept.shape), kept)
        if self.trainable:
            self.grads["kernel"] = kernel_gradient(dz, rows)
            if self.use_bias:
                self.grads["bias"] = kernels.bias_backward(dz)
        return kernels.dense_backward_input(dz, self.params["kernel"]).reshape(shape) if need_dx else None

    def multiply_adds(self, input_shape: Shape | None = None) -> int | None:
        """Count kernel.size multiply-adds for each row of inputs; None if the number of rows is open."""
        rows = product((input_shape or self.input_shape)[1:-1])
        return None if rows is None else rows * self.params["kernel"].size

    def _settings(self) -> dict[str, Any]:
        return {"units": self.units, "activation": self.activation or "linear", "use_bias": self.use_bias}
