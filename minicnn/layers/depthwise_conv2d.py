"""Depthwise convolution: every channel has filters of its own, and channels never mix.

    z[n,i,j,c*M+m] = bias[c*M+m] + sum_ab x[n, i*sh + a*dh - top, j*sw + b*dw - left, c] * kernel[a,b,c,m]
    y              = f(z)

    dz = f'(z) * dy;    dx, dkernel, dbias as in a convolution, channel by channel

Kernels: depthwise_conv2d_forward, depthwise_conv2d_backward_input, depthwise_conv2d_backward_kernel, bias_backward.
Kept for the way back: x, and what the activation needs (y, as a rule).
Source: Keras 3 `DepthwiseConv2D`; Chollet, Xception, arXiv:1610.02357. On paper: reference/depthwise_conv2d.py.
"""

import math
from typing import Any, ClassVar

import numpy as np

from .. import kernels
from ..arguments import boolean
from ..types import Array, IntOrPair, Pair, Shape
from .activations import activate, activation_backward, activation_name
from .arguments import image_shape, one_of, pair, positive_int
from .arrays import product
from .windowed import Windowed


class DepthwiseConv2D(Windowed):
    """2-D convolution of each channel by itself, channels last.

    Parameters
    ----------
    kernel_size : int or (int, int)
        The window, pixels.
    strides : int or (int, int)
        The step of the window, pixels; not with a dilation. Keras wants both equal.
    padding : "valid" or "same"
        No zeros around the image, or as many as keep ceil(size / stride).
    depth_multiplier : int
        Filters a channel, M.
    dilation_rate : int or (int, int)
        From one of the window's pixels to the next; 1 is side by side.
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
        An argument is none of these; `strides` and `dilation_rate` are both above 1; at build, the window is larger
        than the image.

    Notes
    -----
    params: kernel (KH, KW, C, M), glorot_uniform; bias (C * M,), zeros.

    Examples
    --------
    Three channels and two filters for each: outputs 0 and 1 see channel 0 alone, 2 and 3 see channel 1, ...

    >>> import numpy as np
    >>> from minicnn import DepthwiseConv2D
    >>> layer = DepthwiseConv2D(3, depth_multiplier=2)
    >>> layer(np.ones((1, 5, 5, 3))).shape, layer.params["kernel"].shape
    ((1, 3, 3, 6), (3, 3, 3, 2))
    >>> layer.set_weights([np.ones((3, 3, 3, 2)), np.zeros(6)])
    >>> layer(np.ones((1, 3, 3, 3)) * [1, 10, 100])
    array([[[[  9.,   9.,  90.,  90., 900., 900.]]]], dtype=float32)
    """

    kernel_size: Pair
    strides: Pair
    padding: str
    depth_multiplier: int
    dilation_rate: Pair
    activation: str | None
    use_bias: bool
    starts: ClassVar[dict[str, tuple[str, str]]] = {
        "depthwise": ("kernel", "glorot_uniform"),
        "bias": ("bias", "zeros"),
    }
    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last"}

    def __init__(
        self,
        kernel_size: IntOrPair,
        strides: IntOrPair = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        dilation_rate: IntOrPair = (1, 1),
        activation: str | None = None,
        use_bias: bool = True,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        self.kernel_size = pair("kernel_size", kernel_size)
        self.strides = pair("strides", strides)
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.depth_multiplier = positive_int("depth_multiplier", depth_multiplier)
        self.dilation_rate = pair("dilation_rate", dilation_rate)
        self.activation = activation_name(activation)
        self.use_bias = boolean("use_bias", use_bias)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"`strides` and `dilation_rate` cannot both be above 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}."
            )

    @property
    def taps(self) -> Pair:
        """The kernel's height and width."""
        return self.kernel_size

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, OH, OW, C * depth_multiplier)."""
        n, *sizes, channels = image_shape(self, input_shape)
        return (n, *self.output_sizes(sizes), channels * self.depth_multiplier)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        shape = (*self.kernel_size, input_shape[3], self.depth_multiplier)
        self.params["kernel"] = self._start_array("kernel", shape, rng)
        if self.use_bias:
            self.params["bias"] = self._start_array("bias", math.prod(shape[2:]), rng)

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        activation = None if logits else self.activation
        how = (self.strides, self.pads(x.shape[1:3]), self.dilation_rate)
        z = kernels.depthwise_conv2d_forward(x, self.params["kernel"], self.params.get("bias"), *how)
        y, kept = activate(activation, z)  # (N, OH, OW, C * M)
        return y, (x, kept, activation, how)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        x, kept, activation, how = saved
        dz = activation_backward(activation, dy, kept)
        if self.trainable:
            self.grads["kernel"] = kernels.depthwise_conv2d_backward_kernel(dz, x, self.kernel_size, *how)
            if self.use_bias:
                self.grads["bias"] = kernels.bias_backward(dz)
        return kernels.depthwise_conv2d_backward_input(dz, self.params["kernel"], x.shape, *how) if need_dx else None

    def multiply_adds(self, input_shape: Shape | None = None) -> int | None:
        """Count kernel.size multiply-adds for each output position; None if the image's size is open."""
        positions = product(self.compute_output_shape(input_shape or self.input_shape)[1:3])
        return None if positions is None else positions * self.params["kernel"].size

    def _settings(self) -> dict[str, Any]:
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
