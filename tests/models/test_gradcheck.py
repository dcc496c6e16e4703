"""gradcheck: right gradients pass, a wrong one is found, a crossed kink is called by its name."""

import numpy as np
import pytest

import minicnn
from minicnn import (
    ELU,
    Activation,
    Conv2D,
    Dense,
    Flatten,
    GlobalMaxPooling2D,
    Input,
    MaxPooling2D,
    PReLU,
    ReLU,
    Sequential,
)
from minicnn.models import gradcheck as gradcheck_module
from minicnn.models.gradcheck import gradcheck
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


def test_a_sample_has_as_many_elements_as_asked_for():
    """And one more, the worst, only where the model's own gradients are far off."""
    model = Sequential([Input((3,)), Dense(2)], seed=0)
    model.compile("sgd", "mse")
    elements = gradcheck(model, np.ones((1, 3)), np.zeros((1, 2)), sample=1).elements
    assert sorted(element.array for element in elements) == ["dense/bias", "dense/kernel", "x"]


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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_kernel_that_is_wrong_in_float32_alone(monkeypatch, dtype):
    """One number of 162, which a sample of one does not draw."""
    model = Sequential([Input((5, 5, 2)), Conv2D(9, 3), Flatten(), Dense(1)], seed=0).astype(dtype)
    model.compile("sgd", "mse")
    backward = Conv2D._backward

    def wrong(self, dy, saved, need_dx):
        dx = backward(self, dy, saved, need_dx)
        if dy.dtype == "float32":
            self.grads["kernel"] = self.grads["kernel"].copy()
            self.grads["kernel"][1, 2, 0, 5] += 0.01 * abs(self.grads["kernel"]).max()
        return dx

    monkeypatch.setattr(Conv2D, "_backward", wrong)
    check = gradcheck(model, np.random.default_rng(0).random((2, 5, 5, 2)), np.ones((2, 1)), sample=1)
    found = [(element.array, element.index) for element in check.elements if element.verdict == "wrong"]
    assert found == ([("conv2d/kernel", (1, 2, 0, 5))] if dtype == "float32" else [])
    assert check.ok == (dtype == "float64")
    assert ("the model's own dtype" in str(check)) == (dtype == "float32")


def test_small_gradients_are_measured_by_their_own_largest(monkeypatch):
    """A kernel's gradient of some 1e-6 that is 1% off in float32: nothing beside 1, and wrong all the same."""
    model = Sequential([Input((1, 1, 2)), Conv2D(2, 1), Flatten()], seed=0)
    model.compile("sgd", "mse")
    backward = Conv2D._backward

    def wrong(self, dy, saved, need_dx):
        dx = backward(self, dy, saved, need_dx)
        if dy.dtype == "float32":
            self.grads["kernel"] = self.grads["kernel"] * np.float32(1.01)
        return dx

    monkeypatch.setattr(Conv2D, "_backward", wrong)
    check = gradcheck(model, np.array([[[[1e-6, 2e-6]]]]), np.ones((1, 2)), sample=None)
    assert {element.array for element in check.elements if element.verdict == "wrong"} == {"conv2d/kernel"}


def test_steps_grow_with_the_numbers():
    """Beside a weight of 1e5 a step of 1e-10 would be rounded by a tenth of itself."""
    model = Sequential([Input((2,)), Dense(1)], seed=0).astype("float64")
    model.compile("sgd", "mse")
    model.set_weights([np.full((2, 1), 1e5), np.ones(1)])
    check = gradcheck(model, np.array([[1.0, -1.0]]), np.zeros((1, 1)), sample=None)
    assert check.ok, str(check)


@pytest.mark.parametrize("name", NETS)
def test_rounding_leaves_room(name):
    """What `OWN` allows is more than ten times what float32 is off by in any net."""
    model = NETS[name]()
    many = model.output_shape[-1] > 2
    model.compile("sgd", "sparse_categorical_crossentropy" if many else "binary_crossentropy")
    check = gradcheck(model, picture(model), np.array(label(model)), sample=6)
    for array in {element.array for element in check.elements}:
        pairs = [(element.own, element.analytic) for element in check.elements if element.array == array]
        largest = max(abs(analytic) for _, analytic in pairs)
        assert all(
            abs(own - analytic) <= gradcheck_module.OWN / 10 * np.finfo("float32").eps * largest
            for own, analytic in pairs
        ), array


def test_a_quotient_is_asked_for_no_more_digits_than_the_loss_has():
    """Beside a loss of 1e8 a gradient of 1 is a blur; 1e4 is not."""
    model = Sequential([Input((1,)), Dense(1, use_bias=False)], seed=0).astype("float64")
    model.compile("sgd", "mse")
    model.set_weights([np.ones((1, 1))])
    start = gradcheck_module._Probe(model, np.ones((1, 1)), np.full((1, 1), 1e4), minicnn.losses.get("mse"))
    array = model.params["dense/kernel"]
    assert start.loss == (1e4 - 1) ** 2
    h, true = gradcheck_module.STEPS[0], -2 * (1e4 - 1)
    blur = 8 * np.finfo(np.float64).eps * start.loss / h
    for off, verdict in ((blur / 4, "ok"), (4 * blur, "wrong")):
        element = gradcheck_module._check(start, "kernel", array, (0, 0), (true + off, true), 1e-12, 1e-15, False)
        assert element.verdict == verdict


