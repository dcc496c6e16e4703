"""Ten steps of training: from the same weights, on the same batches, Keras's losses and weights.

In float64, where ten steps leave the rounding at 1e-12: in float32 Adam divides one rounding error by another wherever
a gradient is nearly 0, and two right programs drift apart. Keras runs eagerly: tracing each net would take a second.
"""

import numpy as np
import pytest

import minicnn
from tests.keras_oracle import keras

STEPS = 10


def tiny_vgg(of, ending):
    """Tiny VGG at 20 x 20 pixels; `of` is minicnn or keras.layers."""
    body = []
    for _ in range(2):
        for _ in range(2):
            body += [of.Conv2D(10, 3), of.ReLU()]
        body += [of.MaxPooling2D(2)]
    return [*body, of.Flatten(), of.Dense(4), *ending]


def homework(of, ending):
    """Return the homework's net at 14 x 14 pixels."""
    return [
        of.Conv2D(8, 3, activation="relu"),
        of.MaxPooling2D(2),
        of.Flatten(),
        of.Dense(16, activation="relu"),
        of.Dense(4),
        *ending,
    ]


NETS = {"tiny vgg": (tiny_vgg, 20), "homework": (homework, 14)}
OPTIMIZERS = {
    "sgd": (lambda of: of.SGD(learning_rate=0.05)),
    "momentum": (lambda of: of.SGD(learning_rate=0.02, momentum=0.8)),
    "nesterov": (lambda of: of.SGD(learning_rate=0.02, momentum=0.8, nesterov=True)),
    "adam": (lambda of: of.Adam(learning_rate=0.002)),
}
# loss, its class, from_logits, the net's last layers
LOSSES = {
    "categorical from softmax": ("CategoricalCrossentropy", {"from_logits": False}, ["softmax"]),
    "categorical from logits": ("CategoricalCrossentropy", {"from_logits": True}, []),
    "sparse from softmax": ("SparseCategoricalCrossentropy", {"from_logits": False}, ["softmax"]),
    "sparse from logits": ("SparseCategoricalCrossentropy", {"from_logits": True}, []),
    "binary from sigmoid": ("BinaryCrossentropy", {"from_logits": False}, ["sigmoid"]),
    "binary from logits": ("BinaryCrossentropy", {"from_logits": True}, []),
    "squared error": ("MeanSquaredError", {}, ["sigmoid"]),
}


@pytest.fixture(autouse=True)
def in_float64():
    """Keras makes every layer in float64."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")  # it counts where somebody has set one, floatx alone does not then
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def pair(net, optimizer, loss):
    """Return the same net in minicnn and in Keras, compiled alike, with the same weights, in float64."""
    build, size = NETS[net]
    name, settings, ending = LOSSES[loss]
    ours = minicnn.Sequential(
        [minicnn.Input((size, size, 3)), *build(minicnn, [minicnn.Activation(each) for each in ending])], seed=3
    ).astype("float64")
    with_keras = keras.Sequential(
        [keras.Input((size, size, 3)), *build(keras.layers, [keras.layers.Activation(each) for each in ending])]
    )
    rng = np.random.default_rng(0)
    ours.set_weights([w + rng.normal(0, 0.05, w.shape) for w in ours.get_weights()])  # biases too
    with_keras.set_weights(ours.get_weights())
    metrics = [] if name == "MeanSquaredError" else ["accuracy"]
    ours.compile(OPTIMIZERS[optimizer](minicnn), getattr(minicnn, name)(**settings), metrics=metrics)
    with_keras.compile(
        OPTIMIZERS[optimizer](keras.optimizers),
        getattr(keras.losses, name)(**settings),
        metrics=metrics,
        run_eagerly=True,
    )
    return ours, with_keras, size


def batches(loss, size, rng):
    for _ in range(STEPS):
        x = rng.random((6, size, size, 3))
        classes = rng.integers(4, size=6)
        if loss.startswith("sparse"):
            yield x, classes
        elif loss.startswith("categorical"):
            yield x, np.eye(4)[classes]
        else:
            yield x, (rng.random((6, 4)) < 0.5).astype("float64")


@pytest.mark.filterwarnings("ignore:accuracy with BinaryCrossentropy")
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_ten_steps(net, optimizer, loss):
    ours, with_keras, size = pair(net, optimizer, loss)
    for x, y in batches(loss, size, np.random.default_rng(5)):
        got, want = ours.train_on_batch(x, y), with_keras.train_on_batch(x, y)
        np.testing.assert_allclose(got, want, rtol=1e-6)  # Keras reports in float32
    for got, want in zip(ours.get_weights(), with_keras.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(ours.evaluate(x, y), with_keras.evaluate(x, y, verbose=0), rtol=1e-6)


def test_class_weights_count_as_in_keras():
    ours, with_keras, size = pair("tiny vgg", "sgd", "sparse from softmax")
    weights = {0: 3.0, 2: 0.25}
    for x, y in batches("sparse", size, np.random.default_rng(6)):
        got = ours.train_on_batch(x, y, class_weight=weights)
        want = with_keras.train_on_batch(x, y, class_weight=weights)
        np.testing.assert_allclose(got, want, rtol=1e-6)


def graph(of):
    """Return a net with a layer used twice, a sum and a concatenation."""
    x = of.Input((8, 8, 2))
    twice = of.Conv2D(2, 3, padding="same", activation="relu")
    a = twice(x)
    b = twice(a)
    y = of.Concatenate()([of.Add()([a, b]), x])
    return x, of.Dense(3)(of.Flatten()(of.MaxPooling2D(2)(y)))


def test_a_graph_with_a_layer_used_twice():
    ours, with_keras = minicnn.Model(*graph(minicnn), seed=1).astype("float64"), keras.Model(*graph(keras.layers))
    with_keras.set_weights(ours.get_weights())
    for model, of, how in ((ours, minicnn, {}), (with_keras, keras.losses, {"run_eagerly": True})):
        model.compile(optimizer="adam", loss=of.SparseCategoricalCrossentropy(from_logits=True), **how)
    rng = np.random.default_rng(2)
    for _ in range(STEPS):
        x, y = rng.normal(size=(4, 8, 8, 2)), rng.integers(3, size=4)
        np.testing.assert_allclose(ours.train_on_batch(x, y), with_keras.train_on_batch(x, y), rtol=1e-6)
    for got, want in zip(ours.get_weights(), with_keras.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-11)


def test_accuracy_in_its_three_meanings():
    rng = np.random.default_rng(0)
    for k, y, loss in (
        (1, rng.integers(2, size=9), "binary_crossentropy"),
        (3, rng.integers(3, size=9), "sparse_categorical_crossentropy"),
        (3, np.eye(3)[rng.integers(3, size=9)], "categorical_crossentropy"),
    ):
        ending = "sigmoid" if k == 1 else "softmax"
        ours = minicnn.Sequential([minicnn.Input((4,)), minicnn.Dense(k, activation=ending)], seed=1).astype("float64")
        with_keras = keras.Sequential([keras.Input((4,)), keras.layers.Dense(k, activation=ending)])
        with_keras.set_weights(ours.get_weights())
        x = rng.normal(size=(9, 4))
        results = []
        for model, options in ((ours, {}), (with_keras, {"verbose": 0})):
            model.compile(optimizer="sgd", loss=loss, metrics=["accuracy"])
            results.append(model.evaluate(x, y, batch_size=4, **options))
        np.testing.assert_allclose(*results, rtol=1e-6)
