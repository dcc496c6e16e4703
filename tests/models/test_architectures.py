"""Seven architectures of keras.applications: from Keras's file, the same outputs, and the same weights after training.

Every array is drawn, biases and statistics of batch normalization too: in a fresh net beta and moving_mean are all 0,
so that two of them could be swapped unseen.
"""

import contextlib
import json

import numpy as np
import pytest

from benchmarks import architectures
from minicnn import initializers, load_model
from minicnn.files import dialect
from minicnn.models.configs import layer_from_entry
from minicnn.models.summary import rows
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
DEEP = (
    "VGG16",
    "ResNet50",
    "MobileNet",
    "Xception",
    "DenseNet121",
    "EfficientNetB0",
)  # other nets and random graphs train their layers
EVERY_DAY = [(name, sizes[0]) for name, sizes in SIZES.items()] + [("MobileNetV2", 50)]
ODD = [(name, sizes[1]) for name, sizes in SIZES.items() if name != "MobileNetV2"]


def slow(sets):
    """Return the same sets of parameters, for the slow tier."""
    return [pytest.param(*values, marks=pytest.mark.slow) for values in sets]


@contextlib.contextmanager
def keras_dtype(dtype):
    """Let Keras make layers of this dtype."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


def build(name, size, dtype):
    """Return an architecture as Keras makes it, drawn, with logits of order 1, and a batch of pictures for it."""
    with keras_dtype(dtype):
        return architectures.build(name, size, CLASSES)


@pytest.mark.parametrize(("name", "size"), [*EVERY_DAY, *slow(ODD)])
def test_predictions_equal_keras(name, size, tmp_path):
    net, pictures = build(name, size, "float32")
    want = np.asarray(net(pictures[:2]))
    assert 0.3 < want.std() < 3 and abs(want[0] - want[1]).max() > 0.05  # else any pictures would do
    net.save(tmp_path / "net.keras")
    got = load_model(tmp_path / "net.keras").predict(pictures[:2])
    assert abs(got - want).max() <= 1e-4 * abs(want).max()


def train(net, path, pictures, steps=3):
    """Take steps of SGD in Keras and, from the same file, in minicnn; return our model."""
    for layer in net.layers:
        if hasattr(layer, "rate"):
            layer.rate = 0.0  # Keras would draw other masks
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, dtype="float64")  # of itself it rounds to float32
    net.compile(keras.optimizers.SGD(0.001, momentum=0.9), loss, run_eagerly=True)
    net.save(path)
    model = load_model(path)
    labels = np.eye(CLASSES)[np.random.default_rng(2).integers(0, CLASSES, len(pictures))]
    for _ in range(steps):
        ours, theirs = model.train_on_batch(pictures, labels), net.train_on_batch(pictures, labels)
        assert ours == pytest.approx(float(theirs), rel=1e-5)
    return model


def assert_same_changes(model, net, before):
    """Compare by how much every array has changed; return how many did.

    Below 1e-12 a change is rounding: a bias before a batch normalization has no effect, so it has no gradient.
    """
    changed = 0
    for got, want, start in zip(model.get_weights(), net.get_weights(), before, strict=True):
        change = abs(want - start).max()
        assert abs(got - want).max() <= 1e-4 * change + 1e-12
        changed += change > 1e-12
    return changed


@pytest.mark.parametrize("name", [*(name for name in SIZES if name not in DEEP), *slow(zip(DEEP))])
def test_three_steps_equal_keras(name, tmp_path):
    """Weights and moving statistics alike. In float64: with six pictures float32's rounding is blown up too far."""
    net, pictures = build(name, SIZES[name][0], "float64")
    before = net.get_weights()
    model = train(net, tmp_path / "net.keras", pictures)
    assert assert_same_changes(model, net, before) > 0.8 * len(before)


def nested(trainable, dtype="float64"):
    """Return the course's classifier: a base inside a model, called with training=False, and a head."""
    with keras_dtype(dtype):
        base = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(32, 32, 3))
        inputs = keras.Input((32, 32, 3))
        x = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
        net = keras.Model(inputs, keras.layers.Dense(CLASSES)(keras.layers.Dropout(0.2)(x)))
    pictures = np.random.default_rng(1).normal(size=(6, 32, 32, 3)).astype(dtype)
    architectures.draw(net, pictures)
    base.trainable = trainable
    return net, pictures


@pytest.mark.parametrize("trainable", [False, True])
def test_a_nested_base_frozen_or_not(trainable, tmp_path):
    """In a frozen base nothing moves. In one that learns statistics move too, training=False or not: as in Keras."""
    net, pictures = nested(trainable)
    before = net.get_weights()
    model = train(net, tmp_path / "net.keras", pictures)
    changed = assert_same_changes(model, net, before)
    assert changed > 0.8 * len(before) if trainable else changed == 2


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
    assert 0.8 * (len(before) - arrays) < assert_same_changes(model, net, before) <= len(before) - arrays
    assert [layer.trainable for layer in model.get_layer(base.name).layers] == [
        layer.trainable for layer in base.layers
    ]


@pytest.mark.parametrize(
    ("size", "top", "parameters", "multiply_adds"),
    [(299, True, 22_910_480, 8.357e9), (299, False, 20_861_480, 8.355e9), (150, False, 20_861_480, 1.924e9)],
)
def test_summary_of_xception(size, top, parameters, multiply_adds):
    """The course's figures, from Keras's config, without any weights."""
    net = keras.applications.Xception(weights=None, include_top=top, input_shape=(size, size, 3))
    model = layer_from_entry(dialect.model_config(json.loads(net.to_json())), initializers.Blank())
    assert model.count_params() == sum(row["params"] for row in rows(model)) == parameters == net.count_params()
    assert model.multiply_adds() == pytest.approx(multiply_adds, rel=5e-4)
