"""Every activation by name, LeakyReLU, ELU and ReLU with a maximum: output and gradient as Keras's; errors."""

import re

import numpy as np
import pytest
from hypothesis import assume, given

from minicnn import ELU, Activation, Conv2D, Dense, LeakyReLU, ReLU, kernels
from minicnn.layers import ACTIVATIONS, fused
from minicnn.layers.activations import ALIASES
from tests.keras_oracle import assert_parity, keras, keras_gradients
from tests.strategies import cases, normal
from tests.tolerances import MULTIPLES, sizes_of_activation

KERNELS = {"relu6": "clipped_relu"}
some = cases(min_dims=2).filter(lambda case: case.shape[0])
smooth = [name for name in ACTIVATIONS if name not in ("relu", "sigmoid", "softmax")]  # those: test_activations.py


def test_the_docstring_names_all_of_them_and_no_other():
    told = re.findall(r'"(\w+)"', (Activation.__doc__ or "").partition("Raises")[0])
    assert sorted(told) == sorted([*ACTIVATIONS, *ALIASES])


def check(layer, twin, name, case):
    x, dy = case.arrays()
    x = np.ascontiguousarray(4 * x)
    layer.build((None, *x.shape[1:]), dtype=case.dtype)
    forward, backward = sizes_of_activation(x, layer(x), dy, 2 if name == "gelu" else 1)
    kernel = KERNELS.get(name, name)
    # Keras takes 1 from exp(x): of a small x no digit is left. TensorFlow's erfc is 0 below the smallest normal number.
    tiny = np.finfo(case.dtype).tiny / np.finfo(case.dtype).eps
    least = {"elu": 1, "gelu": tiny}.get(name, 0)
    # Keras's slopes are sums that cancel: of y and 1 - y, of x and 1 - y
    sizes = {
        "y": (f"{kernel}_forward", (forward[0] + least, 4)),
        "dx": (f"{kernel}_backward", (backward[0] + (tiny if name == "gelu" else 0), 16)),
    }
    rounds = f"{kernel}_forward" in MULTIPLES  # else both are equal
    assert_parity(layer, twin, x, np.ascontiguousarray(dy), (), sizes if rounds else {})


@pytest.mark.parametrize("name", smooth)
@given(case=some)
def test_activation_equals_keras(name, case):
    assume(name not in ("gelu", "leaky_relu") or case.dtype == "float32")  # Keras's constants are float32, always
    check(Activation(name), keras.layers.Activation(name, dtype=case.dtype), name, case)


@given(some)
def test_layers_with_a_parameter_equal_keras(case):
    check(LeakyReLU(0.25), keras.layers.LeakyReLU(0.25, dtype=case.dtype), "leaky_relu", case)
    check(ELU(0.5), keras.layers.ELU(0.5, dtype=case.dtype), "elu", case)
    check(ReLU(3.5), keras.layers.ReLU(3.5, dtype=case.dtype), "clipped_relu", case)


BENT = pytest.mark.parametrize(
    "settings",
    [
        {"negative_slope": 0.25},
        {"threshold": 0.75},
        {"max_value": 1.5, "negative_slope": 0.5},
        {"max_value": 1.5, "threshold": 0.5},
        {"max_value": 0.5, "threshold": 1.25, "negative_slope": 0.25},
        {"max_value": 6.0, "negative_slope": 0.125},
        {"max_value": 0.0},
        {"max_value": 0.0, "negative_slope": 0.5},
        {"max_value": 0.0, "threshold": 0.5},
    ],
    ids=str,
)


