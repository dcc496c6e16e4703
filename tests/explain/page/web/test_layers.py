"""layers.js, sliding.js, net.js: each kind of layer forward and back, with a random cotangent, against the engine."""

import numpy as np
import pytest

from minicnn import (
    ELU,
    Activation,
    Add,
    Average,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GroupNormalization,
    Input,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    MaxPooling2D,
    Minimum,
    Model,
    Multiply,
    Normalization,
    Permute,
    PReLU,
    ReLU,
    Rescaling,
    Reshape,
    Resizing,
    SeparableConv2D,
    Sequential,
    Softmax,
    SpatialDropout2D,
    Subtract,
    UpSampling2D,
    ZeroPadding2D,
)
from minicnn.explain.page.nodes import describe
from minicnn.layers import ACTIVATIONS
from tests.explain.nets import randomise
from tests.explain.page.web.points import POINTS

# ---- layers ---------------------------------------------------------------------------------------------------------


def whole(rng, *shape):
    """Draw small whole numbers: ties, and zeros at kinks."""
    return rng.integers(-2, 3, shape).astype(np.float64)


def real(rng, *shape):
    """Draw numbers without ties."""
    return rng.normal(size=shape)


def wide(rng, *shape):
    """Draw numbers near and far from 0."""
    return rng.choice(POINTS, shape) / 10


def stretched(kind):
    """Join a map with one number a channel and one a pixel."""

    def build(x):
        pooled = GlobalAveragePooling2D(keepdims=True)(x)
        return kind()([pooled, x, Conv2D(1, 1)(x)])

    return build


def doubled(x):
    """Add maps and what became of them."""
    return Add()([x, Conv2D(2, 1)(x), x])


def lessened(x):
    """Subtract a number a channel."""
    return Subtract()([x, GlobalAveragePooling2D(keepdims=True)(x)])


def beside(x):
    """Put maps beside each other."""
    return Concatenate()([Conv2D(2, 1)(x), x, Conv2D(3, 1)(x)])


CASES = {
    "conv2d": ((7, 6, 3), real, lambda: Conv2D(4, 3)),
    "conv2d strides same": ((8, 9, 2), real, lambda: Conv2D(3, (3, 2), strides=(2, 3), padding="same")),
    "conv2d dilation groups": ((9, 8, 4), real, lambda: Conv2D(6, (2, 3), dilation_rate=(3, 2), groups=2)),
    "conv2d same dilation": ((6, 5, 2), real, lambda: Conv2D(2, 3, padding="same", dilation_rate=2, use_bias=False)),
    "conv2d 1x1": ((3, 4, 5), real, lambda: Conv2D(2, 1)),
    "depthwise": ((7, 8, 3), real, lambda: DepthwiseConv2D((2, 3), depth_multiplier=2)),
    "depthwise strides same": ((8, 8, 2), real, lambda: DepthwiseConv2D(3, strides=2, padding="same", use_bias=False)),
    "separable": ((7, 6, 3), real, lambda: SeparableConv2D(4, 3, depth_multiplier=2, padding="same")),
    "dense": ((7,), real, lambda: Dense(5)),
    "dense without bias": ((4,), whole, lambda: Dense(3, use_bias=False)),
    "max pool": ((6, 8, 3), whole, lambda: MaxPooling2D((2, 3))),
    "max pool overlapping same": ((7, 6, 2), whole, lambda: MaxPooling2D(3, strides=2, padding="same")),
    "max pool with gaps": ((8, 8, 1), real, lambda: MaxPooling2D(2, strides=3)),
    "average pool same": ((7, 8, 2), real, lambda: AveragePooling2D(3, strides=2, padding="same")),
    "average pool": ((6, 6, 2), real, lambda: AveragePooling2D((2, 3), strides=1)),
    "global average": ((4, 5, 3), real, lambda: GlobalAveragePooling2D()),
    "global average kept": ((4, 5, 3), real, lambda: GlobalAveragePooling2D(keepdims=True)),
    "global max": ((4, 5, 3), whole, lambda: GlobalMaxPooling2D()),
    "global max kept": ((3, 3, 2), real, lambda: GlobalMaxPooling2D(keepdims=True)),
    "batch normalization": ((3, 4, 5), real, lambda: BatchNormalization(epsilon=0.1)),
    "batch normalization plain": ((6,), real, lambda: BatchNormalization(scale=False, center=False)),
    "normalization": ((4, 3, 2), real, lambda: Normalization(mean=[1.0, -2.0], variance=[4.0, 0.25])),
    "rescaling": ((3, 4, 3), real, lambda: Rescaling([2.0, -1.0, 0.5], [0.1, 0.2, -3.0])),
    "flatten": ((2, 3, 4), real, lambda: Flatten()),
    "flatten without channels": ((3, 4), real, lambda: lambda x: Dense(2)(Flatten()(ReLU()(Rescaling(2.0, 0.1)(x))))),
    "reshape without channels": ((3, 4), real, lambda: lambda x: Conv2D(2, 2)(Reshape((3, 4, 1))(x))),
    "reshape": ((2, 3, 4), real, lambda: Reshape((4, 3, 2))),
    "dropout": ((5,), real, lambda: Dropout(0.5)),
    "spatial dropout": ((3, 3, 2), real, lambda: SpatialDropout2D(0.5)),
    "zero padding": ((3, 4, 2), real, lambda: ZeroPadding2D(((1, 2), (3, 0)))),
    "cropping": ((7, 6, 2), real, lambda: Cropping2D(((1, 2), (0, 3)))),
    "relu": ((4, 5, 2), whole, lambda: ReLU()),
    "relu6": ((4, 5, 2), wide, lambda: ReLU(max_value=6)),
    "relu of a threshold": ((4, 5, 2), wide, lambda: ReLU(threshold=0.5)),
    "relu of a slope": ((4, 5, 2), whole, lambda: ReLU(negative_slope=0.25)),
    "relu of a bound": ((4, 5, 2), whole, lambda: ReLU(max_value=1)),
    "relu of slope and bound": ((4, 5, 2), whole, lambda: ReLU(1.0, negative_slope=0.5)),
    "relu of slope and 6": ((4, 5, 2), lambda rng, *shape: rng.choice([-1, 0, 5, 6, 7], shape), lambda: ReLU(6, 0.5)),
    "relu of all": ((4, 5, 2), lambda rng, *shape: rng.choice([-1, 1, 5, 6, 7], shape), lambda: ReLU(6, 0.5, 1)),
    "leaky relu": ((4, 5, 2), whole, lambda: LeakyReLU(0.3)),
    "elu": ((4, 5, 2), whole, lambda: ELU(0.7)),
    "softmax of maps": ((2, 3, 4), wide, lambda: Softmax()),
    "softmax": ((5,), real, lambda: Softmax()),
    "add": ((3, 4, 2), real, lambda: doubled),
    "multiply stretched": ((3, 4, 2), real, lambda: stretched(Multiply)),
    "subtract stretched": (
        (3, 4, 2),
        real,
        lambda: lambda x: Subtract()([x, GlobalAveragePooling2D(keepdims=True)(x)]),
    ),
    "average stretched": ((3, 4, 2), real, lambda: stretched(Average)),
    "maximum": ((3, 4, 2), whole, lambda: lambda x: Maximum()([x, Conv2D(2, 1)(x), x])),
    "minimum stretched": ((3, 4, 2), real, lambda: stretched(Minimum)),
    "permute": ((3, 4, 2), real, lambda: Permute((3, 1, 2))),
    "prelu": ((3, 4, 2), whole, lambda: PReLU()),
    "prelu shared": ((3, 4, 2), real, lambda: PReLU((1, 2))),
    "up sampling": ((3, 4, 2), real, lambda: UpSampling2D((2, 3))),
    "up sampling bilinear": ((3, 4, 2), real, lambda: UpSampling2D(2, "bilinear")),
    "resizing": ((7, 4, 2), real, lambda: Resizing(3, 5, "bicubic", crop_to_aspect_ratio=True)),
    "conv2d transpose": ((3, 4, 3), real, lambda: Conv2DTranspose(2, (3, 2), strides=2, padding="same")),
    "conv2d transpose valid": ((3, 4, 2), real, lambda: Conv2DTranspose(3, 3, dilation_rate=(1, 2), use_bias=False)),
    "layer normalization": ((3, 4, 5), real, lambda: LayerNormalization()),
    "layer normalization axes": ((3, 4, 2), real, lambda: LayerNormalization([1, 3], scale=False)),
    "group normalization": ((3, 4, 6), real, lambda: GroupNormalization(3)),
    "concatenate": ((3, 2, 2), real, lambda: beside),
    **{f"activation {name}": ((3, 4, 4), wide, lambda name=name: Activation(name)) for name in ACTIVATIONS},
    "linear": ((3, 4, 4), wide, lambda: Activation("linear")),
    **{f"conv2d {name}": ((4, 4, 2), real, lambda name=name: Conv2D(3, 2, activation=name)) for name in ACTIVATIONS},
}


