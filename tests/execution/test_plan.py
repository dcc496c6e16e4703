"""How a model predicts again and again: nothing is ever old, nothing that was returned is overwritten."""

import copy
import pickle
import threading

import numpy as np
import pytest

from minicnn import (
    SGD,
    Activation,
    BatchNormalization,
    CategoricalCrossentropy,
    Conv2D,
    Dense,
    Input,
    LeakyReLU,
    Model,
    ReLU,
    SeparableConv2D,
    Sequential,
)
from tests.execution.plans import assert_plan_equals_layers, drawn, on_tape, pictures, small, tapes
from tests.tolerances import assert_same


@pytest.mark.parametrize("key", ["conv2d/kernel", "batch_normalization/gamma", "batch_normalization/beta"])
def test_one_number_written_by_hand_is_seen(key):
    model, x = small(), pictures(2, 5, 5, 2)
    before = on_tape(model, x)
    model.params[key].reshape(-1)[1] += 1
    assert (model.predict(x) != before).any()
    assert_plan_equals_layers(model, x)


@pytest.mark.parametrize("key", ["moving_mean", "moving_variance"])
def test_statistics_written_by_hand_are_seen(key):
    model, x = small(), pictures(2, 5, 5, 2)
    before = on_tape(model, x)
    model.get_layer("batch_normalization").state[key][1] += 1
    assert (model.predict(x) != before).any()
    assert_plan_equals_layers(model, x)


def test_training_and_set_weights_are_seen():
    model, x = small(), pictures(4, 5, 5, 2)
    before = on_tape(model, x)
    model.compile(SGD(0.1), CategoricalCrossentropy(from_logits=True))
    model.train_on_batch(x, np.eye(3)[[0, 1, 2, 0]])
    assert (model.predict(x) != before).any()
    assert_plan_equals_layers(model, x)
    assert_plan_equals_layers(drawn(model, 7), x)


def test_a_layer_of_another_dtype_is_seen():
    """Of one without arrays too, also in a nested model: between two dtypes NumPy converts, and no tape sees it."""
    inner = Sequential([Input((5, 5, 2)), Conv2D(4, 3), LeakyReLU(), Dense(2)])
    x = Input((5, 5, 2))
    model = drawn(Model(x, ReLU()(inner(x))))
    on_tape(model, pictures(2, 5, 5, 2))
    inner.layers[1].cast("float64")
    for seed in range(3):
        x = pictures(2, 5, 5, 2, seed=seed)
        assert_same(model.predict(x), model.forward(x, record={}))
    assert tapes(model) == []


def test_a_forward_of_one_s_own_in_a_layer_is_seen():
    """Whether it would run as a step of its own or in a chain, before or after a take; and that it is gone again."""
    for layers, index in (([Dense(3), ReLU()], 1), ([Conv2D(4, 1), ReLU()], 0), ([Conv2D(4, 1), ReLU()], 1)):
        model, x = drawn(Sequential([Input((5, 5, 2)), *layers])), pictures(2, 5, 5, 2)
        before = on_tape(model, x)
        layer = model.layers[index]
        layer._forward = lambda x, training, layer=layer: (-type(layer)._forward(layer, x, training)[0], None)
        for seed in range(3):
            x = pictures(2, 5, 5, 2, seed=seed)
            assert_same(model.predict(x), model.forward(x, record={}))
        assert (model.predict(x) != before).any() and tapes(model) == []
        del layer._forward
        assert_same(on_tape(model, x), before)


@pytest.mark.parametrize(
    ("name", "kind", "key"), [("conv2d", "params", "kernel"), ("batch_normalization", "state", "moving_mean")]
)
def test_another_array_in_a_layer_is_seen(name, kind, key):
    """In place of the recorded one, which the caller may go on using."""
    model, x = small(), pictures(2, 5, 5, 2)
    before = on_tape(model, x)
    arrays = getattr(model.get_layer(name), kind)
    arrays[key] = arrays[key] + 1
    assert (model.predict(x) != before).any()
    assert_plan_equals_layers(model, x)


def test_a_model_of_another_dtype_inside():
    inner = Sequential([Input((5, 5, 2)), Conv2D(4, 3), BatchNormalization()]).astype("float64")
    x = Input((5, 5, 2))
    assert_plan_equals_layers(drawn(Model(x, ReLU()(inner(x)))), pictures(2, 5, 5, 2))


def test_copies_after_a_prediction():
    model, x = small(), pictures(2, 5, 5, 2)
    want = on_tape(model, x)
    assert_same(copy.deepcopy(model).predict(x), want)
    assert_same(pickle.loads(pickle.dumps(model)).predict(x), want)


def test_a_layer_added_to_a_chain_is_seen():
    model, x = Sequential([Input((5, 5, 2)), Conv2D(4, 3)]), pictures(2, 5, 5, 2)
    on_tape(model, x)
    model.add(ReLU())
    assert model.predict(x).min() == 0
    assert_plan_equals_layers(model, x, 1)


def test_logits_leave_the_last_activation_out():
    """Evaluating a loss asks for logits, predicting does not: each has steps of its own."""
    model = drawn(Sequential([Input((5, 5, 2)), Conv2D(4, 3), BatchNormalization(), Activation("softmax")]))
    x = pictures(2, 5, 5, 2)
    logits = model.forward(x, logits=True)
    np.testing.assert_allclose(logits, model.forward(x, logits=True, record={}), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict(x).sum(axis=-1), 1, rtol=1e-6)
    assert_same(model.forward(x, logits=True), logits)


# ---- memory ---------------------------------------------------------------------------------------------------------


def test_what_was_returned_is_never_overwritten():
    """Memory is used again from run to run, but not while somebody holds it."""
    model = drawn(Sequential([Input((64, 64, 3)), Conv2D(16, 3, padding="same"), BatchNormalization(), ReLU()]))
    first = model.forward(pictures(2, 64, 64, 3))
    copy = first.copy()
    second = model.forward(pictures(2, 64, 64, 3, seed=9))
    assert_same(first, copy)
    assert not np.shares_memory(first, second)


def test_threads_predict_at_once():
    layers = [Conv2D(16, 3), BatchNormalization(), ReLU(), SeparableConv2D(16, 3), BatchNormalization()]
    model = drawn(Sequential([Input((40, 40, 3)), *layers]))
    inputs = [pictures(2, 40, 40, 3, seed=seed) for seed in range(4)]
    want = [model.predict(x) for x in inputs]
    wrong = []

    def work(index):
        for _ in range(5):
            if not np.array_equal(model.predict(inputs[index]), want[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
