"""Keras on TensorFlow: its layers called eagerly, inside tf.function ("graph") and compiled by XLA.

TensorFlow decides as it starts whether its operations are oneDNN's or its own: with AVX-512 the one, with AVX2 the
other. Where it leaves oneDNN off, the graph with oneDNN is measured too, in a process of its own.

A single gradient is TensorFlow's own operation for it, the one that Keras's GradientTape ends in, inside tf.function:
so no forward pass is counted in. Layers are Keras's, in the dtype of the case.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what TensorFlow says of its own dependencies while it is imported
    import keras
    import tensorflow as tf
    from tensorflow.python.util import _pywrap_util_port  # nothing public tells whether oneDNN is on

from ..elsewhere import Elsewhere

ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "1"}

tf.get_logger().setLevel("ERROR")


def set_threads(count):
    """Give TensorFlow this many threads; say False where it runs already with another number."""
    threading = tf.config.threading
    if (threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()) == (count, count):
        return True
    try:
        threading.set_intra_op_parallelism_threads(count)
        threading.set_inter_op_parallelism_threads(count)
        return True
    except RuntimeError:
        return False


class Engine:
    """Keras, up to four ways; `all_forms` False: without those that take seconds to begin, XLA and oneDNN."""

    name = "keras"

    def __init__(self, threads, all_forms=True):
        self.has_threads = set_threads(threads)
        self.all_forms = all_forms
        self.threads = threads
        self._elsewhere = None

    def onednn(self, function, *arguments):
        """Make a call in the process where oneDNN is on: {"keras onednn": call}, empty where it is on here.

        Parameters
        ----------
        function : function of (threads, *arguments), of a module
            Returns the call, and the function that reads its result.
        """
        if not self.all_forms or _pywrap_util_port.IsMklEnabled():
            return {}
        if self._elsewhere is None:
            self._elsewhere = Elsewhere(ONEDNN)
        return {"keras onednn": self._elsewhere.make(function, self.threads, *arguments)}

    def runs(self, case, which, arrays):
        """Make the calls of one pass. Arguments and result as minicnn's."""
        if 0 in case.x_shape:
            return {}  # without a single picture TensorFlow's convolution fails, or gives another shape
        wanted = {"fwd": "xkb", "dW": "xd", "dX": "kd" if case.kernel_shape else "xd"}[which]
        x, kernel, bias, dy = (
            tf.constant(array) if letter in wanted and array is not None else None
            for letter, array in zip("xkbd", arrays, strict=True)
        )
        if which == "fwd":
            layer = _layer(case, kernel, bias)
            inputs, work = (x,), layer
        else:
            inputs, work = _gradient(case, which, x, kernel, dy)
        variants = {"keras graph": tf.function(work)}
        if which == "fwd":
            variants["keras eager"] = work
        if self.all_forms and which == "fwd":
            variants["keras xla"] = tf.function(work, jit_compile=True)
        runs = {name: (_bound(function, inputs), _as_array) for name, function in variants.items()}
        return runs | {name: (call, _itself) for name, call in self.onednn(graph_call, case, which).items()}


def graph_call(threads, case, which):
    """Make the graph's call of one pass, on arrays that are drawn again."""
    return Engine(threads, all_forms=False).runs(case, which, case.arrays())["keras graph"]


def _itself(value):
    return value


def _bound(function, inputs):
    return lambda: function(*inputs)


def _as_array(value):
    return value.numpy()


def _layer(case, kernel, bias):
    layers, how = keras.layers, {"dtype": case.dtype}
    if case.operation == "conv2d":
        layer = layers.Conv2D(case.filters, case.window, case.strides, case.padding, activation="relu", **how)
    elif case.operation == "depthwise_conv2d":
        layer = layers.DepthwiseConv2D(case.window, case.strides, case.padding, **how)
    elif case.operation == "maxpool2d":
        layer = layers.MaxPooling2D(case.window, case.strides, case.padding, **how)
    elif case.operation == "dense":
        layer = layers.Dense(case.filters, **how)
    else:
        layer = layers.Activation(case.operation, **how)
    layer.build(case.x_shape)
    if kernel is not None:
        layer.set_weights([kernel, bias])
    return layer


def _gradient(case, which, x, kernel, dy):
    """Return the inputs of a gradient, and the function of them."""
    raw, padding = tf.raw_ops, case.padding.upper()
    strides = [1, *case.strides, 1]
    if case.operation in ("conv2d", "depthwise_conv2d"):
        deep = case.operation == "depthwise_conv2d"
        to_input = raw.DepthwiseConv2dNativeBackpropInput if deep else raw.Conv2DBackpropInput
        to_kernel = raw.DepthwiseConv2dNativeBackpropFilter if deep else raw.Conv2DBackpropFilter
        if which == "dX":
            return (kernel, dy), lambda kernel, dy: to_input(
                input_sizes=case.x_shape, filter=kernel, out_backprop=dy, strides=strides, padding=padding
            )
        return (x, dy), lambda x, dy: to_kernel(
            input=x, filter_sizes=case.kernel_shape, out_backprop=dy, strides=strides, padding=padding
        )
    if case.operation == "dense":
        if which == "dX":
            return (dy, kernel), lambda dy, kernel: tf.matmul(dy, kernel, transpose_b=True)
        return (x, dy), lambda x, dy: tf.matmul(x, dy, transpose_a=True)
    if case.operation == "maxpool2d":
        y = tf.nn.max_pool2d(x, case.window, case.strides, padding)
        return (x, y, dy), lambda x, y, dy: raw.MaxPoolGrad(
            orig_input=x, orig_output=y, grad=dy, ksize=[1, *case.window, 1], strides=strides, padding=padding
        )
    y = {"relu": tf.nn.relu, "sigmoid": tf.nn.sigmoid, "softmax": tf.nn.softmax}[case.operation](x)
    if case.operation == "relu":
        return (dy, y), lambda dy, y: raw.ReluGrad(gradients=dy, features=y)
    if case.operation == "sigmoid":
        return (dy, y), lambda dy, y: raw.SigmoidGrad(y=y, dy=dy)
    return (dy, y), lambda dy, y: (dy - tf.reduce_sum(dy * y, -1, keepdims=True)) * y
