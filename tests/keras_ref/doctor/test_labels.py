"""Heads, losses and labels: each combination of the table is well, each other one is a sentence."""

import numpy as np
import pytest

from keras_ref import doctor, runtime

K = 3
RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(-1, 1, (24, 6)).astype(np.float32)
NUMBERS = (X[:, 0] > -0.3).astype(int) + (X[:, 0] > 0.3)
ONE_HOT = np.eye(K, dtype=np.float32)[NUMBERS]
BITS = (X[:, :1] > 0).astype(np.float32)
MANY = (X[:, :K] > 0).astype(np.float32)


def check(units, activation, loss, y, from_logits=None, x=X):
    """The doctor's findings on Dense(units, activation) with a loss."""
    _, keras = runtime.load()
    keras.utils.set_random_seed(3)
    last = [keras.layers.Dense(units)] if activation == "layer" else [keras.layers.Dense(units, activation=activation)]
    net = keras.Sequential([keras.Input((6,)), *last, *([keras.layers.ReLU()] if activation == "layer" else [])])
    made = loss if from_logits is None else getattr(keras.losses, loss)(from_logits=from_logits)
    net.compile(optimizer="adam", loss=made)
    return doctor.check(net, (x, y))


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "from_logits"),
    [
        (K, None, "CategoricalCrossentropy", ONE_HOT, True),
        (K, "softmax", "CategoricalCrossentropy", ONE_HOT, False),
        (K, "softmax", "categorical_crossentropy", ONE_HOT, None),
        (K, None, "SparseCategoricalCrossentropy", NUMBERS, True),
        (K, None, "SparseCategoricalCrossentropy", NUMBERS[:, None], True),
        (K, "softmax", "sparse_categorical_crossentropy", NUMBERS, None),
        (1, None, "BinaryCrossentropy", BITS, True),
        (1, "sigmoid", "binary_crossentropy", BITS, None),
        (1, "sigmoid", "binary_crossentropy", BITS[:, 0], None),
        (K, None, "BinaryCrossentropy", MANY, True),
        (K, "sigmoid", "binary_crossentropy", MANY, None),
        (1, None, "mean_squared_error", X[:, :1], None),
    ],
)
def test_what_fits(units, activation, loss, y, from_logits):
    assert check(units, activation, loss, y, from_logits) == []


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "from_logits", "name", "words"),
    [
        (1, "softmax", "categorical_crossentropy", BITS, None, "one unit", "softmax of one unit is always 1"),
        (1, "softmax", "binary_crossentropy", BITS, None, "one unit", "always 1"),
        (1, None, "SparseCategoricalCrossentropy", BITS, True, "one unit", "Dense(1) with BinaryCrossentropy"),
        (K, "softmax", "binary_crossentropy", ONE_HOT, None, "loss for another head", "use CategoricalCrossentropy"),
        (K, "sigmoid", "categorical_crossentropy", ONE_HOT, None, "loss for another head", "3 sigmoids"),
        (K, "relu", "CategoricalCrossentropy", ONE_HOT, True, "loss for another head", "ends in relu"),
        (K, "layer", "CategoricalCrossentropy", ONE_HOT, True, "loss for another head", "ends in relu"),
        (K, "tanh", "CategoricalCrossentropy", ONE_HOT, True, "loss for another head", "ends in tanh"),
    ],
)
def test_heads_and_losses_that_do_not_fit(units, activation, loss, y, from_logits, name, words):
    finding = check(units, activation, loss, y, from_logits)[0]
    assert finding.name == name and words in finding.sentence


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        (
            "SparseCategoricalCrossentropy",
            NUMBERS + 1,
            "in 1..3, and 3 units take 0 to 2 (they are shifted by 1: the first",
        ),
        ("SparseCategoricalCrossentropy", NUMBERS - 1, "They lie in -1..1, and 3 units take 0 to 2."),
        ("SparseCategoricalCrossentropy", NUMBERS * 4, "They lie in 0..8, and 3 units take 0 to 2."),
        ("SparseCategoricalCrossentropy", NUMBERS / 4, "They are no whole numbers."),
        ("SparseCategoricalCrossentropy", ONE_HOT, "shape (N, 3): SparseCategoricalCrossentropy takes a whole number"),
        ("CategoricalCrossentropy", NUMBERS, "shape (N,), and the model answers (N, 3): use SparseCategorical"),
        ("CategoricalCrossentropy", ONE_HOT[:, :2], "shape (N, 2), and the model answers (N, 3)."),
        ("CategoricalCrossentropy", ONE_HOT * 2, "Their rows sum to 2 to 2, not to 1: they are not one-hot."),
        ("CategoricalCrossentropy", ONE_HOT[:9], "There are 9 labels to 24 pictures."),
        ("BinaryCrossentropy", NUMBERS, "shape (N,), and the model answers (N, 3)."),
        ("BinaryCrossentropy", MANY * 255, "They lie in 0..255, and BinaryCrossentropy takes 0 to 1."),
    ],
)
def test_labels_are_a_sentence_and_not_keras_error(loss, y, words):
    (finding,) = check(K, None, loss, y, True)
    assert finding.name == "labels that don't fit" and words in finding.sentence, finding
    assert finding.sentence.startswith("The training labels can't be learned from.")
