"""The page's mathematics against Keras itself, with no engine of ours between them."""

import math

import numpy as np
import pytest

from minicnn.explain.terms.activations import FORMULAS
from tests.explain.page.web.points import POINTS
from tests.keras_oracle import keras, keras_gradients, tf


@pytest.mark.parametrize("name", sorted(FORMULAS.keys() - {"softmax"}))  # which is no function of one number
def test_activations_and_their_slopes(lab, name):
    points = tf.constant(POINTS, tf.float64)
    function = keras.activations.get(name)
    with tf.GradientTape() as tape:
        tape.watch(points)
        y = function(points, approximate=False) if name == "gelu" else function(points)
    slopes = tape.gradient(y, points).numpy()
    ask = "([name, x]) => { const { f, slope } = lab.functions.FUNCTIONS[name]; return [x.map(f), x.map(slope)]; }"
    own = np.array(lab.ask(ask, [name, POINTS]))
    np.testing.assert_allclose(own[0], y.numpy(), rtol=1e-6, atol=1e-15)
    np.testing.assert_allclose(own[1], slopes, rtol=1e-6, atol=1e-15)


def test_the_tail_of_gelu(lab):
    """Below -3 Keras's 1 + erf has few digits left, and soon none: erfc has them all."""
    points = [-3.0, -3.5, -5.0, -8.0, -12.0, -20.0, -30.0]
    want = [x * math.erfc(-x / math.sqrt(2)) / 2 for x in points]
    np.testing.assert_allclose(lab.ask("(x) => x.map(lab.functions.FUNCTIONS.gelu.f)", points), want, rtol=1e-12)


def test_softmax_and_its_way_back(lab):
    x, dy = np.array([[1.5, -2.0, 0.25, 80.0, 79.0]]), np.array([[1.0, -3.0, 2.0, 0.5, 0.7]])
    y, dx, _ = keras_gradients(keras.layers.Softmax(dtype="float64"), x, dy)
    got = lab.ask(
        """([x, dy]) => { const node = { shape: [5], from: [[5]], settings: { function: "softmax" } };
        const [xs, sent] = [[Float32Array.from(x)], Float32Array.from(dy)], layer = lab.layers.LAYERS.Activation;
        const y = layer.forward(node, xs);
        return [y, layer.backward(node, xs, y, sent).dxs[0]].map((each) => Array.from(each)); }""",
        [x[0].tolist(), dy[0].tolist()],
    )
    np.testing.assert_allclose(got[0], y[0], rtol=1e-5, atol=1e-30)
    np.testing.assert_allclose(got[1], dx[0], rtol=1e-4, atol=1e-7)