def chain(shape, build):
    """Make a model of one layer, or of a function of the input, with random numbers in all arrays."""
    x = Input(shape)
    return randomise(Model(x, build(x))).astype("float64")


LEARNT = ("kernel", "bias", "gamma", "beta", "alpha", "weights")


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_layer_forward_and_backward(lab, case):
    shape, draw, build = CASES[case]
    rng = np.random.default_rng(len(case))
    model = chain(shape, build())
    x = draw(rng, 1, *shape).astype(np.float32).astype(np.float64)
    y = model.forward(x, keep=True)
    dy = rng.normal(size=y.shape)
    dx = model.backward(dy)
    # mean (y - t)^2 has the gradient 2 (y - t) / count: with this t it is dy
    truth = (y - dy * y.size / 2).ravel().tolist()
    nodes = lab.open(model, x, loss={"kind": "squared", "logits": False, "fused": False, "output": "logits"})
    lab.ask("(t) => { net.target = () => t; net.backward(0); }", truth)
    near(lab.ask("() => Array.from(net.values[net.last])"), y, "y")
    near(lab.ask("() => Array.from(net.gradients[0] ?? [])"), dx, "dx")
    for index, node in enumerate(nodes):
        assert set(node["learns"]) == {name for name in node["arrays"] if name in LEARNT}
        for name in node["learns"]:
            path = node["weights"][node["arrays"].index(name)]
            near(lab.ask(f"() => Array.from(net.grads[{index}].{name})"), model.grads[path], path)


def near(got, want, what):
    """Hold against float64: each number to float32's precision of the largest."""
    want = np.asarray(want).ravel()
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=3e-6 * np.abs(want).max(initial=1e-30), err_msg=what)


def test_no_kind_of_layer_is_forgotten(lab):
    tried = {node["kind"] for shape, _, build in CASES.values() for node in describe(chain(shape, build()))[0]}
    assert set(lab.ask("() => Object.keys(lab.layers.LAYERS)")) - tried == {"Identity"}  # which Dropout is, too


def test_max_pooling_hands_nan_on(lab):
    model = Sequential([Input((2, 4, 1)), MaxPooling2D(2)])
    lab.open(model, [[[1], [np.nan], [3], [4]], [[5], [6], [7], [8]]], loss={"kind": "squared"})
    assert np.isnan(lab.ask("() => Array.from(net.values[1])")).tolist() == [True, False]
