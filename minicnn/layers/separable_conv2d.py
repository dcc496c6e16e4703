"""Separable convolution: first each channel by itself over the window, then all channels at each position.

    z = depthwise_conv2d(x, depthwise_kernel)               (N, OH, OW, C * M), no bias
    y = f( conv2d(z, pointwise_kernel, 1 x 1) + bias )      (N, OH, OW, F)

Backward goes back through both. KH*KW*C*M + C*M*F weights do the work of KH*KW*C*F.
Source: Keras 3 `SeparableConv2D`; Chollet, Xception, arXiv:1610.02357. On paper: reference/depthwise_conv2d.py.
"""

import math

from .. import initializers, kernels
from .activations import activate, activation_backward, fused
from .arguments import positive_int
from .depthwise_conv2d import DepthwiseConv2D


class SeparableConv2D(DepthwiseConv2D):
    """Depthwise convolution followed by a 1 x 1 convolution, with bias and activation, channels last.

    Parameters
    ----------
    filters : int                    number of outputs at each position
    kernel_size, strides, padding, depth_multiplier, dilation_rate : of the depthwise half, see `DepthwiseConv2D`
    activation : str, optional       see `Activation`
    use_bias : bool

    Notes
    -----
    params: depthwise_kernel (KH, KW, C, M) and pointwise_kernel (1, 1, C * M, F), glorot_uniform; bias (F,), zeros.
    """

    ONE_BY_ONE = (1, 1), ((0, 0), (0, 0))  # strides and pads of the pointwise half

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        dilation_rate=(1, 1),
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        name=None,
    ):
        super().__init__(kernel_size, strides, padding, depth_multiplier, dilation_rate, activation, use_bias, name)
        self.filters = positive_int("filters", filters)

    def compute_output_shape(self, input_shape):
        """(None, H, W, C) -> (None, OH, OW, filters)."""
        return (*super().compute_output_shape(input_shape)[:3], self.filters)

    def _build(self, input_shape, rng):
        depthwise = (*self.kernel_size, input_shape[3], self.depth_multiplier)
        pointwise = (1, 1, math.prod(depthwise[2:]), self.filters)
        self.params["depthwise_kernel"] = initializers.glorot_uniform(rng, depthwise, self.dtype)
        self.params["pointwise_kernel"] = initializers.glorot_uniform(rng, pointwise, self.dtype)
        if self.use_bias:
            self.params["bias"] = initializers.zeros(self.filters, self.dtype)

    def _forward(self, x, training, logits=False):
        activation = None if logits else self.activation
        how = (self.strides, self.pads(x.shape[1:3]), self.dilation_rate)
        z = kernels.depthwise_conv2d_forward(x, self.params["depthwise_kernel"], None, *how)  # (N, OH, OW, C * M)
        now, after = fused(activation, "conv2d")
        y = kernels.conv2d_forward(
            z, self.params["pointwise_kernel"], self.params.get("bias"), *self.ONE_BY_ONE, activation=now
        )  # (N, OH, OW, F)
        y, kept = activate(after, y)
        return y, (x, z, kept, activation, how)

    def _backward(self, dy, saved, need_dx):
        x, z, kept, activation, how = saved
        dy = activation_backward(activation, dy, kept)
        if self.trainable or need_dx:
            dz = kernels.conv2d_backward_input(dy, self.params["pointwise_kernel"], z.shape, *self.ONE_BY_ONE)
        if self.trainable:
            self.grads["depthwise_kernel"] = kernels.depthwise_conv2d_backward_kernel(dz, x, self.kernel_size, *how)
            self.grads["pointwise_kernel"] = kernels.conv2d_backward_kernel(dy, z, (1, 1), *self.ONE_BY_ONE)
            if self.use_bias:
                self.grads["bias"] = kernels.bias_backward(dy)
        if not need_dx:
            return None
        return kernels.depthwise_conv2d_backward_input(dz, self.params["depthwise_kernel"], x.shape, *how)

    def multiply_adds(self, input_shape=None):
        """Count the size of both kernels for each output position."""
        sizes = self.compute_output_shape(input_shape or self.input_shape)[1:3]
        weights = sum(self.params[key].size for key in ("depthwise_kernel", "pointwise_kernel"))
        return None if None in sizes else math.prod(sizes) * weights

    def _settings(self):
        return {"filters": self.filters, **super()._settings()}
