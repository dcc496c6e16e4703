"""TrainableModel: whatever has what training asks of a model can be trained, and needs nothing else."""

import numpy as np
import pytest

import minicnn
from minicnn import Dense, Input, Sequential, training


class Line:
    """y = a x: all that training asks of a model (`TrainableModel`), and nothing of `Model`."""

    built, dtype, activation, seed, stop_training, epochs = True, "float64", None, 0, False, 0
    input_names, output_names, activations = ["x"], ["y"], [None]
    output_keys = None

    def __init__(self):
        self.setup = training.Setup(minicnn.SGD(0.1), "mse")
        self.params, self.grads = {"line/a": np.zeros((1, 1))}, {}

    def leaves(self):
        return []

    def forward(self, x, training=False, *, logits=False, need_dx=True):
        self.x = x
        return x @ self.params["line/a"]

    def predict_on_batch(self, x):
        return self.forward(x)

    def backward(self, dy, need_dx=True):
        self.grads = {"line/a": self.x.T @ dy}

    def drop_grads(self):
        self.grads = {}

    def forget(self):
        self.x = None


def test_whatever_has_what_training_asks_for_can_be_trained():
    line, x, y = Line(), np.array([[1.0], [2.0]]), np.array([[3.0], [6.0]])
    assert training.evaluate(line, x, y) == (3**2 + 6**2) / 2  # without return_dict, as in Keras
    assert training.train_on_batch(line, x, y) == (3**2 + 6**2) / 2
    assert line.params["line/a"] == 0.1 * (3 * 1 + 6 * 2)  # the slope of the loss at a = 0 is -(1 * 3 + 2 * 6)
    history = training.fit(line, x, y, epochs=30, verbose=0)
    np.testing.assert_allclose(line.params["line/a"], 3, rtol=1e-6)
    np.testing.assert_array_equal(training.predict(line, x), x @ line.params["line/a"])
    assert line.epochs == 30 and history.history["loss"][-1] < 1e-10


@pytest.mark.parametrize("x", [None, 3, object(), len, np.array(3.0)], ids=lambda x: type(x).__name__)
def test_predict_refuses_what_is_no_data_in_its_own_words(x):
    model = Sequential([Input((2,)), Dense(1)])
    with pytest.raises((TypeError, ValueError), match="^`x` must be an array"):
        model.predict(x)
