"""Conv2D: output and every gradient as Keras's, settings, open sizes, errors. (The sums themselves: tests/kernels.)"""

import numpy as np
import pytest
from hypothesis import given

from minicnn import Conv2D, reference
from tests.keras_oracle import assert_parity, keras
from tests.strategies import ConvCase, conv_cases, normal
from tests.tolerances import after_activation, assert_same, sizes_of_conv2d

RESULTS = {"y": "forward", "dx": "backward_input", "kernel": "backward_kernel"}


def check_against_keras(case, activation=None):
    x, kernel, bias, dy = case.arrays()
    weights = [kernel] if bias is None else [kernel, bias]
    by_name = sizes_of_conv2d(case, x, kernel, bias, dy)
    if activation:
        by_name = sizes_of_conv2d(case, x, kernel, bias, after_activation(dy, *by_name["conv2d_forward"]))
    sizes = {name: (f"conv2d_{result}", by_name[f"conv2d_{result}"]) for name, result in RESULTS.items()}
    sizes["bias"] = "bias_backward", by_name["bias_backward"]
    settings = {
        "filters": case.filters,
        "kernel_size": case.window,
        "strides": case.strides,
        "padding": case.padding,
        "dilation_rate": case.dilation,
        "groups": case.groups,
        "activation": activation,
        "use_bias": case.use_bias,
    }
    assert_parity(Conv2D(**settings), keras.layers.Conv2D(**settings, dtype=case.dtype), x, dy, weights, sizes)


# ---- 5 Keras --------------------------------------------------------------------------------------------------------


@given(conv_cases(shifted=False, min_n=1))
def test_equals_keras(case):
    check_against_keras(case)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "softmax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_equal_keras(activation, dtype):
    case = ConvCase((2, 6, 5, 3), (3, 2), (2, 1), "same", (1, 1), dtype, "contiguous", 1, filters=4)
    check_against_keras(case, activation)


@pytest.mark.parametrize(
    ("x_shape", "window", "strides", "padding", "dilation"),
    [
        ((2, 1, 1, 2), (1, 1), (1, 1), "valid", (1, 1)),  # one pixel
        ((1, 1, 1, 2), (3, 3), (1, 1), "same", (1, 1)),  # one pixel, the rest of the window lies outside
        ((1, 4, 4, 1), (3, 3), (2, 2), "same", (1, 1)),  # total padding 1: the odd pixel goes after
        ((1, 5, 6, 1), (5, 4), (1, 1), "same", (1, 1)),  # total padding 4 and 3
        ((1, 5, 6, 1), (3, 2), (1, 1), "same", (2, 3)),  # the same with dilation
        ((1, 7, 8, 2), (2, 2), (4, 5), "same", (1, 1)),  # strides longer than the window
        ((1, 7, 8, 2), (2, 2), (4, 5), "valid", (1, 1)),
        ((1, 6, 6, 1), (3, 3), (2, 2), "valid", (1, 1)),  # the last row and column are left over
    ],
)
def test_edges_equal_keras(x_shape, window, strides, padding, dilation):
    check_against_keras(ConvCase(x_shape, window, strides, padding, dilation, "float64", "contiguous", 1, filters=3))


@pytest.mark.parametrize("filters", [1, 7, 16, 33])
def test_odd_numbers_of_filters_equal_keras(filters):
    case = ConvCase((2, 6, 5, 3), (3, 3), (1, 1), "same", (1, 1), "float32", "contiguous", 1, filters=filters)
    check_against_keras(case)


# ---- the layer ------------------------------------------------------------------------------------------------------


def test_defaults_and_arrays():
    layer = Conv2D(8, 3)
    layer.build((None, 10, 12, 4), np.random.default_rng(1))
    assert (layer.strides, layer.padding, layer.dilation_rate, layer.groups) == ((1, 1), "valid", (1, 1), 1)
    assert layer.output_shape == (None, 8, 10, 8)
    assert list(layer.params) == ["kernel", "bias"]
    assert layer.params["kernel"].shape == (3, 3, 4, 8) and layer.params["kernel"].dtype == np.float32
    assert_same(layer.params["bias"], np.zeros(8, "float32"))
    assert layer.count_params() == 3 * 3 * 4 * 8 + 8
    assert layer.multiply_adds() == 8 * 10 * 3 * 3 * 4 * 8
    limit = np.sqrt(6 / (9 * 4 + 9 * 8))  # glorot_uniform
    assert 0.9 * limit < abs(layer.params["kernel"]).max() <= limit