@BENT
@given(case=some)
def test_bent_relu_equals_keras(settings, case):
    x, dy = case.arrays()
    x = np.ascontiguousarray(4 * x)
    layer, twin = ReLU(**settings), keras.layers.ReLU(**settings, dtype=case.dtype)
    layer.build((None, *x.shape[1:]), dtype=case.dtype)
    y = layer.forward(x, training=True)
    want_y, want_dx, _ = keras_gradients(twin, x, dy)
    np.testing.assert_allclose(y, want_y, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(layer.backward(dy), want_dx, rtol=1e-6, atol=1e-6)


@BENT
def test_the_corners_of_a_bent_relu_are_keras_s(settings):
    """Where two slopes meet, which no random number hits."""
    x = np.array([[-1.0, 0.0, 1.0, *settings.values(), 9.0]], np.float32)
    layer, twin = ReLU(**settings), keras.layers.ReLU(**settings)
    y = layer.forward(x, training=True)
    want_y, want_dx, _ = keras_gradients(twin, x, np.ones_like(x))
    np.testing.assert_array_equal(y, want_y)
    np.testing.assert_array_equal(layer.backward(np.ones_like(x)), want_dx)


@pytest.mark.parametrize("name", ["relu6", "silu", "gelu", "tanh"])
@pytest.mark.parametrize("make", [lambda **how: Conv2D(4, 1, **how), lambda **how: Dense(4, **how)])
def test_a_layer_s_own_activation_is_the_layer_after(name, make):
    """Those that keep x on the way, and those that keep y."""
    rng = np.random.default_rng(1)
    x, dy = normal(rng, (3, 2, 2, 5)), normal(rng, (3, 2, 2, 4))
    layer, plain, after = make(activation=name), make(), Activation(name)
    for each in (layer, plain):
        each.build((None, 2, 2, 5), np.random.default_rng(2), "float64")
    after.build((None, 2, 2, 4), dtype="float64")
    np.testing.assert_allclose(
        layer.forward(x, training=True), after.forward(plain.forward(x, training=True), training=True), rtol=1e-14
    )
    np.testing.assert_allclose(layer.backward(dy), plain.backward(after.backward(dy)), rtol=1e-13, atol=1e-14)
    for key, gradient in layer.grads.items():
        np.testing.assert_allclose(gradient, plain.grads[key], rtol=1e-13, atol=1e-14)


def test_names():
    assert Activation("linear").activation is None and Activation("swish").activation == "silu"
    assert LeakyReLU().negative_slope == pytest.approx(keras.layers.LeakyReLU().negative_slope)
    with pytest.raises(ValueError, match="^`activation` must be one of 'relu', 'relu6', .* activation='selu'"):
        Activation("selu")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: ReLU(-1), "`max_value` must be a number of at least 0. Received: max_value=-1."),
        (lambda: LeakyReLU(-1), "`negative_slope` must be a number of at least 0. Received: negative_slope=-1."),
        (lambda: ELU("a"), "`alpha` must be a number of at least 0. Received: alpha='a'."),
    ],
)
def test_settings_that_make_no_sense(make, sentence):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == sentence


ONES = [np.ones(shape, "float32") for shape in ((1, 1, 1, 2), (1, 1, 2, 2), (2,), (1, 2), (2, 2))]
APPLIES = {  # each kernel with `activation=`, on numbers of its own
    "conv2d": lambda name: kernels.conv2d_forward(ONES[0], ONES[1], None, (1, 1), ((0, 0), (0, 0)), activation=name),
    "dense": lambda name: kernels.dense_forward(ONES[3], ONES[4], None, activation=name),
    "depthwise_conv2d": lambda name: kernels.depthwise_conv2d_forward(
        ONES[0], ONES[1], None, (1, 1), ((0, 0), (0, 0)), activation=name
    ),
    "batch_normalization": lambda name: kernels.batch_normalization_forward(
        ONES[0], ONES[2], ONES[2], None, None, 1e-3, activation=name
    ),
}


@pytest.mark.parametrize("kernel", APPLIES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_which_kernel_applies_which_activation(kernel, name):
    """Told to apply another one, it refuses."""
    if fused(name, kernel) == (name, None):
        APPLIES[kernel](name)
    else:
        assert fused(name, kernel) == (None, name)
        with pytest.raises(ValueError, match=f"`activation` must be .* Received: activation='{name}'"):
            APPLIES[kernel](name)
    assert fused(None, kernel) == (None, None)


def test_the_activations_that_are_applied_on_the_way():
    assert [[name for name in ACTIVATIONS if fused(name, kernel)[0]] for kernel in APPLIES] == [
        ["relu", "relu6", "sigmoid", "softmax"],
        ["relu", "relu6", "sigmoid", "softmax"],
        ["relu", "relu6"],
        ["relu", "relu6"],
    ]