KINKS = {  # inputs, of which the first ones lie at a kink; what is 0 on both sides of one has the same slope there
    "relu": (Activation("relu"), [0.0], [6.0, 3.0, -1.0]),
    "relu6": (Activation("relu6"), [0.0, 6.0], [3.0, 9.0, -1.0]),
    "leaky_relu": (Activation("leaky_relu"), [0.0], [6.0, 3.0, -1.0]),
    "hard_sigmoid": (Activation("hard_sigmoid"), [-3.0, 3.0], [0.0, 1.0, 6.0]),
    "hard_silu": (Activation("hard_silu"), [-3.0, 3.0], [0.0, -1.0, 6.0]),
    "PReLU": (PReLU(), [0.0], [6.0, -1.0]),
    "a layer": (ReLU(), [0.0], [6.0, -1.0]),
    "a layer with a maximum": (ReLU(2), [0.0, 2.0], [6.0, 1.0]),
    "ELU": (ELU(2.0), [0.0], [6.0, -1.0]),
    "a layer with a slope": (ReLU(negative_slope=0.5), [0.0], [6.0, -1.0]),
    "a layer with all": (ReLU(4.0, 0.5, 1.0), [1.0, 4.0], [0.5, 2.0, 6.0]),
}


@pytest.mark.parametrize("name", KINKS)
def test_the_kinks_of_activations(name):
    layer, kinks, smooth = KINKS[name]
    model = Sequential([Input((1,)), layer, Dense(1)], seed=0)
    model.compile("sgd", "mse")
    for value in kinks + smooth:
        check = gradcheck(model, np.array([[value]]), np.full((1, 1), 10.0), None)
        (verdict,) = (element.verdict for element in check.elements if element.array == "x")
        assert verdict == ("kink crossed" if value in kinks else "ok"), value


def test_the_kink_of_a_global_maximum():
    model = Sequential([Input((1, 3, 1)), GlobalMaxPooling2D(), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    tie = ["kink crossed", "kink crossed", "ok"]
    for pixels, verdicts in (([3.0, 3.0, 0.0], tie), ([3.0, 0.0, 0.0], ["ok"] * 3)):  # a tie of the smallest is none
        check = gradcheck(model, np.array(pixels).reshape(1, 1, 3, 1), np.ones((1, 1)), None)
        assert [element.verdict for element in check.elements if element.array == "x"] == verdicts


def test_every_channel_of_a_pool_has_winners_of_its_own():
    """A tie in the first channel, beside a second whose numbers are all larger."""
    model = Sequential([Input((2, 2, 2)), MaxPooling2D(2), Flatten(), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    x = np.array([[[[3.0, 9.0], [3.0, 5.0]], [[1.0, 6.0], [0.0, 7.0]]]])
    verdicts = {element.index: element.verdict for element in gradcheck(model, x, np.ones((1, 1)), None).elements[:8]}
    crossed = {index[1:] for index, verdict in verdicts.items() if verdict == "kink crossed"}
    assert crossed == {(0, 0, 0), (0, 1, 0)}


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
    (near,) = (e for e in gradcheck(model, np.array([[2e-5]]), np.ones((1, 1)), None).elements if e.array == "x")
    assert near.verdict == "ok"


def test_errors():
    model = Sequential([Input((1,)), Dense(1)])
    with pytest.raises(RuntimeError, match="compile"):
        gradcheck(model, np.ones((1, 1)), np.ones((1, 1)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="Received: sample=0"):
        gradcheck(model, np.ones((1, 1)), np.ones((1, 1)), sample=0)


@pytest.mark.parametrize(("right", "verdict"), [(True, True), (False, False)])
def test_a_loss_of_ones_own(right, verdict):
    """A function gives values and slopes; whether the slopes are right is asked here."""

    def cubed(t, y):
        d = np.abs(y - t)
        return (d**3).mean(-1), (3 if right else 2) * (y - t) * d / y.shape[-1]

    net = Sequential([Input((3,)), Dense(2)], seed=0)
    net.compile("sgd", cubed)
    assert gradcheck(net, np.ones((4, 3)), np.zeros((4, 2))).ok is verdict


def test_a_loss_by_the_output_s_name():
    net = Sequential([Input((3,)), Dense(2, name="out")], seed=0)
    net.compile("sgd", {"out": "mse"})
    assert gradcheck(net, np.ones((4, 3)), np.zeros((4, 2))).ok
    net.compile("sgd", ["mse"])
    assert gradcheck(net, np.ones((4, 3)), np.zeros((4, 2))).ok
    for loss in (None, [None], {"out": None}):
        net.compile("sgd", loss)
        with pytest.raises(RuntimeError, match="^Call model.compile"):
            gradcheck(net, np.ones((4, 3)), np.zeros((4, 2)))


@pytest.mark.parametrize("loss", ["mse", ["mse", "mse"], {"a": "mse", "b": "mse"}])
def test_several_ends_are_refused(loss):
    x, z = Input((3,)), Input((3,))
    net = minicnn.Model([x, z], [Dense(2, name="a")(x), Dense(2, name="b")(minicnn.Add()([x, z]))])
    net.compile("sgd", loss)
    with pytest.raises(
        ValueError, match="^gradcheck takes a model of one input and one output: .* 2 inputs and 2 outpu"
    ):
        gradcheck(net, {"x": np.ones((4, 3))}, [np.ones((4, 2))] * 2)
