"""gradcheck: right gradients pass, a wrong one is found, a crossed kink is called by its name."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU, Sequential
from minicnn.gradcheck import gradcheck
from tests.explain.nets import NETS, label, picture


@pytest.mark.parametrize("name", NETS)
def test_every_net_passes(name):
    model = NETS[name]()
    many = model.output_shape[-1] > 2
    model.compile("sgd", "sparse_categorical_crossentropy" if many else "binary_crossentropy")
    check = gradcheck(model, picture(model), np.array(label(model)), sample=6)
    assert check.ok, str(check)
    assert {element.array for element in check.elements} == {"x", *model.params}


def test_all_elements():
    model = Sequential([Input((3,)), Dense(2)], seed=0)
    model.compile("sgd", "mse")
    check = gradcheck(model, np.ones((1, 3)), np.zeros((1, 2)), sample=None)
    assert len(check.elements) == 3 + 6 + 2 and check.ok


def test_a_wrong_gradient_is_found(monkeypatch):
    model = Sequential([Input((5, 5, 1)), Conv2D(2, 3), Flatten(), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    backward = Conv2D._backward

    def wrong(self, dy, saved, need_dx):
        dx = backward(self, dy, saved, need_dx)
        self.grads["kernel"] = self.grads["kernel"] * 1.01
        return dx

    monkeypatch.setattr(Conv2D, "_backward", wrong)
    check = gradcheck(model, np.random.default_rng(0).random((2, 5, 5, 1)), np.ones((2, 1)))
    assert not check.ok
    assert {element.array for element in check.elements if element.verdict == "wrong"} == {"conv2d/kernel"}
    assert "wrong: conv2d/kernel[" in str(check)


def test_a_kink_is_told_from_a_mistake():
    """At exactly 0 a ReLU, and at a tie a pool, have no derivative: any step crosses the kink."""
    relu = Sequential([Input((2,)), ReLU(), Dense(1)], seed=0)
    relu.compile("sgd", "mse")
    check = gradcheck(relu, np.array([[0.0, 1.0]]), np.ones((1, 1)), sample=None)
    assert [element.verdict for element in check.elements if element.array == "x"] == ["kink crossed", "ok"]
    pool = Sequential([Input((1, 2, 1)), MaxPooling2D((1, 2)), Flatten(), Dense(1)], seed=0)
    pool.compile("sgd", "mse")
    check = gradcheck(pool, np.full((1, 1, 2, 1), 3.0), np.ones((1, 1)), sample=None)
    assert [element.verdict for element in check.elements if element.array == "x"] == ["kink crossed"] * 2
    assert check.ok and "wrong" in str(check).splitlines()[0]


def test_a_smaller_step_is_tried_before_a_kink_is_called():
    model = Sequential([Input((1,)), ReLU(), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    near, = (e for e in gradcheck(model, np.array([[2e-5]]), np.ones((1, 1)), None).elements if e.array == "x")
    assert near.verdict == "ok"


def test_errors():
    model = Sequential([Input((1,)), Dense(1)])
    with pytest.raises(RuntimeError, match="compile"):
        gradcheck(model, np.ones((1, 1)), np.ones((1, 1)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="Received: sample=0"):
        gradcheck(model, np.ones((1, 1)), np.ones((1, 1)), sample=0)
