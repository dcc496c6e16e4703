"""Seven architectures of keras.applications: from Keras's file, the same outputs, and the same weights after training.

Every array is drawn, biases and statistics of batch normalization too: in a fresh net beta and moving_mean are all 0, so
that two of them could be swapped unseen.
"""

import math

import numpy as np
import pytest

from minicnn import load_model
from tests.keras_oracle import keras

SIZES = {  # pictures' sides; the first is also trained on
    "Xception": (71, 90),
    "VGG16": (32, 45),
    "ResNet50": (32, 49),
    "MobileNet": (32, 50),
    "MobileNetV2": (32, 50),
    "DenseNet121": (32, 47),
    "EfficientNetB0": (32, 51),
}
CLASSES = 10


def draw(model, seed=0):
    """Give every array of a Keras model numbers of its own, so that activations keep their size from layer to layer."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if hasattr(layer, "layers"):
            draw(layer, seed + 1)
        elif layer.weights:
            layer.set_weights([drawn(rng, weight) for weight in layer.weights])


def drawn(rng, weight):
    name, shape = weight.name, weight.shape
    if name == "count":
        return np.array(7)
    if name in ("gamma", "moving_variance", "variance"):
        return rng.uniform(0.5, 1.5, shape)
    if len(shape) == 1:
        return rng.normal(0, 0.2, shape)
    depthwise = name == "depthwise_kernel" or weight.path.split("/")[-2].endswith(("dwconv", "dwconv2", "depthwise"))
    inputs = math.prod(shape[:2]) if depthwise else math.prod(shape[:-1])
    return rng.normal(0, math.sqrt(1.5 / inputs), shape)


def build(name, size, dtype):
    """An architecture as Keras makes it, drawn, with logits of order 1, and a batch of pictures for it."""
    keras.backend.set_floatx(dtype)
    try:
        net = getattr(keras.applications, name)(
            weights=None, classifier_activation=None, input_shape=(size, size, 3), classes=CLASSES
        )
    finally:
        keras.backend.set_floatx("float32")
    draw(net)
    pictures = np.random.default_rng(1).normal(size=(6, size, size, 3)).astype(dtype)
    last = next(layer for layer in reversed(net.layers) if layer.weights)
    kernel, bias = last.get_weights()
    last.set_weights([kernel / np.std(net(pictures[:2])), bias])
    return net, pictures


@pytest.mark.parametrize(("name", "size"), [(name, size) for name, sizes in SIZES.items() for size in sizes])
def test_predictions_equal_keras(name, size, tmp_path):
    net, pictures = build(name, size, "float32")
    want = np.asarray(net(pictures[:2]))
    assert 0.3 < want.std() < 3
    net.save(tmp_path / "net.keras")
    got = load_model(tmp_path / "net.keras").predict(pictures[:2])
    assert abs(got - want).max() <= 1e-4 * abs(want).max()


def train(net, path, pictures, steps=3):
    """Take steps of SGD in Keras and, from the same file, in minicnn; return our model."""
    for layer in net.layers:
        if hasattr(layer, "rate"):
            layer.rate = 0.0  # Keras would draw other masks
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss, run_eagerly=True)
    net.save(path)
    model = load_model(path)
    labels = np.eye(CLASSES)[np.random.default_rng(2).integers(0, CLASSES, len(pictures))]
    for _ in range(steps):
        ours, theirs = model.train_on_batch(pictures, labels), net.train_on_batch(pictures, labels)
        assert ours == pytest.approx(float(theirs), rel=1e-5)
    return model


def assert_same_changes(model, net, before):
    """Compare by how much every array has changed; return how many did."""
    changed = 0
    for got, want, start in zip(model.get_weights(), net.get_weights(), before, strict=True):
        change = abs(want - start).max()
        assert abs(got - want).max() <= 1e-5 * change
        changed += change > 0
    return changed


@pytest.mark.parametrize("name", SIZES)
def test_three_steps_equal_keras(name, tmp_path):
    """Weights and moving statistics alike. In float64: with six pictures float32's rounding is blown up too far."""
    net, pictures = build(name, SIZES[name][0], "float64")
    before = net.get_weights()
    model = train(net, tmp_path / "net.keras", pictures)
    untouched = 3 if name == "EfficientNetB0" else 0  # its Normalization's constants
    assert assert_same_changes(model, net, before) == len(before) - untouched


def nested(trainable, dtype="float64"):
    """The course's classifier: a base inside a model, called with training=False, and a head."""
    keras.backend.set_floatx(dtype)
    try:
        base = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(32, 32, 3))
        inputs = keras.Input((32, 32, 3))
        x = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
        net = keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.Dropout(0.2)(x)))
    finally:
        keras.backend.set_floatx("float32")
    draw(net)
    base.trainable = trainable
    return net, np.random.default_rng(1).normal(size=(6, 32, 32, 3)).astype(dtype)


@pytest.mark.parametrize("trainable", [False, True])
def test_a_nested_base_frozen_or_not(trainable, tmp_path):
    """In a frozen base nothing moves. In one that learns the statistics move too, training=False or not: as in Keras."""
    net, pictures = nested(trainable)
    before = net.get_weights()
    model = train(net, tmp_path / "net.keras", pictures)
    assert assert_same_changes(model, net, before) == (len(before) if trainable else 2)


def test_a_few_frozen_layers_stay_frozen(tmp_path):
    """Batch normalization and a convolution are frozen here and there, as when the upper part of a base is tuned."""
    net, pictures = nested(True)
    base = net.layers[1]
    frozen = [layer for layer in base.layers[:40] if layer.weights]
    for layer in frozen:
        layer.trainable = False
    before = net.get_weights()
    model = train(net, tmp_path / "net.keras", pictures)
    arrays = sum(len(layer.weights) for layer in frozen)
    assert assert_same_changes(model, net, before) == len(before) - arrays > 0
    assert [layer.trainable for layer in model.get_layer(base.name).layers] == [
        layer.trainable for layer in base.layers
    ]
