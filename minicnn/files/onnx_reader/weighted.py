"""Operators with arrays of their own: Conv, Gemm, MatMul, BatchNormalization, PRelu.

Kernels are turned once, here: (F, C / groups, KH, KW) into Keras's (KH, KW, C / groups, F).
"""

import numpy as np

from ...types import AnyArray
from ..model_file import Config
from .net import CHANNELS_LAST, Tensor, order
from .proto import Node
from .translation import Translation
from .windows import every, padded, same_pads, window_of


def conv(work: Translation, node: Node, name: str) -> Tensor:
    """Conv: (F, C / groups, KH, KW) becomes (KH, KW, C / groups, F), or of a depthwise one (KH, KW, C, M)."""
    x = work.net.picture(name, work.tensor(node, 0))
    kernel, bias = work.weights(node, 1), work.constant(node, 2)
    groups, channels = node.integer("group", 1), x.channels
    if kernel.ndim != 4 or groups < 1 or kernel.shape[1] * groups != channels or kernel.shape[0] % groups:
        raise ValueError(f"its kernel {kernel.shape} in {groups} groups does not fit pictures {x.shape}.")
    filters, _, *taps = kernel.shape
    window = window_of(node, x.pixels, taps)
    places, strides = window.outputs(x.pixels), window.strides
    if max(strides) > 1 and max(window.dilation) > 1:  # Keras has no such layer: every s-th of all answers is taken
        window = window._replace(strides=(1, 1), pads=window.pads or same_pads(window, x.pixels))
    if window.padding is None:
        x = padded(work.net, name, x, window.pads or ((0, 0), (0, 0)))
    settings: Config = {"strides": list(window.strides), "padding": window.padding or "valid"}
    settings |= {"kernel_size": taps, "dilation_rate": list(window.dilation), "use_bias": bias is not None}
    if 1 < groups == channels and window.strides[0] == window.strides[1]:
        arrays = [kernel.reshape(channels, -1, *taps).transpose(2, 3, 0, 1)]
        settings["depth_multiplier"] = filters // channels
        class_name = "DepthwiseConv2D"
    else:
        arrays, class_name = [kernel.transpose(2, 3, 1, 0)], "Conv2D"
        settings |= {"filters": filters, "groups": groups}
    arrays += [] if bias is None else [bias.reshape(filters)]
    y = x._replace(layer=work.net.add(name, class_name, [x], arrays, **settings))
    if window.strides != strides:
        y = y._replace(layer=every(work.net, name, y, strides))
    return Tensor(y.layer, (x.shape[0], filters, *places), CHANNELS_LAST)


def gemm(work: Translation, node: Node, name: str) -> Tensor:
    """Gemm: alpha A B + beta C, where A is a row of numbers an example."""
    if node.integer("transA", 0):
        raise ValueError("`transA` is not done here.")
    kernel, bias = work.weights(node, 1), work.constant(node, 2)
    if kernel.ndim != 2:
        raise ValueError(f"its input 1 must be a matrix. Received: {kernel.shape}.")
    kernel = kernel.T if node.integer("transB", 0) else kernel
    kernel = _times(kernel, node.number("alpha", 1.0))
    if bias is not None:
        units = kernel.shape[1]
        if bias.shape not in ((), (1,), (1, 1), (units,), (1, units)):
            raise ValueError(f"its bias must be a number for each of {kernel.shape[1]} units. Received: {bias.shape}.")
        bias = _times(np.broadcast_to(bias.reshape(-1), kernel.shape[1:]), node.number("beta", 1.0))
    x = work.tensor(node, 0)
    if len(x.shape) != 2:
        raise ValueError(f"it must work on rows of numbers. Received: an input {x.shape}.")
    return _dense(work, name, x, kernel, bias)


