"""Transposed convolution: every pixel, times the kernel, is written into a window of a larger image.

    z[n, i*sh + a*dh - top, j*sw + b*dw - left, f] += x[n,i,j,c] * kernel[a,b,f,c], then + bias[f];         y = f(z)

    dz      = f'(z) * dy                            back through the activation
    dx      = the convolution of dz with the kernel
    dkernel = every pixel times the gradients of its window, summed over pixels and images
    dbias   = dz summed over images, rows and columns

Kernels: conv2d_transpose_forward, conv2d_transpose_backward_input, conv2d_transpose_backward_kernel, bias_backward.
Kept for the way back: x, and what the activation needs (y, as a rule).
Source: Keras 3 `Conv2DTranspose`; Dumoulin & Visin, arXiv:1603.07285. On paper: reference/conv2d_transpose.py.
"""

from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from .. import kernels, reference
from ..arguments import boolean
from ..types import Array, IntArray, IntOrPair, Pads, Pair, Shape
from .activations import activate, activation_backward, activation_name
from .arguments import image_shape, natural_pair, one_of, pair, positive_int
from .arrays import product
from .base import Layer
from .reads import Reads


class Conv2DTranspose(Layer):
    """Transposed 2-D convolution ("deconvolution") with bias and activation, channels last.

    Parameters
    ----------
    filters : int
        Numbers of the output at each position.
    kernel_size : int or (int, int)
        The window, pixels of the output.
    strides : int or (int, int)
        From window to window, pixels of the output: so many times larger it becomes. Not with a dilation.
    padding : "valid" or "same"
        The output holds all windows whole, or is stride times the input's size.
    output_padding : int or (int, int), optional
        Rows and columns more at the end than the last window needs; below `strides`. By default as many as `padding`
        says.
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
        An argument is none of these; `strides` and `dilation_rate` are both above 1; `output_padding` is not below
        `strides`, or is 0 with "same" and an even window.

    Notes
    -----
    params: kernel (KH, KW, filters, C), glorot_uniform; bias (filters,), zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Conv2DTranspose
    >>> layer = Conv2DTranspose(1, (1, 3), strides=(1, 2), use_bias=False)
    >>> layer.build((None, 1, 2, 1))
    >>> layer.set_weights([np.reshape([1.0, 2.0, 3.0], (1, 3, 1, 1))])
    >>> layer(np.array([[[[1.0], [10.0]]]])).ravel()  # 1, 2, 3 and 10, 20, 30, two to the right
    array([ 1.,  2., 13., 20., 30.], dtype=float32)
    """

    filters: int
    kernel_size: Pair
    strides: Pair
    padding: str
    output_padding: Pair | None
    dilation_rate: Pair
    activation: str | None
    use_bias: bool
    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last", "groups": 1}

    starts: ClassVar[dict[str, tuple[str, str]]] = {"kernel": ("kernel", "glorot_uniform"), "bias": ("bias", "zeros")}

    def __init__(
        self,
        filters: int,
        kernel_size: IntOrPair,
        strides: IntOrPair = (1, 1),
        padding: str = "valid",
        output_padding: IntOrPair | None = None,
        dilation_rate: IntOrPair = (1, 1),
        activation: str | None = None,
        use_bias: bool = True,
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        self.filters = positive_int("filters", filters)
        self.kernel_size = pair("kernel_size", kernel_size)
        self.strides = pair("strides", strides)
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.dilation_rate = pair("dilation_rate", dilation_rate)
        self.output_padding = None if output_padding is None else natural_pair("output_padding", output_padding)
        self.activation = activation_name(activation)
        self.use_bias = boolean("use_bias", use_bias)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"`strides` and `dilation_rate` cannot both be above 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}."
            )
        for extra, stride, span in zip(self.output_padding or (), self.strides, self._spans, strict=False):
            if extra >= stride:
                raise ValueError(
                    f"`output_padding` must be below `strides`. "
                    f"Received: output_padding={self.output_padding}, strides={self.strides}."
                )
            if self.padding == "same" and extra == span % 2 == 0:
                raise ValueError(
                    f"`output_padding` must be at least 1 where padding is 'same' and the window even. "
                    f"Received: output_padding={self.output_padding}, kernel_size={self.kernel_size}."
                )

    @property
    def _spans(self) -> tuple[int, ...]:
        """Pixels that a window reaches over."""
        return tuple(map(reference.effective_size, self.kernel_size, self.dilation_rate))

    def output_sizes(self, sizes: tuple[int | None, ...]) -> tuple[Any, ...]:
        """Return the output's height and width for an input's; None where open."""
        return tuple(None if size is None else self._output_size(size, axis) for axis, size in enumerate(sizes))

    def _output_size(self, size: int, axis: int) -> int:
        stride, span = self.strides[axis], self._spans[axis]
        more = None if self.output_padding is None else self.output_padding[axis]
        if self.padding == "same":
            return size * stride if more is None else (size - 1) * stride + span % 2 + more
        return (size - 1) * stride + span + (max(stride - span, 0) if more is None else more)

    def pads(self, sizes: tuple[int, ...]) -> Pads:
        """Return what of the first and last windows hangs out of an output of these sizes, pixels."""
        return reference.window_pads(self.padding, sizes, self.kernel_size, self.strides, self.dilation_rate)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, OH, OW, filters)."""
        n, height, width, _ = image_shape(self, input_shape)
        return (n, *self.output_sizes((height, width)), self.filters)

    def reads(self, axis: int, places: IntArray, input_shape: Any, index: int = 0) -> Reads:
        """Return which pixels of the input write each output: none where windows stand too far apart."""
        before, _ = self.pads(self.output_sizes(input_shape[1:3]))[axis - 1]
        reach, stride, gap = places + before, self.strides[axis - 1], self.dilation_rate[axis - 1]
        first, last = -((self._spans[axis - 1] - 1 - reach) // stride), reach // stride
        if (size := input_shape[axis]) is not None:  # beyond the edges there is nothing that could write
            first = first + np.maximum(-(first // gap), 0) * gap
            last = last - np.maximum(-((size - 1 - last) // gap), 0) * gap
        return Reads(first, last, Fraction(1, stride), gap)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        shape = (*self.kernel_size, self.filters, input_shape[3])
        self.params["kernel"] = self._start_array("kernel", shape, rng)
        if self.use_bias:
            self.params["bias"] = self._start_array("bias", self.filters, rng)

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        activation = None if logits else self.activation
        height, width = self.output_sizes(x.shape[1:3])
        how = (self.strides, self.pads((height, width)), self.dilation_rate)
        kernel, bias = self.params["kernel"], self.params.get("bias")
        y = kernels.conv2d_transpose_forward(x, kernel, bias, (height, width), *how)  # (N, OH, OW, F)
        y, kept = activate(activation, y)
        return y, (x, kept, activation, how)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        x, kept, activation, how = saved
        dz = activation_backward(activation, dy, kept)
        if self.trainable:
            self.grads["kernel"] = kernels.conv2d_transpose_backward_kernel(dz, x, self.kernel_size, *how)
            if self.use_bias:
                self.grads["bias"] = kernels.bias_backward(dz)
        return kernels.conv2d_transpose_backward_input(dz, self.params["kernel"], *how) if need_dx else None

    def multiply_adds(self, input_shape: Shape | None = None) -> int | None:
        """Count kernel.size multiply-adds for each pixel of the input; None if the image's size is open."""
        positions = product((input_shape or self.input_shape)[1:3])
        return None if positions is None else positions * self.params["kernel"].size

    def _settings(self) -> dict[str, Any]:
        return {
            "filters": self.filters,
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "data_format": "channels_last",
            "output_padding": None if self.output_padding is None else list(self.output_padding),
            "dilation_rate": list(self.dilation_rate),
            "activation": self.activation or "linear",
            "use_bias": self.use_bias,
        }
