"""DepthwiseConv2D and SeparableConv2D: output and every gradient as Keras's, settings, open sizes, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import DepthwiseConv2D, SeparableConv2D, reference
from tests.keras_oracle import assert_parity, keras
from tests.strategies import DepthwiseCase, depthwise_cases, normal
from tests.tolerances import after_activation, size_of_bias, sizes_of_depthwise_conv2d

keras_cases = depthwise_cases(shifted=False, min_n=1, keras=True)


def settings_of(case, activation=None):
    return {
        "kernel_size": case.window,
        "strides": case.strides,
        "padding": case.padding,
        "depth_multiplier": case.multiplier,
        "dilation_rate": case.dilation,
        "activation": activation,
        "use_bias": case.use_bias,
    }


def check_depthwise(case, activation=None):
    x, kernel, bias, dy = case.arrays()
    weights = [kernel] if bias is None else [kernel, bias]
    by_name = sizes_of_depthwise_conv2d(case, x, kernel, bias, dy)
    if activation:
        before = after_activation(dy, *by_name["depthwise_conv2d_forward"])
        by_name = sizes_of_depthwise_conv2d(case, x, kernel, bias, before)
    names = {"y": "forward", "dx": "backward_input", "kernel": "backward_kernel"}
    sizes = {key: (f"depthwise_conv2d_{name}", by_name[f"depthwise_conv2d_{name}"]) for key, name in names.items()}
    sizes["bias"] = "bias_backward", by_name["bias_backward"]
    settings = settings_of(case, activation)
    twin = keras.layers.DepthwiseConv2D(**settings, dtype=case.dtype)
    assert_parity(DepthwiseConv2D(**settings), twin, x, dy, weights, sizes)


def check_separable(case, filters, activation=None):
    rng = np.random.default_rng(case.seed + 1)
    x, depthwise, _, dz = case.arrays()
    pointwise = normal(rng, (1, 1, dz.shape[3], filters), case.dtype)
    bias = normal(rng, (filters,), case.dtype) if case.use_bias else None
    dy = normal(rng, (*dz.shape[:3], filters), case.dtype)
    weights = [depthwise, pointwise, *([] if bias is None else [bias])]
    sizes = sizes_of_separable(case, x, depthwise, pointwise, bias, dy, activation)
    settings = {"filters": filters, **settings_of(case, activation)}
    twin = keras.layers.SeparableConv2D(**settings, dtype=case.dtype)
    assert_parity(SeparableConv2D(**settings), twin, x, dy, weights, sizes)


def sizes_of_separable(case, x, depthwise, pointwise, bias, dy, activation):
    """Size every result: both halves' sums of absolute values, one in the other."""
    x, depthwise, pointwise, dy = abs(x), abs(depthwise), abs(pointwise), abs(dy)
    one_by_one = (1, 1), ((0, 0), (0, 0))
    z = reference.depthwise_conv2d_forward(x, depthwise, None, *case.how)
    y = reference.conv2d_forward(z, pointwise, None if bias is None else abs(bias), *one_by_one)
    terms = depthwise[..., 0].size * pointwise.shape[2]
    if activation:
        dy = after_activation(dy, y, terms)
    dz = reference.conv2d_backward_input(dy, pointwise, z.shape, *one_by_one)
    pixels = dy[..., 0].size
    dx = reference.depthwise_conv2d_backward_input(dz, depthwise, x.shape, *case.how)
    ddepthwise = reference.depthwise_conv2d_backward_kernel(dz, x, case.window, *case.how)
    return {
        "y": ("depthwise_conv2d_forward", (y, terms)),
        "dx": ("depthwise_conv2d_backward_input", (dx, dy.shape[3] * depthwise[:, :, 0].size)),
        "depthwise_kernel": ("depthwise_conv2d_backward_kernel", (ddepthwise, pixels * dy.shape[3])),
        "pointwise_kernel": (
            "conv2d_backward_kernel",
            (reference.conv2d_backward_kernel(dy, z, (1, 1), *one_by_one), pixels * depthwise[..., 0, 0].size),
        ),
        "bias": ("bias_backward", size_of_bias(dy)),
    }


# ---- 5 Keras --------------------------------------------------------------------------------------------------------


@given(keras_cases)
def test_depthwise_equals_keras(case):
    check_depthwise(case)


@given(keras_cases, st.integers(1, 5))
def test_separable_equals_keras(case, filters):
    check_separable(case, filters)


