"""Separable convolution: first each channel by itself over the window, then all channels at each position.

    z = depthwise_conv2d(x, depthwise_kernel)               (N, OH, OW, C * M), no bias
    y = f( conv2d(z, pointwise_kernel, 1 x 1) + bias )      (N, OH, OW, F)

Backward goes back through both. KH*KW*C*M + C*M*F weights do the work of KH*KW*C*F.
Kernels: those of `DepthwiseConv2D`, then those of `Conv2D`. Kept for the way back: x, z, and what the activation needs.
Source: Keras 3 `SeparableConv2D`; Chollet, Xception, arXiv:1610.02357. On paper: reference/depthwise_conv2d.py.
"""

import math
from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..types import Array, IntOrPair, Pads, Pair, Shape
from .activations import activate, activation_backward, fused
from .arguments import positive_int
from .arrays import product
from .depthwise_conv2d import DepthwiseConv2D


class SeparableConv2D(DepthwiseConv2D):
    """Depthwise convolution followed by a 1 x 1 convolution, with bias and activation, channels last.

    Parameters
    ----------
    filters : int
        Numbers of the output at each position.
    kernel_size : int or (int, int)
        The window of the depthwise half, pixels.
    strides : int or (int, int)
        The step of the window, pixels; not with a dilation.
    padding : "valid" or "same"
        No zeros around the image, or as many as keep ceil(size / stride).
    dilation_rate : int or (int, int)
        From one of the window's pixels to the next; 1 is side by side.
    depth_multiplier : int
        Depthwise filters a channel, M.
    activation : str, optional
        See `Activation`.
    use_bias : bool
        Whether a bias is added, at the end.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        As in `DepthwiseConv2D`; `filters` is no positive integer.

    Notes
    -----
    params: depthwise_kernel (KH, KW, C, M) and pointwise_kernel (1, 1, C * M, F), glorot_uniform; bias (F,), zeros.

    Examples
    --------
    The same shapes as a convolution's, with 9 * 16 + 16 * 32 + 32 = 688 weights for its 9 * 16 * 32 + 32 = 4640.

    >>> from minicnn import Conv2D, SeparableConv2D
    >>> separable, dense = SeparableConv2D(32, 3), Conv2D(32, 3)
    >>> for layer in (separable, dense):
    ...     layer.build((None, 64, 64, 16))
    >>> separable.output_shape == dense.output_shape == (None, 62, 62, 32)
    True
    >>> separable.count_params(), dense.count_params()
    (688, 4640)
    """

    filters: int
    starts: ClassVar[dict[str, tuple[str, str]]] = {
        "depthwise": ("depthwise_kernel", "glorot_uniform"),
        "pointwise": ("pointwise_kernel", "glorot_uniform"),
        "bias": ("bias", "zeros"),
    }
    ONE_BY_ONE: ClassVar[tuple[Pair, Pads]] = (1, 1), ((0, 0), (0, 0))  # strides and pads of the pointwise half

    def __init__(
        self,
        filters: int,
        kernel_size: IntOrPair,
        strides: IntOrPair = (1, 1),
        padding: str = "valid",
        dilation_rate: IntOrPair = (1, 1),
        depth_multiplier: int = 1,
        activation: str | None = None,
        use_bias: bool = True,
        name: str | None = None,
        **more: Any,
    ):
        window = (kernel_size, strides, padding, depth_multiplier, dilation_rate)
        super().__init__(*window, activation, use_bias, name, **more)
        self.filters = positive_int("filters", filters)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, OH, OW, filters)."""
        return (*super().compute_output_shape(input_shape)[:3], self.filters)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        depthwise = (*self.kernel_size, input_shape[3], self.depth_multiplier)
        pointwise = (1, 1, math.prod(depthwise[2:]), self.filters)
        self.params["depthwise_kernel"] = self._start_array("depthwise_kernel", depthwise, rng)
        self.params["pointwise_kernel"] = self._start_array("pointwise_kernel", pointwise, rng)
        if self.use_bias:
            self.params["bias"] = self._start_array("bias", self.filters, rng)

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        activation = None if logits else self.activation
        how = (self.strides, self.pads(x.shape[1:3]), self.dilation_rate)
        z = kernels.depthwise_conv2d_forward(x, self.params["depthwise_kernel"], None, *how)  # (N, OH, OW, C * M)
        now, after = fused(activation, "conv2d")
        y = kernels.conv2d_forward(
            z, self.params["pointwise_kernel"], self.params.get("bias"), *self.ONE_BY_ONE, activation=now
        )  # (N, OH, OW, F)
        y, kept = activate(after, y)
        return y, (x, z, kept, activation, how)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        x, z, kept, activation, how = saved
        if not self.trainable and not need_dx:
            return None
        dy = activation_backward(activation, dy, kept)
        dz = kernels.conv2d_backward_input(dy, self.params["pointwise_kernel"], z.shape, *self.ONE_BY_ONE)
        if self.trainable:
            self.grads["depthwise_kernel"] = kernels.depthwise_conv2d_backward_kernel(dz, x, self.kernel_size, *how)
            self.grads["pointwise_kernel"] = kernels.conv2d_backward_kernel(dy, z, (1, 1), *self.ONE_BY_ONE)
            if self.use_bias:
                self.grads["bias"] = kernels.bias_backward(dy)
        if not need_dx:
            return None
        return kernels.depthwise_conv2d_backward_input(dz, self.params["depthwise_kernel"], x.shape, *how)

    def multiply_adds(self, input_shape: Shape | None = None) -> int | None:
        """Count the size of both kernels for each output position; None if the image's size is open."""
        positions = product(self.compute_output_shape(input_shape or self.input_shape)[1:3])
        weights = sum(self.params[key].size for key in ("depthwise_kernel", "pointwise_kernel"))
        return None if positions is None else positions * weights

    def _settings(self) -> dict[str, Any]:
        return {"filters": self.filters, **super()._settings()}
