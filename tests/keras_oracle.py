"""Keras on TensorFlow as a witness: output and every gradient of one layer. Importing this takes some seconds.

Keras's layers are asked as they are, in both dtypes. TensorFlow's CPU kernels have no float64 gradient for dilated or
grouped convolutions, but Keras's layer routes around both: dilation becomes space-to-batch, groups are compiled by XLA
(a fifth of a second for each new shape).
"""

import warnings

import numpy as np

from tests.tolerances import assert_close, assert_same

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what TensorFlow says of its own dependencies while it is imported
    import keras
    import tensorflow as tf

tf.get_logger().setLevel("ERROR")  # no advice on retracing: every example has a new shape


def keras_gradients(layer, x, dy, weights=(), **call):
    """Ask a Keras layer for its output, and for every gradient under the cotangent `dy`.

    Parameters
    ----------
    layer : keras.layers.Layer, with the dtype of x
    x : array, or a list of arrays where the layer takes several inputs
    dy : array, shape and dtype of the output
    weights : what `layer.set_weights` takes
    call : what else the layer is called with, such as training=True

    Returns
    -------
    y : array
    dx : array, or a list of arrays
    dweights : list of arrays, in the order of `weights`
    """
    several = isinstance(x, list)
    inputs = [tf.constant(item) for item in x] if several else tf.constant(x)
    layer.build([item.shape for item in x] if several else x.shape)
    layer.set_weights(weights)
    variables = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = layer(inputs, **call)
    dx, dweights = tape.gradient(y, (inputs, variables), output_gradients=tf.constant(dy))
    return y.numpy(), [item.numpy() for item in dx] if several else dx.numpy(), [item.numpy() for item in dweights]


def assert_parity(layer, keras_layer, x, dy, weights=(), sizes=None):
    """Check shape, dtype, output and every gradient of a layer against Keras's, from the same weights.

    `sizes` holds (operation, (scale, terms)) for "y", "dx" and each key of `layer.grads`; what it lacks must be equal
    to the last bit.
    """
    sizes = sizes or {}
    several = isinstance(x, list)
    shapes = [(None, *item.shape[1:]) for item in x] if several else (None, *x.shape[1:])
    layer.build(shapes, np.random.default_rng(0), (x[0] if several else x).dtype)
    layer.set_weights(weights)
    y = layer.forward(x, training=True)
    dx = layer.backward(dy)
    want_y, want_dx, want_weights = keras_gradients(keras_layer, x, dy, weights)
    got = [("y", y), *(("dx", item) for item in (dx if several else [dx])), *layer.grads.items()]
    wants = [want_y, *(want_dx if several else [want_dx]), *want_weights]
    for (name, result), want in zip(got, wants, strict=True):
        if name in sizes:
            operation, size = sizes[name]
            assert_close(result, want, operation, "Keras", size)
        else:
            assert_same(result, want)


__all__ = ["assert_parity", "keras", "keras_gradients", "tf"]