def test_open_sizes():
    layer = Conv2D(2, (3, 2), padding="same", strides=(2, 1))
    layer.build((None, None, None, 1), np.random.default_rng(1))
    assert layer.output_shape == (None, None, None, 2) and layer.multiply_adds() is None
    for size in ((4, 4), (5, 7)):
        x = normal(np.random.default_rng(2), (1, *size, 1), "float32")
        pads = reference.window_pads("same", size, (3, 2), (2, 1))
        want = reference.conv2d_forward(x, *layer.get_weights(), (2, 1), pads)
        np.testing.assert_allclose(layer(x), want, atol=1e-5)
    small = Conv2D(2, 3)
    small.build((None, None, 9, 1))
    with pytest.raises(ValueError, match="A window must fit into its input. Received: a window over 3 pixels"):
        small(np.zeros((1, 2, 9, 1), "float32"))


def test_the_reference_can_be_asked_for():
    case = ConvCase((2, 6, 5, 3), (3, 2), (1, 1), "same", (1, 1), "float64", "contiguous", 1, filters=4)
    x, kernel, bias, dy = case.arrays()
    results = []
    for algorithm in ("auto", "reference"):
        layer = Conv2D(4, (3, 2), padding="same", activation="relu", algorithm=algorithm)
        layer.build((None, 6, 5, 3), dtype="float64")
        layer.set_weights([kernel, bias])
        results.append([layer.forward(x, training=True), layer.backward(dy), *layer.grads.values()])
        assert "algorithm" not in layer.get_config()
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-12)


# ---- 7 errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"filters": 0}, "`filters` must be a positive integer. Received: filters=0."),
        ({"filters": 2.5}, "`filters` must be a positive integer. Received: filters=2.5."),
        ({"kernel_size": (3, 0)}, "`kernel_size` must be a positive integer. Received: kernel_size=0."),
        (
            {"kernel_size": (3, 3, 3)},
            "`kernel_size` must be one positive integer or two. Received: kernel_size=(3, 3, 3).",
        ),
        ({"strides": True}, "`strides` must be a positive integer. Received: strides=True."),
        ({"padding": "full"}, "`padding` must be one of 'valid', 'same'. Received: padding='full'."),
        (
            {"strides": 2, "dilation_rate": (1, 2)},
            "`strides` and `dilation_rate` cannot both be above 1. Received: strides=(2, 2), dilation_rate=(1, 2).",
        ),
        (
            {"strides": (2, 1), "dilation_rate": (1, 2)},
            "`strides` and `dilation_rate` cannot both be above 1. Received: strides=(2, 1), dilation_rate=(1, 2).",
        ),
        ({"groups": 3}, "`filters` must be a multiple of `groups`. Received: filters=4, groups=3."),
        (
            {"algorithm": "magic"},
            "`algorithm` must be one of 'auto', 'direct', 'winograd', 'im2col', 'reference'. "
            "Received: algorithm='magic'.",
        ),
    ],
)
def test_settings_that_make_no_sense(settings, sentence):
    with pytest.raises(ValueError) as error:
        Conv2D(**{"filters": 4, "kernel_size": 3, **settings})
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("settings", "input_shape", "sentence"),
    [
        (
            {},
            (None, 9, 9),
            "Layer 'conv' takes images of shape (None, height, width, channels). Received: input_shape=(None, 9, 9).",
        ),
        (
            {},
            (None, 9, 9, None),
            "Layer 'conv' takes images of shape (None, height, width, channels). "
            "Received: input_shape=(None, 9, 9, None).",
        ),
        (
            {"groups": 2},
            (None, 9, 9, 3),
            "`groups` of layer 'conv' must divide the 3 input channels. Received: groups=2.",
        ),
        (
            {"dilation_rate": 4},
            (None, 9, 8, 3),
            "A window must fit into its input. Received: a window over 9 pixels (size 3, dilation 4) on an input of "
            "8 pixels; choose a smaller window, a larger input or padding='same'.",
        ),
    ],
)
def test_shapes_that_do_not_fit(settings, input_shape, sentence):
    layer = Conv2D(4, 3, name="conv", **settings)
    with pytest.raises(ValueError) as error:
        layer.build(input_shape)
    assert str(error.value) == sentence and not layer.built and not layer.params
