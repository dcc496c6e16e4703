"""Training: what runs as one step: a convolution with its ReLU and max pooling; a dense layer's gradient with SGD.

    Conv2D -> ReLU -> MaxPooling2D          the ReLU a layer, an Activation or the convolution's own
    Conv2D -> ReLU                          the ReLU a layer or an Activation

In a small net the arrays between these layers are the largest, and it takes as long to write and read them as to
compute them. A block computes y from x without them (kernels/conv2d_maxpool2d.py). On the way back, with z = conv(x):

    dm      = dy * [y > 0]                  through the ReLU: max and ReLU may change places, so y tells
    dz      = dm at the pixel that won its window, 0 elsewhere
    dbias   = dm summed: the zeros of dz add nothing
    dkernel, dx                             from dz, as in Conv2D

A block lives for one step: its settings and arrays are those of the convolution at that time.

    Dense                               where the optimizer takes products

A dense kernel's gradient x.T @ dy is as large as the kernel, in a small net larger than everything else. SGD can make
it tile by tile while it moves the weights (kernels/sgd.py): then the way back leaves it as the product of two arrays.
"""

import math
from collections import Counter

from .. import kernels
from ..kernels.fused.conv2d_maxpool2d import LARGEST_WINDOW
from ..layers import Activation, Conv2D, Dense, Layer, MaxPooling2D, ReLU
from ..layers.base import Node

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
        how = (conv.strides, conv._pads(x.shape[1:3]), conv.dilation_rate, conv.groups)
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


class Postponed(Layer):
    """A Dense layer whose kernel's gradient is left as a `kernels.Product`. It trains the layer's own arrays.

    Parameters
    ----------
    dense : Dense, built
    """

    def __init__(self, dense):
        super().__init__(dense.name)
        self.dense = dense
        self.params, self.trainable = dense.params, dense.trainable
        self.input_shape, self.dtype, self.built = dense.input_shape, dense.dtype, True

    def _forward(self, x, training, **how):
        return self.dense._forward(x, training, **how)

    def _backward(self, dy, saved, need_dx):
        self.dense.grads.clear()
        dx = self.dense._backward(dy, saved, need_dx, kernel_gradient=kernels.Product)
        self.grads = dict(self.dense.grads)
        self.dense.grads.pop("kernel", None)  # a layer's gradients are arrays; the product is for the optimizer alone
        return dx


def joined(nodes, outputs, products=False):
    """Give the nodes of a graph with blocks in place of the nodes that a block can do.

    Parameters
    ----------
    nodes : list of Node, in running order      outputs : list of SymbolicTensor, which somebody wants
    products : bool     the optimizer takes a product for a gradient
    """
    calls = Counter(node.layer for node in nodes)
    readers = Counter(tensor for node in nodes for tensor in node.inputs)
    readers.update(outputs)
    reader = {tensor: node for node in nodes for tensor in node.inputs}

    def next_node(node):
        """Give the only node that reads this one's output, if that is all who do."""
        alone = len(node.outputs) == 1 and readers[node.outputs[0]] == 1
        return reader.get(node.outputs[0]) if alone else None

    done, result = set(), []
    for node in nodes:
        if node in done:
            continue
        if products and type(node.layer) is Dense and calls[node.layer] == 1:  # of two calls the gradients are added
            result.append(_node(Postponed(node.layer), [node]))
            continue
        parts = _parts(node, next_node)
        if parts[-1].outputs[0] in outputs:  # whoever wants an output may want its logits
            parts = [node]
        done.update(parts)
        result.append(node if len(parts) == 1 else _node(_block(parts), parts))
    return result


def _parts(node, next_node):
    """Give the nodes that join this one in a block, itself first; it alone where there is none."""
    conv, parts = node.layer, [node]
    if type(conv) is not Conv2D or conv.algorithm == "reference" or conv.activation not in (None, "relu"):
        return parts
    if conv.activation is None:
        relu = next_node(node)
        if relu is None or type(relu.layer) not in (ReLU, Activation) or relu.layer.activation != "relu":
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
