"""What goes into a model, in which dtype a first batch builds it, and what comes out without its activation."""

import numpy as np
import pytest

from minicnn import Add, Dense, Dropout, Input, Model, Sequential, Sigmoid, Softmax


def test_a_first_batch_builds_in_float32():
    model = Sequential([Dense(2)])
    assert model.predict(np.ones((3, 4), np.float64)).dtype == np.float32
    assert model.dtype == "float32" and model.layers[0].params["kernel"].dtype == np.float32


def test_a_first_batch_builds_in_the_dtype_that_the_model_was_cast_to():
    model = Sequential([Dense(2)])
    model.cast("float64")
    assert model.forward(np.ones((3, 4), np.float32)).dtype == np.float64
    assert model.dtype == "float64" and model.layers[0].params["kernel"].dtype == np.float64


def test_one_input_as_numbers_as_an_array_and_as_a_list_of_one_array():
    model = Sequential([Input((4,)), Dense(2)], seed=0)
    x = np.arange(12.0, dtype=np.float32).reshape(3, 4)
    want = model.forward(x)
    for given in (x.tolist(), [x], (x,), tuple(x)):
        np.testing.assert_array_equal(model.forward(given), want)
    np.testing.assert_array_equal(model.forward(x[:1].tolist()), model.forward(x[:1]))  # a list of one example


def test_two_inputs_come_in_a_list():
    a, b = Input((4,)), Input((4,))
    model = Model([a, b], Add()([a, b]))
    x, y = np.ones((2, 4)), np.full((2, 4), 2.0)
    np.testing.assert_array_equal(model.forward([x, y]), np.full((2, 4), 3))
    np.testing.assert_array_equal(model.forward((x.tolist(), y.tolist())), np.full((2, 4), 3))
    with pytest.raises(ValueError, match="takes 2 inputs. Received: 1."):
        model.forward(x)
    with pytest.raises(ValueError, match="takes 2 inputs. Received: 3."):
        model.forward([x, y, x])


@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
@pytest.mark.parametrize("kind", ["argument", "layer", "model", "model in a model"])
def test_logits_and_the_activation_that_was_left_out(head, kind):
    """The two halves make the whole, wherever the head's activation stands: sigmoid(0.3) is above 0.5, 0.3 is not."""
    last = (
        [Dense(3, activation=head)] if kind != "layer" else [Dense(3), {"sigmoid": Sigmoid, "softmax": Softmax}[head]()]
    )
    for _ in range(["model", "model in a model"].index(kind) + 1 if "model" in kind else 0):
        last = [Sequential([Input((4,)), *last])]
    model = Sequential([Input((4,)), *last], seed=0).astype("float64")
    x = np.random.default_rng(0).normal(0, 1, (5, 4))
    logits = model.forward(x, logits=True)
    expected = (
        1 / (1 + np.exp(-logits)) if head == "sigmoid" else np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    )
    np.testing.assert_allclose(model.apply_activation(logits), expected, rtol=1e-12)
    np.testing.assert_allclose(model.forward(x), expected, rtol=1e-12)
    assert abs(logits - expected).max() > 0.1


def test_a_softmax_along_another_axis_is_left_out_and_applied_along_it():
    model = Sequential([Input((3, 4)), Softmax(axis=1)]).astype("float64")
    x = np.random.default_rng(0).normal(0, 1, (5, 3, 4))
    np.testing.assert_array_equal(model.forward(x, logits=True), x)
    expected = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    for whole in (model, Sequential([Input((3, 4)), model]).astype("float64")):
        np.testing.assert_allclose(whole.apply_activation(x), expected, rtol=1e-12)


def test_calls_in_training_keep_one():
    """A hundred answers of Dropout to average are what Keras's users ask for: nothing piles up; forward keeps each."""
    model = Sequential([Input((4,)), Dense(3), Sequential([Dropout(0.5), Dense(2)])], seed=0)
    x, dy = np.ones((2, 4)), np.ones((2, 2))
    answers = np.stack([model(x, training=True) for _ in range(5)])
    assert answers.std(0).all() and len(model._saved) == 1
    assert {len(layer._saved) for _, layer in model.walk()} <= {0, 1}
    model.backward(dy)
    with pytest.raises(RuntimeError, match="backward needs a forward"):
        model.backward(dy)
    for _ in range(2):
        model.forward(x, training=True)
    assert model(x).shape == (2, 2) and len(model._saved) == 2
    model.backward(dy)
    model.backward(dy)