def same(size, k, s, d=1):
    """Return what TensorFlow's notes on padding say of `same`."""
    total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
    return [total // 2, total - total // 2]


CONV, DEPTHWISE = keras.layers.Conv2D, keras.layers.DepthwiseConv2D
MAX, AVERAGE = keras.layers.MaxPooling2D, keras.layers.AveragePooling2D
LAYERS = {  # Keras's layer and its settings, the page's kind, (H, W, C), taps, strides, dilation
    "conv, odd pads": (CONV, {"filters": 3, "kernel_size": (2, 3)}, "Conv2D", (6, 5, 2), (2, 3), 1, 1),
    "conv, strides": (CONV, {"filters": 3, "kernel_size": 3, "strides": 2}, "Conv2D", (6, 7, 2), (3, 3), 2, 1),
    "conv, dilation": (CONV, {"filters": 2, "kernel_size": 2, "dilation_rate": 3}, "Conv2D", (7, 8, 3), (2, 2), 1, 3),
    "depthwise": (
        DEPTHWISE,
        {"kernel_size": 3, "strides": 2, "depth_multiplier": 2},
        "DepthwiseConv2D",
        (6, 8, 2),
        (3, 3),
        2,
        1,
    ),
    "max pool, ties": (MAX, {"pool_size": 2}, "MaxPooling2D", (6, 4, 2), (2, 2), 2, 1),
    "max pool, odd pads, ties": (MAX, {"pool_size": 3, "strides": 2}, "MaxPooling2D", (6, 7, 2), (3, 3), 2, 1),
    "average pool": (AVERAGE, {"pool_size": (2, 3), "strides": 2}, "AveragePooling2D", (5, 6, 2), (2, 3), 2, 1),
}


@pytest.mark.parametrize("case", LAYERS)
def test_windows_of_convolution_and_pooling(lab, case):
    build, given, kind, shape, taps, stride, dilation = LAYERS[case]
    rng = np.random.default_rng(3)
    layer = build(**given, padding="same", dtype="float32")
    x = rng.integers(-2, 3, (1, *shape)).astype(np.float32)  # whole numbers: ties in every window
    layer.build(x.shape)
    weights = [rng.normal(size=weight.shape).astype(np.float32) for weight in layer.weights]
    dy = rng.normal(size=layer.compute_output_shape(x.shape)).astype(np.float32)
    y, dx, dweights = keras_gradients(build(**given, padding="same", dtype="float32"), x, dy, weights)
    pads = [same(size, k, stride, dilation) for size, k in zip(shape, taps, strict=False)]
    settings = {"size": taps, "strides": [stride] * 2, "pads": pads, "dilation": [dilation] * 2, "groups": 1}
    flat = [w.ravel().tolist() for w in weights]
    got = lab.ask(
        """([kind, shape, from, settings, x, dy, weights]) => {
        const own = Object.fromEntries(["kernel", "bias"].slice(0, weights.length).map(
            (name, k) => [name, Float32Array.from(weights[k])]));
        const node = { shape, from: [from], settings, own }, layer = lab.layers.LAYERS[kind];
        const xs = [Float32Array.from(x)];
        const y = layer.forward(node, xs);
        const { dxs, grads } = layer.backward(node, xs, y, Float32Array.from(dy));
        return [y, dxs[0], ...Object.values(grads ?? {})].map((each) => Array.from(each)); }""",
        [kind, y.shape[1:], shape, settings, x.ravel().tolist(), dy.ravel().tolist(), flat],
    )
    for own, want in zip(got, [y, dx, *dweights], strict=True):
        np.testing.assert_allclose(own, want.ravel(), rtol=1e-4, atol=1e-5)


ROWS = [
    ("binary", True, [2.5], [1]),
    ("binary", True, [-60.0, 3.0], [1, 0]),
    ("binary", False, [0.2, 0.9], [1, 0]),
    ("categorical", True, [1.0, -2.0, 60.0], [0, 1, 0]),
    ("categorical", False, [0.2, 0.3, 0.5], [1, 0, 0]),
    ("categorical", False, [0.2, 0.3, 0.1], [1, 0, 0]),  # divided by their sum
    ("squared", False, [0.2, -1.5], [1, 0]),
]


@pytest.mark.parametrize("kind, logits, row, truth", ROWS)
def test_losses_and_their_gradients(lab, kind, logits, row, truth):
    loss = {
        "binary": keras.losses.BinaryCrossentropy,
        "categorical": keras.losses.CategoricalCrossentropy,
        "squared": keras.losses.MeanSquaredError,
    }[kind](dtype="float64", **({} if kind == "squared" else {"from_logits": logits}))
    y = tf.constant([row], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(y)
        value = loss(tf.constant([truth], tf.float64), y)
    ask = """([kind, logits, y, t]) => { const { value, gradient } = lab.net.lossOf({ kind, logits }, y, t);
        return [value, Array.from(gradient)]; }"""
    own, gradient = lab.ask(ask, [kind, logits, row, truth])
    assert own == pytest.approx(float(value), rel=1e-5)
    np.testing.assert_allclose(gradient, tape.gradient(value, y).numpy()[0], rtol=1e-5, atol=1e-7)
