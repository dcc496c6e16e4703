"""Dense: output and every gradient as Keras's, settings, errors."""

import numpy as np
import pytest
from hypothesis import given

from minicnn import Dense
from tests.keras_oracle import assert_parity, keras
from tests.strategies import DenseCase, dense_cases, normal
from tests.tolerances import after_activation, assert_same, sizes_of_dense

RESULTS = {
    "y": "dense_forward",
    "dx": "dense_backward_input",
    "kernel": "dense_backward_kernel",
    "bias": "bias_backward",
}


def check_against_keras(case, activation=None):
    x, kernel, bias, dy = case.arrays()
    weights = [kernel] if bias is None else [kernel, bias]
    by_operation = sizes_of_dense(x, kernel, bias, dy)
    if activation:
        by_operation = sizes_of_dense(x, kernel, bias, after_activation(dy, *by_operation["dense_forward"]))
    sizes = {name: (operation, by_operation[operation]) for name, operation in RESULTS.items()}
    settings = {"units": case.f, "activation": activation, "use_bias": case.use_bias}
    assert_parity(Dense(**settings), keras.layers.Dense(**settings, dtype=case.dtype), x, dy, weights, sizes)


# ---- 5 Keras --------------------------------------------------------------------------------------------------------


@given(dense_cases(min_n=1))
def test_equals_keras(case):
    check_against_keras(case)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softmax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_equal_keras(activation, dtype):
    check_against_keras(DenseCase(5, 12, 7, True, dtype, "contiguous", 1), activation)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 5, 4)])
def test_more_axes_equal_keras(shape):
    """As in Keras, the kernel works on the last axis; all other axes are examples."""
    rng = np.random.default_rng(1)
    kernel, bias = normal(rng, (4, 6)), normal(rng, (6,))
    x, dy = normal(rng, shape), normal(rng, (*shape[:-1], 6))
    rows = sizes_of_dense(x.reshape(-1, 4), kernel, bias, dy.reshape(-1, 6))
    sizes = {name: (operation, rows[operation]) for name, operation in RESULTS.items()}
    for name, like in (("y", dy), ("dx", x)):
        operation, (scale, terms) = sizes[name]
        sizes[name] = operation, (scale.reshape(like.shape), terms)
    assert_parity(Dense(6), keras.layers.Dense(6, dtype="float64"), x, dy, [kernel, bias], sizes)


# ---- the layer ------------------------------------------------------------------------------------------------------


def test_defaults_and_arrays():
    layer = Dense(8)
    layer.build((None, 5), np.random.default_rng(1))
    assert layer.output_shape == (None, 8) and list(layer.params) == ["kernel", "bias"]
    assert layer.params["kernel"].shape == (5, 8) and layer.params["kernel"].dtype == np.float32
    assert_same(layer.params["bias"], np.zeros(8, "float32"))
    assert layer.count_params() == 48 and layer.multiply_adds() == 40
    limit = np.sqrt(6 / (5 + 8))  # glorot_uniform
    assert 0.9 * limit < abs(layer.params["kernel"]).max() <= limit
    bare = Dense(8, use_bias=False)
    bare.build((None, 5))
    assert list(bare.params) == ["kernel"]


# ---- 7 errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [0, -3, 2.0, "8", None, True])
def test_settings_that_make_no_sense(units):
    with pytest.raises(ValueError) as error:
        Dense(units)
    assert str(error.value) == f"`units` must be a positive integer. Received: units={units!r}."


def test_two_inputs_are_one_too_many():
    with pytest.raises(ValueError) as error:
        Dense(4, name="head").build([(None, 3), (None, 3)])
    assert str(error.value) == "Layer 'head' takes one input. Received: 2 of shapes [(None, 3), (None, 3)]."


@pytest.mark.parametrize("input_shape", [(None,), (None, None)])
def test_shapes_that_do_not_fit(input_shape):
    with pytest.raises(ValueError) as error:
        Dense(4, name="head").build(input_shape)
    assert str(error.value) == (
        f"Layer 'head' needs a known number of inputs on the last axis. Received: input_shape={input_shape}."
    )
