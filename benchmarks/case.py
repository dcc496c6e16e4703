"""One case: an operation on a shape, with everything that follows from the shape, and its arrays."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minicnn import reference

BLOCK = (1 << 20) + 7  # random numbers drawn at most; a larger array repeats them, out of step with every shape
CONVOLUTIONS = ("conv2d", "depthwise_conv2d")


@dataclass(frozen=True)
class Case:
    """An operation on a shape.

    Parameters
    ----------
    suite, name : str
        "E3", "vgg16/n8/224x224x3-64-k3"; a name is never changed nor used again.
    operation : "conv2d", "depthwise_conv2d", "maxpool2d", "dense", "relu", "sigmoid" or "softmax"
    x_shape : (N, H, W, C), or (N, D) for dense, or any shape where the operation goes element by element
    filters : int
        Filters of a convolution, units of a dense layer, 1 (the multiplier) of a depthwise one.
    window, strides : (int, int)
        Pixels.
    padding : "valid" or "same"
    first : bool
        The layer reads pictures, so nobody wants dX.
    times : int
        How often its net has this layer.
    layout : "contiguous" or "every second"
    weights : float
        The size of the weights.
    refused : str
        A word of the sentence with which building must fail.
    """

    suite: str
    name: str
    operation: str
    x_shape: tuple[int, ...]
    filters: int = 0
    window: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    padding: str = "valid"
    first: bool = False
    times: int = 1
    dtype: str = "float32"
    layout: str = "contiguous"
    weights: float = 1.0
    refused: str = ""

    @property
    def full_name(self):
        """The suite and the name, unique among all cases."""
        return f"{self.suite}/{self.name}"

    @cached_property
    def pads(self):
        """((top, bottom), (left, right)) in pixels."""
        return reference.window_pads(self.padding, self.x_shape[1:3], self.window, self.strides)

    @cached_property
    def kernel_shape(self):
        """Shape of the weights, or None."""
        if self.operation in CONVOLUTIONS:
            return (*self.window, self.x_shape[3], self.filters)
        return (self.x_shape[1], self.filters) if self.operation == "dense" else None

    @cached_property
    def y_shape(self):
        """Shape of the output."""
        if self.operation == "dense":
            return (self.x_shape[0], self.filters)
        if self.operation in ("relu", "sigmoid", "softmax"):
            return self.x_shape
        settings = zip(self.x_shape[1:3], self.window, self.strides, map(sum, self.pads), strict=True)
        size = [reference.output_size(*axis) for axis in settings]
        return (self.x_shape[0], *size, self.filters if self.operation == "conv2d" else self.x_shape[3])

    @property
    def passes(self):
        """The passes that are measured: fwd, dX, dW."""
        return ("fwd", *(() if self.first else ("dX",)), *(("dW",) if self.kernel_shape else ()))

    @cached_property
    def flop(self):
        """Floating-point operations of one pass, two for each multiply-add; 0 where memory is the limit."""
        if self.operation == "conv2d":
            return 2 * math.prod(self.y_shape) * math.prod(self.kernel_shape[:3])
        if self.operation == "depthwise_conv2d":
            return 2 * math.prod(self.y_shape) * math.prod(self.window)
        return 2 * math.prod(self.y_shape) * self.x_shape[1] if self.operation == "dense" else 0

    def bytes_moved(self, which):
        """Count the bytes that a pass must at least read and write: each array once."""
        x, y, kernel = (math.prod(shape or (0,)) for shape in (self.x_shape, self.y_shape, self.kernel_shape))
        numbers = x + y + kernel
        if which == "dX" and self.operation not in (*CONVOLUTIONS, "dense"):
            numbers = 2 * y + x if self.operation != "maxpool2d" else y + 2 * x  # dy, y (or x), dx
        return numbers * np.dtype(self.dtype).itemsize

    @property
    def small(self):
        """Whether all arrays fit into a common second-level cache, so that hot and cold differ."""
        return self.bytes_moved("fwd") < 8 << 20

    def arrays(self, seed=0):
        """Draw x, kernel, bias and dy (None where there are none), from the seed alone."""
        rng = np.random.default_rng(seed)
        x = _drawn(rng, self.x_shape, self.dtype)
        if self.layout == "every second":
            wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), self.dtype)
            wide[..., ::2] = x
            x = wide[..., ::2]
        kernel = bias = None
        if self.kernel_shape:
            size = self.weights / math.sqrt(max(1, math.prod(self.kernel_shape[:-1])))
            kernel = _drawn(rng, self.kernel_shape, self.dtype) * np.dtype(self.dtype).type(size)
            bias = _drawn(rng, (self.y_shape[-1],), self.dtype) * np.dtype(self.dtype).type(self.weights)
        return x, kernel, bias, _drawn(rng, self.y_shape, self.dtype)


def _drawn(rng, shape, dtype):
    count = math.prod(shape)
    return np.resize(rng.standard_normal(min(count, BLOCK), dtype), count).reshape(shape)
