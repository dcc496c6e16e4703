"""A model's layers again, with fresh weights: from itself, from its JSON, Keras's too."""

import numpy as np
import pytest

import minicnn
from minicnn import Dense, Dropout, Input, Model, Sequential
from minicnn.layers import Layer
from minicnn.models import clone_model, model_from_json, save_model
from tests.keras_oracle import keras


class Double(Layer):
    """A layer of one's own."""

    def _forward(self, x, training):
        return 2 * x, None

    def _backward(self, dy, saved, need_dx):
        return 2 * dy


def graph():
    x = Input((4,), name="x")
    return Model({"x": x}, {"y": Dense(2, kernel_regularizer="l2")(Double()(Dropout(0.5)(x)))}, name="graph")


@pytest.mark.parametrize("make", [graph, lambda: Sequential([Input((4,)), Double(), Dense(3)]), lambda: Sequential([])])
def test_a_clone_has_the_settings_and_weights_of_its_own(make):
    model = make()
    model.compile("sgd", "mse")
    copy = clone_model(model)
    assert type(copy) is type(model) and copy.get_config() == model.get_config() and copy.optimizer is None
    assert not {id(layer) for layer in copy.layers} & {id(layer) for layer in model.layers}
    if model.layers:
        assert (copy.get_weights()[0] != model.get_weights()[0]).any()


def test_json_of_keras_s_and_our_own():
    twin = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(2)])
    model, x = model_from_json(twin.to_json()), np.ones((2, 4), "float32")
    model.set_weights(twin.get_weights())
    np.testing.assert_allclose(model.predict(x), twin.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    again = model_from_json(graph().to_json(), {"Double": Double})
    assert again.get_config() == graph().get_config()
    assert (again.get_weights()[0] != model_from_json(graph().to_json(), {"Double": Double}).get_weights()[0]).any()


def test_save_model_is_save(tmp_path):
    model = Sequential([Input((4,)), Dense(2)])
    save_model(model, tmp_path / "a.keras")
    assert minicnn.load_model(tmp_path / "a.keras").get_config() == model.get_config()
    with pytest.raises(ValueError, match="is there already"):
        save_model(model, tmp_path / "a.keras", overwrite=False)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: clone_model(Dense(2)), "`model` must be a Model or Sequential. Received: Dense."),
        (
            lambda: clone_model(graph(), [Input((4,))]),
            "clone_model(input_tensors=[<SymbolicTensor shape=(None, 4) from",
        ),
        (lambda: clone_model(graph(), None, id), "is not supported: change model.get_config()"),
        (lambda: clone_model(graph(), deep=True), "clone_model has no argument 'deep'. Received: deep=True."),
        (lambda: model_from_json("{"), "`json_string` must be what model.to_json() returns. Received: '{'."),
        (lambda: model_from_json("[]"), "its config is no serialized model"),
        (
            lambda: model_from_json(graph().to_json()),
            "which minicnn does not have; one of your own is named in custom_",
        ),
    ],
)
def test_refusals(call, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        call()
    assert sentence in str(error.value)
