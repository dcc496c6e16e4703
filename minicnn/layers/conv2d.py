"""Two-dimensional convolution: every filter slides over every image.

    y[n,i,j,f] = f( bias[f] + sum_abc x[n, i*sh + a*dh - top, j*sw + b*dw - left, c] * kernel[a,b,c,f] )

    dz      = f'(z) * dy                            back through the activation
    dx      = every output's gradient, spread over the window that it came from
    dkernel = every window, weighted with its output's gradient, summed over outputs and images
    dbias   = dz summed over images, rows and columns

Source: Keras 3 `Conv2D`; Dumoulin & Visin, arXiv:1603.07285. On paper: reference/conv2d.py.
"""

import math

from .. import initializers, kernels, reference
from .activations import activate, activation_backward, activation_name, fused
from .arguments import image_shape, one_of, pair, positive_int
from .windowed import Windowed

ALGORITHMS = ("auto", "direct", "winograd", "im2col", "reference")


class Conv2D(Windowed):
    """2-D convolution with bias and activation, channels last.

    Parameters
    ----------
    filters : int                    number of outputs at each position
    kernel_size : int or (int, int)  window, pixels
    strides : int or (int, int)      step of the window, pixels; not with a dilation
    padding : "valid" or "same"      no zeros around the image, or as many as keep ceil(size / stride)
    dilation_rate : int or (int, int)    distance between the window's pixels
    groups : int                     filters in as many groups, each seeing its own share of the channels
    activation : str, optional       see `Activation`
    use_bias : bool
    algorithm : "auto", "direct", "winograd", "im2col" or "reference"    how to compute it; never saved

    Notes
    -----
    params: kernel (KH, KW, C // groups, F), glorot_uniform; bias (F,), zeros.
    """

    only = {"data_format": "channels_last"}

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        dilation_rate=(1, 1),
        groups=1,
        activation=None,
        use_bias=True,
        algorithm="auto",
        name=None,
    ):
        super().__init__(name)
        self.filters = positive_int("filters", filters)
        self.kernel_size = pair("kernel_size", kernel_size)
        self.strides = pair("strides", strides)
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.dilation_rate = pair("dilation_rate", dilation_rate)
        self.groups = positive_int("groups", groups)
        self.activation = activation_name(activation)
        self.use_bias = bool(use_bias)
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
    def taps(self):
        """The kernel's height and width."""
        return self.kernel_size

    def compute_output_shape(self, input_shape):
        """(None, H, W, C) -> (None, OH, OW, filters)."""
        n, *sizes, channels = image_shape(self, input_shape)
        if channels % self.groups:
            raise ValueError(
                f"`groups` of layer '{self.name}' must divide the {channels} input channels. "
                f"Received: groups={self.groups}."
            )
        return (n, *self.output_sizes(sizes), self.filters)

    def _build(self, input_shape, rng):
        shape = (*self.kernel_size, input_shape[3] // self.groups, self.filters)
        self.params["kernel"] = initializers.glorot_uniform(rng, shape, self.dtype)
        if self.use_bias:
            self.params["bias"] = initializers.zeros(self.filters, self.dtype)

    def _forward(self, x, training, logits=False):
        activation = None if logits else self.activation
        how = (self.strides, self.pads(x.shape[1:3]), self.dilation_rate, self.groups)
        kernel, bias = self.params["kernel"], self.params.get("bias")
        if self.algorithm == "reference":
            y, kept = activate(activation, reference.conv2d_forward(x, kernel, bias, *how))
        else:
            now, after = fused(activation, "conv2d")
            y = kernels.conv2d_forward(x, kernel, bias, *how, activation=now, algorithm=self.algorithm)
            y, kept = activate(after, y)
        return y, (x, kept, activation, how)

    def _backward(self, dy, saved, need_dx):
        x, kept, activation, how = saved
        dz = activation_backward(activation, dy, kept)
        operations = reference if self.algorithm == "reference" else kernels
        if self.trainable:
            self.grads["kernel"] = operations.conv2d_backward_kernel(dz, x, self.kernel_size, *how)
            if self.use_bias:
                self.grads["bias"] = operations.bias_backward(dz)
        return operations.conv2d_backward_input(dz, self.params["kernel"], x.shape, *how) if need_dx else None

    def multiply_adds(self, input_shape=None):
        """Count kernel.size multiply-adds for each output position."""
        sizes = self.compute_output_shape(input_shape or self.input_shape)[1:3]
        return None if None in sizes else math.prod(sizes) * self.params["kernel"].size

    def _settings(self):
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
