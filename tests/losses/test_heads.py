"""Softmax and sigmoid at a model's end, with every loss and from_logits: what Keras measures, ours measures.

Keras takes what goes into ANY softmax or sigmoid for the logits of any cross-entropy: a sigmoid before the categorical
one trains a softmax, a softmax before the binary one trains sigmoids.
"""

import warnings

import numpy as np
import pytest

import minicnn
from minicnn import Activation, Conv2D, Dense, Flatten, Input, Model, Sequential, Softmax
from minicnn.app.card import complete
from tests.keras_oracle import keras

L = keras.layers
rng = np.random.default_rng(0)
X = rng.random((12, 6, 6, 2), dtype=np.float32)
LOSSES = ["CategoricalCrossentropy", "SparseCategoricalCrossentropy", "BinaryCrossentropy", "MeanSquaredError"]
CLOSE = {"rtol": 1e-4, "atol": 2e-6}


def labels(loss, units):
    if units == 1:
        return rng.integers(2, size=(12, 1)).astype("float32")
    classes = rng.integers(units, size=12)
    return classes if loss.startswith("Sparse") else np.eye(units, dtype="float32")[classes]


def quietly(call, *arguments, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments, **settings)


def chains(units, head, own):
    """Make one net in both engines, its head the dense layer's own or a layer of its own."""

    def make(package):
        dense = [package.Dense(units, activation=head)] if own else [package.Dense(units), package.Activation(head)]
        parts = [package.Input((6, 6, 2)), package.Conv2D(3, 3, activation="relu"), package.Flatten(), *dense]
        return (Sequential if package is minicnn else keras.Sequential)(parts)

    keras.utils.set_random_seed(1)  # ten steps at a rate of 0.5 make much of some weights' last bits
    theirs, ours = quietly(make, L), quietly(make, minicnn)
    ours.set_weights(theirs.get_weights())
    return ours, theirs


def assert_trains_like(ours, theirs, x, y, loss, eagerly=True, **settings):
    """Check loss and metrics of evaluate, of ten steps of training and after them, and the weights."""
    metrics = ["accuracy"] if y.ndim < 3 else []
    kind = getattr(keras.losses, loss)(**settings)
    theirs.compile(keras.optimizers.SGD(0.5), kind, metrics=metrics, run_eagerly=eagerly)
    quietly(ours.compile, minicnn.SGD(0.5), getattr(minicnn, loss)(**settings), metrics=metrics)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras says at every step what ours says once
        for number in range(12):  # evaluate, ten steps, evaluate
            one, other = (net.train_on_batch if 0 < number < 11 else net.evaluate for net in (ours, theirs))
            want = np.ravel(other(x, y) if 0 < number < 11 else other(x, y, verbose=0))
            np.testing.assert_allclose(np.ravel(one(x, y))[: len(want)], want, err_msg=f"step {number}", **CLOSE)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)


TABLE = [
    *((head, loss, logits) for head in ("softmax", "sigmoid") for loss in LOSSES[:3] for logits in (False, True)),
    *(("linear", loss, True) for loss in LOSSES[:3]),  # without from_logits a linear head gives no probabilities
    *((head, LOSSES[3], None) for head in ("softmax", "sigmoid", "linear")),
]


@pytest.mark.parametrize(("head", "loss", "from_logits"), TABLE)
def test_every_head_with_every_loss(head, loss, from_logits):
    """Case heads."""
    ours, theirs = chains(3, head, own=from_logits is not True)
    settings = {} if from_logits is None else {"from_logits": from_logits}
    assert_trains_like(ours, theirs, X, labels(loss, 3), loss, **settings)


@pytest.mark.parametrize(("head", "loss"), [("softmax", LOSSES[2]), ("sigmoid", LOSSES[1])])
def test_as_a_compiled_graph_keras_does_the_same(head, loss):
    ours, theirs = chains(3, head, own=True)
    assert_trains_like(ours, theirs, X, labels(loss, 3), loss, eagerly=False)


