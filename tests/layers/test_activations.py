"""ReLU, Sigmoid, Softmax and Activation: output and gradient as Keras's, settings, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Activation, Conv2D, Dense, ReLU, Sigmoid, Softmax, reference
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, normal
from tests.tolerances import assert_same, sizes_of_sigmoid, sizes_of_softmax

pictures = cases(min_dims=2)
of_one_class = pytest.mark.filterwarnings("ignore:.*softmax over:UserWarning")  # both doubt it


def sizes_for(name, x, dy):
    """(operation, size) of y and dx for an activation along the last axis; ReLU rounds nothing."""
    if name == "relu":
        return {}
    make = {"sigmoid": sizes_of_sigmoid, "softmax": sizes_of_softmax}[name]
    forward, backward = f"{name}_forward", f"{name}_backward"
    size = make(x, getattr(reference, forward)(x), dy)
    return {"y": (forward, size[forward]), "dx": (backward, size[backward])}


# ---- 5 Keras --------------------------------------------------------------------------------------------------------


@given(pictures, st.booleans())
def test_relu_equals_keras(case, as_activation):
    """One number in sixteen is exactly 0, where the slope is a choice."""
    x, dy = case.arrays()
    assert_parity(Activation("relu") if as_activation else ReLU(), keras.layers.ReLU(dtype=case.dtype), x, dy)


@given(pictures, st.booleans())
def test_sigmoid_equals_keras(case, as_activation):
    x, dy = case.arrays()
    layer = Activation("sigmoid") if as_activation else Sigmoid()
    twin = keras.layers.Activation("sigmoid", dtype=case.dtype)
    assert_parity(layer, twin, 4 * x, dy, (), sizes_for("sigmoid", 4 * x, dy))


@of_one_class
@given(pictures)
def test_activation_softmax_equals_keras(case):
    x, dy = case.arrays()
    sizes = sizes_for("softmax", 4 * x, dy)
    assert_parity(Activation("softmax"), keras.layers.Activation("softmax", dtype=case.dtype), 4 * x, dy, (), sizes)


@of_one_class
@given(pictures, st.data())
def test_softmax_equals_keras_along_every_axis(case, data):
    axis = data.draw(st.sampled_from([axis for axis in range(-len(case.shape) + 1, len(case.shape)) if axis]))
    x, dy = case.arrays()
    moved = sizes_for("softmax", np.moveaxis(4 * x, axis, -1), np.moveaxis(dy, axis, -1))
    sizes = {name: (op, (np.moveaxis(scale, -1, axis), terms)) for name, (op, (scale, terms)) in moved.items()}
    assert_parity(Softmax(axis), keras.layers.Softmax(axis, dtype=case.dtype), 4 * x, dy, (), sizes)


@given(pictures)
def test_linear_equals_keras(case):
    x, dy = case.arrays()
    assert_parity(Activation("linear"), keras.layers.Activation("linear", dtype=case.dtype), x, dy)


# ---- 6 edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["relu", "sigmoid", "softmax"])
def test_logits_of_ten_thousand_equal_keras(name, dtype):
    x = np.array([[1e4, 0, -1e4], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], dtype)
    dy = normal(np.random.default_rng(1), x.shape, dtype)
    assert_parity(Activation(name), keras.layers.Activation(name, dtype=dtype), x, dy, (), sizes_for(name, x, dy))


# ---- the layers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [ReLU(), Sigmoid(), Softmax(), Activation("relu"), Activation("softmax")])
def test_logits_leave_the_activation_out(layer):
    """A loss that takes logits asks for them; then backward leaves the activation out as well."""
    rng = np.random.default_rng(1)
    x, dy = normal(rng, (3, 4), "float32"), normal(rng, (3, 4), "float32")
    layer.build((None, 4))
    assert_same(layer.forward(x, training=True, logits=True), x)
    assert_same(layer.backward(dy), dy)
    assert layer.activation is not None


def test_softmax_along_any_axis_has_logits():
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    for axis in (-1, 1, 2):
        layer = Softmax(axis)
        np.testing.assert_array_equal(layer.forward(x, logits=True), x)
        np.testing.assert_array_equal(layer.apply_activation(x), layer.forward(x))
        assert layer.activation == "softmax"


# ---- 7 errors -------------------------------------------------------------------------------------------------------


def test_settings_that_make_no_sense():
    sentence = r"^`activation` must be one of 'relu', .*\. Received: activation='rleu'\.$"
    for make in (Activation, lambda name: Dense(3, activation=name), lambda name: Conv2D(3, 3, activation=name)):
        with pytest.raises(ValueError, match=sentence):
            make("rleu")
    for axis in (0, 1.0, (1, 2), True):
        with pytest.raises(ValueError) as error:
            Softmax(axis)
        assert str(error.value) == f"`axis` must be one integer other than 0, the batch. Received: axis={axis!r}."
    for axis in (4, -4):
        with pytest.raises(ValueError) as error:
            Softmax(axis, name="p").build((None, 2, 3, 4))
        assert str(error.value) == (
            f"`axis` of layer 'p' must lie within its input's 4 axes and not be the batch. Received: axis={axis}."
        )