@pytest.mark.parametrize(
    ("activation", "dtype"),
    [
        ("relu", "float32"),  # fused into the convolution
        ("relu6", "float64"),
        ("softmax", "float64"),
        ("silu", "float64"),  # goes back through x
        ("gelu", "float32"),  # Keras rounds its constants to float32, whatever the layer's dtype
    ],
)
def test_activations_equal_keras(activation, dtype):
    case = DepthwiseCase((2, 6, 5, 3), (3, 2), (2, 2), "same", (1, 1), dtype, "contiguous", 1, multiplier=2)
    check_depthwise(case, activation)
    check_separable(case, 4, activation)


@pytest.mark.parametrize(
    ("x_shape", "window", "strides", "padding", "dilation"),
    [
        ((1, 1, 1, 2), (3, 3), (1, 1), "same", (1, 1)),  # one pixel, the rest of the window lies outside
        ((1, 4, 4, 1), (3, 3), (2, 2), "same", (1, 1)),  # total padding 1: the odd pixel goes after
        ((1, 5, 6, 1), (5, 4), (1, 1), "same", (1, 1)),  # total padding 4 and 3
        ((1, 5, 6, 1), (3, 2), (1, 1), "same", (2, 3)),  # the same with dilation
        ((1, 7, 8, 2), (2, 2), (4, 4), "same", (1, 1)),  # strides longer than the window
        ((1, 6, 6, 1), (3, 3), (2, 2), "valid", (1, 1)),  # the last row and column are left over
    ],
)
def test_edges_equal_keras(x_shape, window, strides, padding, dilation):
    case = DepthwiseCase(x_shape, window, strides, padding, dilation, "float64", "contiguous", 1, multiplier=2)
    check_depthwise(case)
    check_separable(case, 3)


# ---- the layers -----------------------------------------------------------------------------------------------------


def test_arrays_and_counts():
    depthwise = DepthwiseConv2D(3, depth_multiplier=2)
    depthwise.build((None, 10, 12, 4), np.random.default_rng(1))
    assert depthwise.output_shape == (None, 8, 10, 8)
    assert {key: array.shape for key, array in depthwise.params.items()} == {"kernel": (3, 3, 4, 2), "bias": (8,)}
    assert depthwise.multiply_adds() == 8 * 10 * 4 * 2 * 9
    separable = SeparableConv2D(5, (3, 2), padding="same", depth_multiplier=2)
    separable.build((None, 10, 12, 4), np.random.default_rng(1))
    assert separable.output_shape == (None, 10, 12, 5)
    shapes = {"depthwise_kernel": (3, 2, 4, 2), "pointwise_kernel": (1, 1, 8, 5), "bias": (5,)}
    assert {key: array.shape for key, array in separable.params.items()} == shapes
    assert separable.multiply_adds() == 10 * 12 * (8 * 6 + 8 * 5)


def test_open_sizes():
    layer = SeparableConv2D(2, 3, padding="same", strides=2)
    layer.build((None, None, None, 3), np.random.default_rng(1))
    assert layer.output_shape == (None, None, None, 2) and layer.multiply_adds() is None
    for size in ((4, 4), (5, 7)):
        assert layer(np.ones((1, *size, 3), "float32")).shape == (1, -(-size[0] // 2), -(-size[1] // 2), 2)


# ---- 7 errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kernel_size": 0}, "`kernel_size` must be a positive integer. Received: kernel_size=0."),
        ({"depth_multiplier": 0}, "`depth_multiplier` must be a positive integer. Received: depth_multiplier=0."),
        (
            {"strides": 2, "dilation_rate": 2},
            "`strides` and `dilation_rate` cannot both be above 1. Received: strides=(2, 2), dilation_rate=(2, 2).",
        ),
    ],
)
def test_settings_that_make_no_sense(settings, sentence):
    for make in (DepthwiseConv2D, lambda **given: SeparableConv2D(4, **given)):
        with pytest.raises(ValueError) as error:
            make(**{"kernel_size": 3, **settings})
        assert str(error.value) == sentence


def test_filters_that_make_no_sense():
    with pytest.raises(ValueError, match="^`filters` must be a positive integer. Received: filters=0.$"):
        SeparableConv2D(0, 3)


def test_shapes_that_do_not_fit():
    for layer in (DepthwiseConv2D(3, name="s"), SeparableConv2D(4, 3, name="s")):
        with pytest.raises(ValueError, match=r"Layer 's' takes images .* Received: input_shape=\(None, 8\)\."):
            layer.build((None, 8))
        with pytest.raises(ValueError, match="a window over 3 pixels .* on an input of 2 pixels"):
            layer.build((None, 2, 9, 1))
