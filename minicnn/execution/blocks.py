"""Training: layers that run as one step.

    Conv2D -> ReLU -> MaxPooling2D          the ReLU a layer, an Activation or the convolution's own
    Conv2D -> ReLU                          the ReLU a layer or an Activation
    BatchNormalization -> Add -> ReLU       or ReLU(6); either of the last two may be missing

In a small net the arrays between these layers are the largest, and it takes as long to write and read them as to
compute them. A block computes y from x without them (kernels/fused/conv2d_maxpool2d.py). On the way back, with
z = conv(x):

    dm      = dy * [y > 0]                  through the ReLU: max and ReLU may change places, so y tells
    dz      = dm at the pixel that won its window, 0 elsewhere
    dbias   = dm summed: the zeros of dz add nothing
    dkernel, dx                             from dz, as in Conv2D

    Dense                                   dkernel = x.T @ dz stays a product until it is read: see gradients.py
    BatchNormalization -> ReLU              dm from x, by which the forward's bits are found again

A block lives for one step, from a forward to its backward. It has no arrays of its own: it trains its layer's.
joined.py finds the blocks of a graph.
"""

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from .. import kernels
from ..layers import ACTIVATIONS, BatchNormalization, Conv2D, Dense, Layer, MaxPooling2D
from ..types import Array, Arrays, NDArray

PORTION = 1 << 23  # bytes of dz, where it is made in portions


class Block(Layer):
    """A convolution with a ReLU and, perhaps, max pooling. It trains the convolution's own arrays.

    Parameters
    ----------
    conv : Conv2D
        Built.
    pool : MaxPooling2D or None
    """

    def __init__(self, conv: Conv2D, pool: MaxPooling2D | None):
        super().__init__(conv.name)
        self.conv: Conv2D = conv
        self.pool: MaxPooling2D | None = pool
        _stand_for(self, conv)

    def _forward(self, x: Array, training: bool) -> tuple[Array, Any]:
        conv, pool = self.conv, self.pool
        how = (conv.strides, conv.pads(x.shape[1:3]), conv.dilation_rate, conv.groups)
        arrays = self.params["kernel"], self.params.get("bias")
        if pool is None:
            y = kernels.conv2d_forward(x, *arrays, *how, activation="relu", algorithm=conv.algorithm)
            return y, (x, y, None, how)
        y, winners = kernels.conv2d_maxpool2d_forward(x, *arrays, *how, pool.pool_size, pool.strides)
        return y, (x, y, winners, how)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        x, y, winners, how = saved
        between = cast(tuple[int, ...], self.conv.compute_output_shape(x.shape)[1:])
        if need_dx or self.pool is None or not len(x):
            dz, dbias = self._through_relu_and_pool(dy, y, winners, between)
            self.grads.update(self._gradients(dz, dbias, x, how))
            return kernels.conv2d_backward_input(dz, self.params["kernel"], x.shape, *how) if need_dx else None
        # Only sums are wanted, so a few images at a time do: what lies between stays in the caches.
        portion = max(1, PORTION // (math.prod(between) * dy.itemsize))
        for first in range(0, len(x), portion):
            some = slice(first, first + portion)
            dz, dbias = self._through_relu_and_pool(dy[some], y[some], winners[some], between)
            for key, part in self._gradients(dz, dbias, x[some], how).items():
                self.grads[key] = self.grads[key] + part if first else part
        return None

    def _through_relu_and_pool(
        self, dy: Array, y: Array, winners: NDArray[np.uint8] | None, between: tuple[int, ...]
    ) -> tuple[Array, Array | None]:
        """Return dz, and dbias where the layer learns one."""
        learns = self.trainable and self.conv.use_bias
        dm, dbias = kernels.relu_bias_backward(dy, y) if learns else (kernels.relu_backward(dy, y), None)
        if self.pool is None or winners is None:
            return dm, dbias
        shape = (len(dm), *between)
        return kernels.maxpool2d_unpool(dm, winners, shape, self.pool.pool_size, self.pool.strides), dbias

    def _gradients(self, dz: Array, dbias: Array | None, x: Array, how: tuple[Any, ...]) -> Arrays:
        """Return the gradients at the convolution's arrays, if it learns."""
        if not self.trainable:
            return {}
        gradients = {"kernel": kernels.conv2d_backward_kernel(dz, x, self.conv.kernel_size, *how)}
        return gradients if dbias is None else {**gradients, "bias": dbias}


class DenseBlock(Layer):
    """A dense layer whose kernel's gradient is multiplied out when it is read. It trains the layer's own arrays.

    Parameters
    ----------
    dense : Dense
        Built.
    kernel_gradient : function of (dz, x)
        Returns the gradient, an array or what can be read as one.
    """

    def __init__(self, dense: Dense, kernel_gradient: Callable[[Array, Array], Any]):
        super().__init__(dense.name)
        self.dense: Dense = dense
        self.kernel_gradient: Callable[[Array, Array], Any] = kernel_gradient
        _stand_for(self, dense)

    def _forward(self, x: Array, training: bool, **how: bool) -> tuple[Array, Any]:
        return self.dense._forward(x, training, **how)  # pyright: ignore[reportPrivateUsage]  it stands for the layer

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Array | None:
        return self.dense._backward(  # pyright: ignore[reportPrivateUsage]
            dy, saved, need_dx, self.kernel_gradient
        )


class NormBlock(Layer):
    """A batch normalization with what is added to it, a ReLU, or both. It trains the layer's own arrays.

    Parameters
    ----------
    norm : BatchNormalization
        Built, for channels on the last axis.
    adds : bool
        Whether a second array comes in, to be added.
    activation : None, "relu" or "relu6"
    """

    def __init__(self, norm: BatchNormalization, adds: bool, activation: str | None):
        super().__init__(norm.name)
        self.norm: BatchNormalization = norm
        self.adds: bool = adds
        self.ending: str | None = activation
        self.takes_list = adds
        _stand_for(self, norm)
        if adds:
            self.input_shape: Any = [norm.input_shape] * 2

    def _forward(self, x: Any, training: bool) -> tuple[Array, Any]:
        x, residual = x if self.adds else (x, None)
        y, saved = self.norm._forward(x, training, self.ending, residual)  # pyright: ignore[reportPrivateUsage]
        return y, (y if self.adds else None, saved)

    def _backward(self, dy: Array, saved: Any, need_dx: bool) -> Any:
        y, saved = saved
        back = self.norm._backward  # pyright: ignore[reportPrivateUsage]  it stands for the layer
        if y is None:
            return back(dy, saved, need_dx, self.ending)
        dm = dy if self.ending is None else ACTIVATIONS[self.ending].backward(dy, y)  # the residual's gradient too
        return [back(dm, saved, need_dx), dm] if need_dx else back(dm, saved, need_dx)


def _stand_for(block: Layer, layer: Layer) -> None:
    """Hand a block the very arrays of the layer that it trains, and what says how it is built."""
    block.params, block.grads, block.trainable = layer.params, layer.grads, layer.trainable
    block.input_shape, block.dtype, block.built = layer.input_shape, layer.dtype, True
