"""Training: what runs as one step, a convolution with its ReLU and max pooling, or a dense layer's gradient with SGD.

    Conv2D -> ReLU -> MaxPooling2D          the ReLU a layer, an Activation or the convolution's own
    Conv2D -> ReLU                          the ReLU a layer or an Activation

In a small net the arrays between these layers are the largest, and it takes as long to write and read them as to
compute them. A block computes y from x without them (kernels/fused/conv2d_maxpool2d.py). On the way back, with
z = conv(x):

    dm      = dy * [y > 0]                  through the ReLU: max and ReLU may change places, so y tells
    dz      = dm at the pixel that won its window, 0 elsewhere
    dbias   = dm summed: the zeros of dz add nothing
    dkernel, dx                             from dz, as in Conv2D

    Dense                                   dkernel = x.T @ dz stays a product until it is read: see gradients.py

A block lives for one step, from a forward to its backward. It has no arrays of its own: it trains its layer's.
"""

import math
from collections import Counter

from .. import kernels
from ..kernels.fused.conv2d_maxpool2d import LARGEST_WINDOW
from ..layers import Activation, Conv2D, Dense, Layer, MaxPooling2D, Node, ReLU
from .gradients import dense_gradient
from .graph import replaced

PORTION = 1 << 23  # bytes of dz, where it is made in portions


class Block(Layer):
    """A convolution with a ReLU and, perhaps, max pooling. It trains the convolution's own arrays.

    Parameters
    ----------
    conv : Conv2D, built        pool : MaxPooling2D or None
    """

    def __init__(self, conv, pool):
        super().__init__(conv.name)
        self.conv, self.pool = conv, pool
        self.params, self.grads, self.trainable = conv.params, conv.grads, conv.trainable
        self.input_shape, self.dtype, self.built = conv.input_shape, conv.dtype, True

    def _forward(self, x, training):
        conv, pool = self.conv, self.pool
        how = (conv.strides, conv.pads(x.shape[1:3]), conv.dilation_rate, conv.groups)
        arrays = self.params["kernel"], self.params.get("bias")
        if pool is None:
            y, winners = kernels.conv2d_forward(x, *arrays, *how, activation="relu", algorithm=conv.algorithm), None
        else:
            y, winners = kernels.conv2d_maxpool2d_forward(x, *arrays, *how, pool.pool_size, pool.strides)
        return y, (x, y, winners, how)

    def _backward(self, dy, saved, need_dx):
        x, y, winners, how = saved
        between = self.conv.compute_output_shape((None, *x.shape[1:]))[1:]
        # Where only sums are wanted, a few pictures at a time do: what lies between stays in the caches.
        portion = len(x) if need_dx or self.pool is None else PORTION // (math.prod(between) * dy.itemsize)
        portion = max(1, portion)
        sums = {}
        for first in range(0, len(x), portion) or (0,):
            some = slice(first, first + portion)
            dz = dm = kernels.relu_backward(dy[some], y[some])
            if self.pool is not None:
                dz = kernels.maxpool2d_unpool(
                    dm, winners[some], (len(dm), *between), self.pool.pool_size, self.pool.strides
                )
            if self.trainable:
                parts = {"kernel": kernels.conv2d_backward_kernel(dz, x[some], self.conv.kernel_size, *how)}
                if self.conv.use_bias:
                    parts["bias"] = kernels.bias_backward(dm)
                sums = {key: sums[key] + part if sums else part for key, part in parts.items()}
        self.grads.update(sums)
        return kernels.conv2d_backward_input(dz, self.params["kernel"], x.shape, *how) if need_dx else None


