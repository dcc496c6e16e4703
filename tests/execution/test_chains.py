"""Inference in fewer steps: the same numbers as layer by layer, whatever joins."""

import pytest

from minicnn import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Input,
    Model,
    ReLU,
    SeparableConv2D,
    Sequential,
    ZeroPadding2D,
)
from tests.execution.plans import assert_plan_equals_layers, drawn, pictures

CONVOLUTIONS = {
    "Conv2D": lambda **how: Conv2D(6, (3, 2), **how),
    "Conv2D groups": lambda **how: Conv2D(6, 3, groups=3, **how),
    "DepthwiseConv2D": lambda **how: DepthwiseConv2D((2, 3), depth_multiplier=2, **how),
    "SeparableConv2D": lambda **how: SeparableConv2D(6, 3, depth_multiplier=2, **how),
}
ENDS = {
    "nothing": lambda: [],
    "relu": lambda: [Activation("relu")],
    "ReLU": lambda: [ReLU()],
    "ReLU6": lambda: [ReLU(6)],
    "relu6": lambda: [Activation("relu6")],
    "ReLU1": lambda: [ReLU(1)],  # joins nothing
    "silu": lambda: [Activation("silu")],
    "softmax": lambda: [Activation("softmax")],
    "relu twice": lambda: [ReLU(), Activation("tanh")],
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("convolution", CONVOLUTIONS)
@pytest.mark.parametrize("use_bias", [True, False])
def test_convolution_normalization_activation(convolution, end, use_bias):
    make = CONVOLUTIONS[convolution]
    layers = [make(use_bias=use_bias, padding="same"), BatchNormalization(), *ENDS[end]()]
    model = drawn(Sequential([Input((7, 6, 3)), *layers]))
    assert_plan_equals_layers(model, pictures(2, 7, 6, 3), {"ReLU1": 2, "relu twice": 2}.get(end, 1))


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
@pytest.mark.parametrize("activation", ["relu", "relu6", "sigmoid", "gelu"])
def test_the_convolution_s_own_activation(convolution, activation):
    """What follows it is another step: the activation stands between."""
    layers = [CONVOLUTIONS[convolution](activation=activation), BatchNormalization(scale=False), ReLU()]
    model = drawn(Sequential([Input((7, 6, 3)), *layers]))
    assert_plan_equals_layers(model, pictures(2, 7, 6, 3), 2)


@pytest.mark.parametrize("convolution", CONVOLUTIONS)
@pytest.mark.parametrize(("padding", "steps"), [("valid", 1), ("same", 2)])
def test_a_frame_joins_a_convolution_without_one(convolution, padding, steps):
    layer = CONVOLUTIONS[convolution](padding=padding, strides=2)
    model = drawn(Sequential([Input((8, 8, 3)), ZeroPadding2D(((1, 0), (2, 3))), layer, BatchNormalization()]))
    assert_plan_equals_layers(model, pictures(2, 8, 8, 3), steps)


@pytest.mark.parametrize("end", ENDS)
def test_normalization_before_an_activation(end):
    model = drawn(Sequential([Input((5, 4, 3)), BatchNormalization(center=False), *ENDS[end]()]))
    assert_plan_equals_layers(model, pictures(2, 5, 4, 3), {"ReLU1": 2, "relu twice": 2}.get(end, 1))


def test_what_another_layer_reads_too_stays_apart():
    x = Input((6, 6, 3))
    y = Conv2D(3, 3, padding="same")(x)
    z = BatchNormalization()(y)
    model = drawn(Model(x, Add()([y, ReLU()(z)])))
    assert_plan_equals_layers(model, pictures(2, 6, 6, 3), 3)


def test_what_is_an_output_too_stays_apart():
    x = Input((6, 6, 3))
    y = Conv2D(3, 3)(x)
    model = drawn(Model(x, [y, ReLU()(BatchNormalization()(y))]))
    assert_plan_equals_layers(model, pictures(2, 6, 6, 3), 2)


POINTWISE = {
    "1x1": lambda **how: Conv2D(5, 1, **how),
    "strided": lambda **how: Conv2D(5, 1, strides=2, **how),
    "separable": lambda **how: SeparableConv2D(5, 3, padding="same", **how),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("convolution", POINTWISE)
def test_a_residual_joins_a_1x1_convolution(convolution, use_bias, end):
    """The shortcut is computed later in the graph: the joined step waits for it."""
    x = Input((7, 6, 3))
    y = BatchNormalization()(POINTWISE[convolution](use_bias=use_bias)(x))
    shortcut = Conv2D(5, 3, strides=2 if convolution == "strided" else 1, padding="same")(x)
    y = Add()([shortcut, y])
    for layer in ENDS[end]():
        y = layer(y)
    model = drawn(Model(x, y))
    assert_plan_equals_layers(model, pictures(2, 7, 6, 3), {"ReLU1": 3, "relu twice": 3}.get(end, 2))
    assert_plan_equals_layers(model.astype("float64"), pictures(2, 7, 6, 3).astype("float64"))


def test_residuals_that_do_not_join():
    """One Add takes one of two convolutions; a sum of three, a 3x3 window and an activation before it stay apart."""
    x = Input((6, 6, 3))
    a, b = Conv2D(3, 1)(x), Conv2D(3, 1)(x)
    assert_plan_equals_layers(drawn(Model(x, Add()([a, b]))), pictures(2, 6, 6, 3), 2)
    assert_plan_equals_layers(drawn(Model(x, Add()([a, b, x]))), pictures(2, 6, 6, 3), 3)
    assert_plan_equals_layers(drawn(Model(x, Add()([a, a]))), pictures(2, 6, 6, 3), 2)
    for layer in (
        Conv2D(3, 3, padding="same"),
        Conv2D(3, 1, activation="relu"),
        Conv2D(3, 1, groups=3),
        Conv2D(3, 1, algorithm="im2col"),
        DepthwiseConv2D(1),
    ):
        assert_plan_equals_layers(drawn(Model(x, Add()([layer(x), x]))), pictures(2, 6, 6, 3), 2)


def test_a_sum_that_somebody_else_reads_too():
    x = Input((6, 6, 3))
    y = Add()([Conv2D(3, 1)(x), x])
    assert_plan_equals_layers(drawn(Model(x, [y, ReLU()(y)])), pictures(2, 6, 6, 3), 2)
    assert_plan_equals_layers(drawn(Model(x, Add()([ReLU()(y), Conv2D(3, 1)(y)]))), pictures(2, 6, 6, 3), 3)


def test_a_layer_used_twice_and_a_model_inside():
    inner = Sequential([Input((6, 6, 3)), SeparableConv2D(3, 3, padding="same"), BatchNormalization(), ReLU()])
    x = Input((6, 6, 3))
    norm = BatchNormalization()
    model = drawn(Model(x, Add()([norm(inner(x)), norm(inner(Conv2D(3, 1)(x)))])))
    assert_plan_equals_layers(model, pictures(2, 6, 6, 3))


def test_frames_and_activations_by_themselves():
    layers = [ZeroPadding2D(1), Activation("tanh"), ZeroPadding2D(1), ZeroPadding2D(1), Conv2D(2, 3)]
    model = drawn(Sequential([Input((5, 5, 2)), *layers]))
    assert_plan_equals_layers(model, pictures(2, 5, 5, 2), 4)


def test_in_float64_and_with_no_picture_at_all():
    model = drawn(Sequential([Input((5, 5, 2)), Conv2D(4, 3), BatchNormalization(), ReLU(6)])).astype("float64")
    assert_plan_equals_layers(model, pictures(2, 5, 5, 2).astype("float64"), 1)
    assert model.predict(pictures(0, 5, 5, 2)).shape == (0, 3, 3, 4)
