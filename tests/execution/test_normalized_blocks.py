"""Training in blocks: a batch normalization with what is added to it and a ReLU, bit for bit as layer by layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Activation, Add, BatchNormalization, Conv2D, Input, Model, ReLU
from minicnn.execution import ProductGradient, added, joined
from minicnn.execution.blocks import NormBlock
from tests.tolerances import assert_same

ENDINGS = {
    "none": lambda: None,
    "a layer": ReLU,
    "by name": lambda: Activation("relu"),
    "up to 6": lambda: ReLU(6),
    "relu6": lambda: Activation("relu6"),
}


def net(ending, adds, norm_first=True, shape=(5, 4, 3), **how):
    """Normalize a convolution; add another, normalized too; end; read both ways, as in a ResNet."""
    x = Input(shape)
    branch, other = Conv2D(3, 3, padding="same")(x), BatchNormalization()(Conv2D(3, 1)(x))
    y = BatchNormalization(**how)(branch)
    if adds:
        y = Add()([y, other] if norm_first else [other, y])
    layer = ENDINGS[ending]()
    y = y if layer is None else layer(y)
    return Model(x, Add()([Conv2D(3, 1)(y), y, other]), seed=1)


def blocks_of(model):
    return [node.layer for node in joined(model.nodes, model.outputs) if isinstance(node.layer, NormBlock)]


def assert_equal_to_layers(model, x, need_dx=True):
    """Outputs, all gradients and the moving means: with a record a model runs layer by layer."""
    weights, results = model.get_weights(), []
    dy = np.random.default_rng(5).normal(size=model.forward(x).shape).astype(x.dtype)
    for record in ({}, None):
        model.set_weights(weights)
        y = model.forward(x, training=True, record=record)
        dx = model.backward(dy, need_dx=need_dx)
        results.append({"y": y, "dx": dx, **{key: np.array(g) for key, g in model.grads.items()}, **model.state})
        results[-1] = {key: None if array is None else array.copy() for key, array in results[-1].items()}
    want, got = results
    assert want.keys() == got.keys()
    for key, array in want.items():
        if array is None:
            assert got[key] is None
        else:
            assert_same(got[key], array)


@given(
    st.sampled_from(sorted(ENDINGS)),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from([{}, {"center": False}, {"scale": False}]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_the_same_as_layer_by_layer(ending, adds, norm_first, dtype, how, frozen, seed):
    model = net(ending, adds, norm_first, **how).astype(dtype)
    assert len(blocks_of(model)) == (ending != "none" or adds)
    for _, layer in model.walk():
        if isinstance(layer, BatchNormalization):
            layer.trainable = not frozen
    rng = np.random.default_rng(seed)
    model.set_weights([array + rng.normal(size=array.shape) ** 2 for array in model.get_weights()])
    assert_equal_to_layers(model, (3 * rng.normal(size=(3, 5, 4, 3))).astype(dtype), need_dx=bool(seed % 2))


def test_many_pictures_and_channels():
    """Several jobs, and more rows than stand side by side; a channel at 6 and at 0 exactly."""
    x = Input((24, 24, 40))
    model = Model(x, Conv2D(2, 1)(ReLU(6)(BatchNormalization(epsilon=1e-3)(x))), seed=0)
    data = np.random.default_rng(0).normal(size=(3, 24, 24, 40)).astype("float32")
    data[..., 0], model.get_layer("batch_normalization").beta[:2] = 1, (6, 0)
    data[..., 1] = 1
    assert len(blocks_of(model)) == 1
    assert_equal_to_layers(model, data)


def widened(x):
    """Normalize one number a channel, which the sum stretches over the picture."""
    return Add()([BatchNormalization()(Conv2D(3, (5, 4))(x)), x])


@pytest.mark.parametrize(
    "build",
    [
        lambda x: Activation("tanh")(BatchNormalization()(x)),
        lambda x: ReLU(negative_slope=0.1)(BatchNormalization()(x)),
        lambda x: ReLU()(BatchNormalization(1)(x)),
        widened,
        lambda x: (lambda y: Add()([ReLU()(y), y]))(BatchNormalization()(x)),
        lambda x: (lambda y: Add()([y, y]))(BatchNormalization()(x)),
        lambda x: Add()([BatchNormalization()(x), x, x]),
    ],
    ids=["tanh", "two slopes", "another axis", "stretched", "read twice", "added to itself", "three of them"],
)
def test_what_does_not_join(build):
    x = Input((5, 4, 3))
    model = Model(x, Conv2D(2, 1)(build(x)), seed=0)
    assert not blocks_of(model)
    assert_equal_to_layers(model, np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32"))


def test_an_output_stays_a_layer_of_its_own():
    x = Input((5, 4, 3))
    y = BatchNormalization()(x)
    assert not blocks_of(Model(x, ReLU()(y)))
    assert not blocks_of(Model(x, [y, Conv2D(2, 1)(ReLU()(y))]))


def test_sizes_that_are_open():
    """Two arrays that may differ in size are added by the layer, which tells in its own words what is wrong."""
    assert not blocks_of(net("none", True, shape=(None, None, 3)))
    model = net("a layer", False, shape=(None, None, 3))
    assert len(blocks_of(model)) == 1
    assert_equal_to_layers(model, np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("float32"))


def test_no_picture_at_all():
    assert_equal_to_layers(net("a layer", True), np.empty((0, 5, 4, 3), "float32"))
    assert_equal_to_layers(net("a layer", False), np.empty((0, 5, 4, 3), "float32"))


def test_a_sum_of_gradients_is_numpys():
    """Of arrays alike by a kernel; of all else as it was: other dtypes, products."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 3, 70)).astype("float32")
    assert_same(added(one, other), one + other)
    wide = added(one, other.astype("float64"))
    assert_same(wide, one + other.astype("float64"))
    product = ProductGradient(one, other)
    assert_same(np.asarray(added(product, product)), 2 * np.asarray(product))