def matmul(work: Translation, node: Node, name: str) -> Tensor:
    """MatMul with a constant matrix: a dense layer along the last axis."""
    kernel = work.weights(node, 1)
    if kernel.ndim != 2:
        raise ValueError(f"its input 1 must be a matrix. Received: {kernel.shape}.")
    x = work.tensor(node, 0)
    if len(x.shape) > 2:
        x = work.net.plain(name, x)
    return _dense(work, name, x, kernel, None)


def _dense(work: Translation, name: str, x: Tensor, kernel: AnyArray, bias: AnyArray | None) -> Tensor:
    if len(x.shape) < 2 or x.shape[-1] != kernel.shape[0]:
        raise ValueError(f"its matrix {kernel.shape} does not fit an input {x.shape}.")
    kernel = kernel[order(x.blocks, kernel.shape[0])]
    arrays = [kernel] if bias is None else [kernel, bias]
    layer = work.net.add(name, "Dense", [x], arrays, units=kernel.shape[1], use_bias=bias is not None)
    return Tensor(layer, (*x.shape[:-1], kernel.shape[1]), x.axes)


def _times(array: AnyArray, factor: float) -> AnyArray:
    wide = np.result_type(array, np.float32)  # halves would overflow, and integers round
    with np.errstate(all="ignore"):
        return array if factor == 1 else array * np.asarray(factor, wide)


def batch_normalization(work: Translation, node: Node, name: str) -> Tensor:
    """BatchNormalization as in prediction: by the means and variances that are stored."""
    training = node.integer("training_mode", 0) or (work.opset < 14 and any(node.outputs[1:]))
    if training or not node.integer("spatial", 1):
        raise ValueError(
            "`training_mode` (or several outputs before version 14 of the operators) and `spatial` 0 are not done here."
        )
    x = work.tensor(node, 0)
    x = work.net.picture(name, x) if len(x.shape) == 4 else x
    column = len(x.shape) == 3 and x.shape[2] == 1  # older PyTorch's BatchNorm1d, which stands between (un)squeezes
    x = work.net.flat(f"{name}_row", x) if column else x
    if len(x.shape) not in (2, 4):
        raise ValueError(f"it must work on pictures or on rows of numbers. Received: an input {x.shape}.")
    arrays = [work.weights(node, position) for position in (1, 2, 3, 4)]
    if any(array.shape != (x.channels,) for array in arrays):
        raise ValueError(f"its arrays must have a number for each of {x.channels} channels.")
    if x.blocks:
        arrays = [array[order(x.blocks, x.channels)] for array in arrays]
    momentum, epsilon = node.number("momentum", 0.9), node.number("epsilon", 1e-5)
    layer = work.net.add(name, "BatchNormalization", [x], arrays, momentum=momentum, epsilon=epsilon)
    x = x._replace(layer=layer, positive=False)
    if not column:
        return x
    layer = work.net.add(f"{name}_column", "Reshape", [x], target_shape=[x.channels, 1])
    return Tensor(layer, (*x.shape, 1), (0, 1, 2))


def prelu(work: Translation, node: Node, name: str) -> Tensor:
    """PRelu with a slope for each channel, or one for all."""
    x, slopes = work.tensor(node, 0), work.weights(node, 1)
    x = work.net.picture(name, x) if len(x.shape) == 4 else work.net.plain(name, x)
    rank = len(x.shape)
    wanted = (x.channels, *[1] * (rank - 2))
    fitting = [wanted, (1, *wanted), *[(x.channels,)] * (work.opset < 7)]
    if slopes.size != 1 and slopes.shape not in fitting or rank not in (2, 4):
        raise ValueError(f"its slopes must be one, or one a channel. Received: {slopes.shape} for {x.shape}.")
    alpha = np.broadcast_to(slopes.reshape(-1), (x.channels,)).reshape(*[1] * (rank - 2), x.channels)
    layer = work.net.add(name, "PReLU", [x], [alpha], shared_axes=[1, 2] if rank == 4 else None)
    return x._replace(layer=layer, positive=False)
