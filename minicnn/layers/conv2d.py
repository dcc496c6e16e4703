"""Two-dimensional convolution: every filter slides over every image.

    z[n,i,j,f] = bias[f] + sum_abc x[n, i*sh + a*dh - top, j*sw + b*dw - left, c] * kernel[a,b,c,f]
    y          = f(z)

    dz      = f'(z) * dy                            back through the activation
    dx      = every output's gradient, spread over the window that it came from
    dkernel = every window, weighted with its output's gradient, summed over outputs and images
    dbias   = dz summed over images, rows and columns

Kernels: conv2d_forward, which also applies the common activations; conv2d_backward_input, conv2d_backward_kernel,
bias_backward. Kept for the way back: x, and what the activation needs (y, as a rule).
Source: Keras 3 `Conv2D`; Dumoulin & Visin, arXiv:1603.07285. On paper: reference/conv2d.py.
"""

from typing import Any, ClassVar

import numpy as np

from .. import kernels, reference
from ..arguments import boolean
from ..types import Array, IntOrPair, Pair, Shape
from .activations import activate, activation_backward, activation_name, fused
from .arguments import image_shape, one_of, pair, positive_int
from .arrays import product
from .windowed import Windowed

ALGORITHMS: tuple[str, ...] = ("auto", "direct", "winograd", "im2col", "reference")


class Conv2D(Windowed):
    """2-D convolution with bias and activation, channels last.

    Parameters
    ----------
    filters : int
        Numbers of the output at each position.
    kernel_size : int or (int, int)
        The window, pixels.
    strides : int or (int, int)
        The step of the window, pixels; not with a dilation.
    padding : "valid" or "same"
        No zeros around the image, or as many as keep ceil(size / stride).
    dilation_rate : int or (int, int)
        From one of the window's pixels to the next; 1 is side by side.
    groups : int
        Filters in as many groups, each seeing its own share of the channels.
    activation : str, optional
        See `Activation`.
    use_bias : bool
        Whether a bias is added.
    algorithm : "auto", "direct", "winograd", "im2col" or "reference"
        How to compute it; never saved.
    name : str, optional
    **more : trainable, input_shape, ...
        As in `Layer`.

    Raises
    ------
    ValueError
        An argument is none of these; `strides` and `dilation_rate` are both above 1; `groups` does not divide
        `filters`, or, at build, the channels; the window is larger than the image.

    Notes
    -----
    params: kernel (KH, KW, C // groups, F), glorot_uniform; bias (F,), zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Conv2D
    >>> images = np.ones((1, 4, 4, 1))
    >>> layer = Conv2D(2, 3, padding="same")
    >>> layer(images).shape, layer.params["kernel"].shape, layer.count_params()
    ((1, 4, 4, 2), (3, 3, 1, 2), 20)

    Where all weights are 1, a filter counts the pixels in its window; the zeros around the image add nothing.

    >>> layer.set_weights([np.ones((3, 3, 1, 2)), np.zeros(2)])
    >>> layer(images)[0, :, :, 0]
    array([[4., 6., 6., 4.],
           [6., 9., 9., 6.],
           [6., 9., 9., 6.],
           [4., 6., 6., 4.]], dtype=float32)
    """

    filters: int
    kernel_size: Pair
    strides: Pair
    padding: str
    dilation_rate: Pair
    groups: int
    activation: str | None
    use_bias: bool
    algorithm: str
    starts: ClassVar[dict[str, tuple[str, str]]] = {"kernel": ("kernel", "glorot_uniform"), "bias": ("bias", "zeros")}
    only: ClassVar[dict[str, Any]] = {"data_format": "channels_last"}

    def __init__(
        self,
        filters: int,
        kernel_size: IntOrPair,
        strides: IntOrPair = (1, 1),
        padding: str = "valid",
        dilation_rate: IntOrPair = (1, 1),
        groups: int = 1,
        activation: str | None = None,
        use_bias: bool = True,
        algorithm: str = "auto",
        name: str | None = None,
        **more: Any,
    ):
        super().__init__(name, **more)
        self.filters = positive_int("filters", filters)
        self.kernel_size = pair("kernel_size", kernel_size)
        self.strides = pair("strides", strides)
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.dilation_rate = pair("dilation_rate", dilation_rate)
        self.groups = positive_int("groups", groups)
        self.activation = activation_name(activation)
        self.use_bias = boolean("use_bias", use_bias)
        self.algorithm = one_of("algorithm", algorithm, ALGORITHMS)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"`strides` and `dilation_rate` cannot both be above 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}."
            )
        if self.filters % self.groups:
            raise ValueError(
                f"`filters` must be a multiple of `groups`. Received: filters={self.filters}, groups={self.groups}."
            )

    @property
    def taps(self) -> Pair:
        """The kernel's height and width."""
        return self.kernel_size

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(None, H, W, C) -> (None, OH, OW, filters)."""
        n, *sizes, channels = image_shape(self, input_shape)
        if channels % self.groups:
            raise ValueError(
                f"`groups` of layer '{self.name}' must divide the {channels} input channels. "
                f"Received: groups={self.groups}."
            )
        return (n, *self.output_sizes(sizes), self.filters)

    def _build(self, input_shape: Any, rng: np.random.Generator) -> None:
        shape = (*self.kernel_size, input_shape[3] // self.groups, self.filters)
        self.params["kernel"] = self._start_array("kernel", shape, rng)
        if self.use_bias:
            self.params["bias"] = self._start_array("bias", self.filters, rng)

    def _forward(self, x: Array, training: bool, logits: bool = False) -> tuple[Array, Any]:
        activation = None if logits else self.activation
        how = (self.strides, self.pads(x.shape[1:3]), self.dilation_rate, self.groups)
        kernel, bias = self.params["kernel"], self.params.get("bias")
        if self.algorithm == "reference":
            y, kept = activate(activation, reference.conv2d_forward(x, kernel, bias, *how))
        else:
            now, after = fused(activation, "conv2d")
            y = kernels.conv2d_forward(x, kernel, bias, *how, activation=now, algorithm=self.algorithm)
            y, kept = activate(after, y)  # (N, OH, OW, F)
        return y, (x, kept, activation, how)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        x, kept, activation, how = saved
        dz = activation_backward(activation, dy, kept)
        operations = reference if self.algorithm == "reference" else kernels
        if self.trainable:
            self.grads["kernel"] = operations.conv2d_backward_kernel(dz, x, self.kernel_size, *how)
            if self.use_bias:
                self.grads["bias"] = operations.bias_backward(dz)
        return operations.conv2d_backward_input(dz, self.params["kernel"], x.shape, *how) if need_dx else None

    def multiply_adds(self, input_shape: Shape | None = None) -> int | None:
        """Count kernel.size multiply-adds for each output position; None if the image's size is open."""
        positions = product(self.compute_output_shape(input_shape or self.input_shape)[1:3])
        return None if positions is None else positions * self.params["kernel"].size

    def _settings(self) -> dict[str, Any]:
        return {
            "filters": self.filters,
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "data_format": "channels_last",
            "dilation_rate": list(self.dilation_rate),
            "groups": self.groups,
            "activation": self.activation or "linear",
            "use_bias": self.use_bias,
        }
