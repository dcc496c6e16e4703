"""Depthwise convolution: every channel has filters of its own, and channels never mix.

    y[n,i,j,c*M+m] = f( bias[c*M+m] + sum_ab x[n, i*sh + a*dh - top, j*sw + b*dw - left, c] * kernel[a,b,c,m] )

    dz = f'(z) * dy;    dx, dkernel, dbias as in a convolution, channel by channel

Source: Keras 3 `DepthwiseConv2D`; Chollet, Xception, arXiv:1610.02357. On paper: reference/depthwise_conv2d.py.
"""

import math

from .. import initializers, kernels
from .activations import activate, activation_backward, activation_name
from .arguments import image_shape, one_of, pair, positive_int
from .windowed import Windowed


class DepthwiseConv2D(Windowed):
    """2-D convolution of each channel by itself, channels last.

    Parameters
    ----------
    kernel_size : int or (int, int)  window, pixels
    strides : int or (int, int)      step of the window, pixels; not with a dilation; equal, as Keras wants them
    padding : "valid" or "same"      no zeros around the image, or as many as keep ceil(size / stride)
    depth_multiplier : int           filters a channel
    dilation_rate : int or (int, int)    distance between the window's pixels
    activation : str, optional       see `Activation`
    use_bias : bool

    Notes
    -----
    params: kernel (KH, KW, C, M), glorot_uniform; bias (C * M,), zeros.
    """

    only = {"data_format": "channels_last"}

    def __init__(
        self,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        depth_multiplier=1,
        dilation_rate=(1, 1),
        activation=None,
        use_bias=True,
        name=None,
    ):
        super().__init__(name)
        self.kernel_size = pair("kernel_size", kernel_size)
        self.strides = pair("strides", strides)
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.depth_multiplier = positive_int("depth_multiplier", depth_multiplier)
        self.dilation_rate = pair("dilation_rate", dilation_rate)
        self.activation = activation_name(activation)
        self.use_bias = bool(use_bias)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"`strides` and `dilation_rate` cannot both be above 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}."
            )

    @property
    def taps(self):
        """The kernel's height and width."""
        return self.kernel_size

    def compute_output_shape(self, input_shape):
        """(None, H, W, C) -> (None, OH, OW, C * depth_multiplier)."""
        n, *sizes, channels = image_shape(self, input_shape)
        return (n, *self.output_sizes(sizes), channels * self.depth_multiplier)

    def _build(self, input_shape, rng):
        shape = (*self.kernel_size, input_shape[3], self.depth_multiplier)
        self.params["kernel"] = initializers.glorot_uniform(rng, shape, self.dtype)
        if self.use_bias:
            self.params["bias"] = initializers.zeros(math.prod(shape[2:]), self.dtype)

    def _forward(self, x, training, logits=False):
        activation = None if logits else self.activation
        how = (self.strides, self.pads(x.shape[1:3]), self.dilation_rate)
        z = kernels.depthwise_conv2d_forward(x, self.params["kernel"], self.params.get("bias"), *how)
        y, kept = activate(activation, z)
        return y, (x, kept, activation, how)

    def _backward(self, dy, saved, need_dx):
        x, kept, activation, how = saved
        dz = activation_backward(activation, dy, kept)
        if self.trainable:
            self.grads["kernel"] = kernels.depthwise_conv2d_backward_kernel(dz, x, self.kernel_size, *how)
            if self.use_bias:
                self.grads["bias"] = kernels.bias_backward(dz)
        return kernels.depthwise_conv2d_backward_input(dz, self.params["kernel"], x.shape, *how) if need_dx else None

    def multiply_adds(self, input_shape=None):
        """Count kernel.size multiply-adds for each output position."""
        sizes = self.compute_output_shape(input_shape or self.input_shape)[1:3]
        return None if None in sizes else math.prod(sizes) * self.params["kernel"].size

    def _settings(self):
        return {
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "depth_multiplier": self.depth_multiplier,
            "data_format": "channels_last",
            "dilation_rate": list(self.dilation_rate),
            "activation": self.activation or "linear",
            "use_bias": self.use_bias,
        }