@pytest.mark.parametrize("head", ["softmax", "sigmoid"])
@pytest.mark.parametrize("from_logits", [False, True])
def test_one_unit(head, from_logits):
    ours, theirs = chains(1, head, own=True)
    assert_trains_like(ours, theirs, X, labels("Binary", 1), "BinaryCrossentropy", from_logits=from_logits)


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
@pytest.mark.parametrize("loss", ["CategoricalCrossentropy", "BinaryCrossentropy"])
def test_softmax_along_any_axis_gives_its_logits(axis, loss):
    """The loss takes its own function of them along the last axis, whichever axis the head has."""
    theirs = keras.Sequential([L.Input((6, 6, 2)), L.Conv2D(3, 3), L.Softmax(axis=axis)])
    ours = Sequential([Input((6, 6, 2)), Conv2D(3, 3), Softmax(axis=axis)])
    ours.set_weights(theirs.get_weights())
    y = np.eye(3, dtype="float32")[rng.integers(3, size=(12, 4, 4))]
    assert_trains_like(ours, theirs, X, y, loss)


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_metrics_see_what_the_model_gives(axis):
    net = Sequential([Input((6, 6, 2)), Conv2D(3, 3), Softmax(axis=axis)])
    net.compile("sgd", "categorical_crossentropy", metrics=["categorical_accuracy"])
    y = np.eye(3, dtype="float32")[rng.integers(3, size=(12, 4, 4))]
    want = (net.predict(X).argmax(-1) == y.argmax(-1)).mean()
    assert net.evaluate(X, y)[1] == pytest.approx(want) and net.train_on_batch(X, y)[1] == pytest.approx(want)


@pytest.mark.parametrize("loss", LOSSES[:3])
def test_a_head_inside_a_nested_model(loss):
    inner = Sequential([Input((5,)), Dense(3), Activation("sigmoid")])
    i = Input((5,))
    ours = Model(i, inner(i))
    theirs_inner = keras.Sequential([L.Input((5,)), L.Dense(3), L.Activation("sigmoid")])
    k = L.Input((5,))
    theirs = keras.Model(k, theirs_inner(k))
    ours.set_weights(theirs.get_weights())
    x = rng.random((12, 5), dtype=np.float32)
    assert_trains_like(ours, theirs, x, labels(loss, 3), loss)


def test_probabilities_that_pass_through_a_layer_are_no_logits():
    theirs = keras.Sequential([L.Input((6, 6, 2)), L.Conv2D(3, 6, activation="sigmoid"), L.Flatten()])
    ours = Sequential([Input((6, 6, 2)), Conv2D(3, 6, activation="sigmoid"), Flatten()])
    ours.set_weights(theirs.get_weights())
    assert_trains_like(ours, theirs, X, labels("CategoricalCrossentropy", 3), "CategoricalCrossentropy")


@pytest.mark.parametrize("loss", LOSSES[:3])
def test_a_net_that_gets_its_shape_from_the_first_batch_knows_its_head(loss):
    x, y = rng.random((12, 5), dtype=np.float32), labels(loss, 3)
    whole, lazy = (
        Sequential([Input((5,)), Dense(3, activation="sigmoid")], seed=0),
        Sequential([Dense(3, activation="sigmoid")], seed=0),
    )
    for net in (whole, lazy):
        net.compile("sgd", getattr(minicnn, loss)())
    assert lazy.train_on_batch(x, y) == whole.train_on_batch(x, y)
    lazy = Sequential([Dense(3, activation="sigmoid")])
    lazy.compile("sgd", getattr(minicnn, loss)(from_logits=True))
    with pytest.warns(UserWarning, match="the model ends in sigmoid"):
        lazy.evaluate(x, y)


# ---- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", ["softmax", "sigmoid"])
@pytest.mark.parametrize("loss", LOSSES[:3])
def test_from_logits_after_a_head_is_warned_of(head, loss):
    net = Sequential([Input((4,)), Dense(3, activation=head)])
    with pytest.warns(UserWarning, match=f"from_logits=True, but the model ends in {head}"):
        net.compile("sgd", getattr(minicnn, loss)(from_logits=True))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: Dense(1, activation="softmax"), (4,)),
        (lambda: Softmax(), (1,)),
        (lambda: Softmax(axis=1), (1, 3)),
        (lambda: Activation("softmax"), (2, 1)),
        (lambda: Conv2D(1, 1, activation="softmax"), (2, 2, 3)),
    ],
)
def test_a_softmax_over_one_number_is_warned_of_as_in_keras(layer, shape):
    with pytest.warns(UserWarning, match="is a softmax over one number, which gives 1 whatever comes in"):
        Sequential([Input(shape), layer()])


def test_other_softmax_and_single_sigmoid_are_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for layer, shape in ((Softmax(), (1, 3)), (Dense(1, activation="sigmoid"), (4,)), (Softmax(axis=1), (3, 1))):
            Sequential([Input(shape), layer])


def test_what_comes_out_of_a_head_is_probabilities_whatever_the_loss_says():
    for head, output in (("softmax", "probabilities"), ("sigmoid", "probabilities"), (None, "logits")):
        net = Sequential([Input((6, 6, 3)), Flatten(), Dense(3, activation=head)])
        quietly(net.compile, "sgd", minicnn.CategoricalCrossentropy(from_logits=True))
        complete(net)
        assert net.classifier["output"] == output