class DenseBlock(Layer):
    """A dense layer whose kernel's gradient is multiplied out when it is read. It trains the layer's own arrays.

    Parameters
    ----------
    dense : Dense, built
    kernel_gradient : function of (dz, x)
        Returns the gradient, an array or what can be read as one.
    """

    def __init__(self, dense, kernel_gradient):
        super().__init__(dense.name)
        self.dense, self.kernel_gradient = dense, kernel_gradient
        self.params, self.grads, self.trainable = dense.params, dense.grads, dense.trainable
        self.input_shape, self.dtype, self.built = dense.input_shape, dense.dtype, True

    def _forward(self, x, training, **how):
        return self.dense._forward(x, training, **how)

    def _backward(self, dy, saved, need_dx):
        return self.dense._backward(dy, saved, need_dx, self.kernel_gradient)


def joined(nodes, outputs):
    """Return the nodes of a graph with blocks in place of the nodes that a block can do.

    Parameters
    ----------
    nodes : list of Node
        In running order.
    outputs : list of SymbolicTensor
        Those that somebody wants, besides the nodes.
    """
    readers = Counter(tensor for node in nodes for tensor in node.inputs)
    readers.update(outputs)
    reader = {tensor: node for node in nodes for tensor in node.inputs}
    callers = _callers(nodes, outputs)

    def next_node(node):
        """Return the only node that reads this one's output, if that is all who do."""
        alone = len(node.outputs) == 1 and readers[node.outputs[0]] == 1
        return reader.get(node.outputs[0]) if alone else None

    done, result = set(), []
    for node in nodes:
        if node in done:
            continue
        if type(node.layer) is Dense:
            gradient = dense_gradient(node.inputs[0] in callers, node.outputs[0] in callers)
            result.append(_node(DenseBlock(node.layer, gradient), [node]))
            continue
        parts = _parts(node, next_node)
        if parts[-1].outputs[0] in outputs:  # whoever wants an output may want its logits
            parts = [node]
        done.update(parts)
        result.append(node if len(parts) == 1 else _node(_block(parts), parts))
    return result


def _callers(nodes, outputs):
    """Find the tensors whose array, or whose gradient's, may be a view of one that the model's caller holds."""
    found = set(outputs)
    for node in reversed(nodes):
        if not _computes(node.layer) and not found.isdisjoint(node.outputs):
            found.update(node.inputs)
    for node in nodes:
        if not node.inputs or not _computes(node.layer) and not found.isdisjoint(node.inputs):
            found.update(node.outputs)
    return found


def _computes(layer):
    """Tell whether a layer surely makes new arrays: not those of its input in another shape."""
    return not layer.is_model and (bool(layer.params) or isinstance(layer, (MaxPooling2D, ReLU)))


def _parts(node, next_node):
    """Give the nodes that join this one in a block, itself first; it alone where there is none."""
    conv, parts = node.layer, [node]
    if (
        type(conv) is not Conv2D
        or replaced(conv)
        or conv.algorithm == "reference"
        or conv.activation not in (None, "relu")
    ):
        return parts
    if conv.activation is None:
        relu = next_node(node)
        if (
            relu is None
            or type(relu.layer) not in (ReLU, Activation)
            or relu.layer.activation != "relu"
            or replaced(relu.layer)
        ):
            return parts
        parts.append(relu)
    pool = next_node(parts[-1])
    if pool is not None and type(pool.layer) is MaxPooling2D and conv.algorithm == "auto" and _apart(pool.layer):
        parts.append(pool)
    return parts


def _apart(pool):
    """Tell whether windows neither overlap nor reach out of the picture, and are of at most 255 pixels."""
    (ph, pw), (sh, sw) = pool.pool_size, pool.strides
    return pool.padding == "valid" and ph <= sh and pw <= sw and ph * pw <= LARGEST_WINDOW


def _block(parts):
    pool = parts[-1].layer if type(parts[-1].layer) is MaxPooling2D else None
    return Block(parts[0].layer, pool)


def _node(layer, parts):
    """Make a node that stands for some nodes in a row."""
    node = Node(layer, parts[0].inputs, False, parts[-1].outputs[0].shape)
    node.outputs = parts[-1].outputs
    return node
