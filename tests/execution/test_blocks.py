"""Training in blocks: the same gradients as layer by layer, whatever joins, and only what may join."""

import copy
import pickle
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import (
    SGD,
    Activation,
    Adam,
    Add,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Model,
    ReLU,
    Sequential,
)
from minicnn.execution import ProductGradient, blocks, joined
from minicnn.execution.blocks import Block, DenseBlock

RELUS = {
    "its own": lambda how: [Conv2D(4, activation="relu", **how)],
    "a layer": lambda how: [Conv2D(4, **how), ReLU()],
    "by name": lambda how: [Conv2D(4, **how), Activation("relu")],
}
settings = st.fixed_dictionaries(
    {
        "kernel_size": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "strides": st.tuples(st.integers(1, 2), st.integers(1, 2)),
        "padding": st.sampled_from(["valid", "same"]),
        "groups": st.sampled_from([1, 2]),
        "use_bias": st.booleans(),
    }
)
pools = st.one_of(
    st.none(),
    st.builds(
        lambda size, gap: MaxPooling2D(size, (size[0] + gap, size[1])),
        st.tuples(st.integers(1, 2), st.integers(1, 3)),
        st.integers(0, 1),
    ),
)


def blocks_of(model):
    return [node.layer for node in joined(model.nodes, model.outputs) if isinstance(node.layer, Block)]


def gradients(model, x, dy, record, need_dx=True):
    """dx and the gradients by name; with a record the model runs layer by layer."""
    model.forward(x, training=True, record=record)
    dx = model.backward(dy, need_dx=need_dx)
    return {"dx": dx} | dict(model.grads)


def assert_equal_to_layers(model, x, need_dx=True):
    model = model.astype("float64")
    y = model.forward(x)
    dy = np.random.default_rng(5).normal(size=y.shape)
    want, got = (gradients(model, x, dy, record, need_dx) for record in ({}, None))
    assert want.keys() == got.keys()
    for key, array in want.items():
        if array is None:
            assert got[key] is None
        else:
            size = abs(array).max(initial=0) * array.size
            np.testing.assert_allclose(got[key], array, rtol=0, atol=1e-13 * max(1, size))


@given(st.sampled_from(sorted(RELUS)), settings, pools, st.integers(0, 2**32 - 1), st.booleans())
def test_the_same_as_layer_by_layer(relu, how, pool, seed, need_dx):
    layers = [*RELUS[relu](how), *([pool] if pool else []), Conv2D(2, 1)]
    model = Sequential([Input((9, 8, 2)), *layers], seed=seed % 1000)
    assert len(blocks_of(model)) == (0 if pool is None and relu == "its own" else 1)
    x = np.random.default_rng(seed).normal(size=(3, 9, 8, 2))
    assert_equal_to_layers(model, x, need_dx)


@pytest.mark.parametrize("pictures", [0, 1, 5])
def test_in_portions(monkeypatch, pictures):
    """Two pictures a portion: with five the last one is smaller."""
    monkeypatch.setattr(blocks, "PORTION", 2 * 6 * 5 * 4 * 8)
    model = Sequential([Input((8, 7, 2)), Conv2D(4, 3, activation="relu"), MaxPooling2D(), Conv2D(2, 1)], seed=0)
    assert_equal_to_layers(model, np.random.default_rng(0).normal(size=(pictures, 8, 7, 2)), need_dx=False)


def test_the_gradients_of_the_step_before_make_room():
    """A step's gradients are as large as the arrays: two sets of them would be the most that training holds."""
    model = Sequential([Input((8, 8, 2)), Conv2D(4, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(2)], seed=0)
    model.compile(Adam(0.1), "mse")
    x, y = np.random.default_rng(0).normal(size=(2, 8, 8, 2)), np.zeros((2, 2))
    model.train_on_batch(x, y)
    before = weakref.ref(model.grads["dense/kernel"])
    model.train_on_batch(x, y)
    assert before() is None and model.grads["dense/kernel"].any()


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_sgd_multiplies_a_dense_gradient_on_its_way(momentum):
    """Three steps of SGD along products and along arrays end in the same place, with the same gradients to read."""

    class Arrays(SGD):
        def _step(self, w, g, m=None):
            super()._step(w, 1.0 * g, m)

    def trained(optimizer):
        layers = [Conv2D(3, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(20, "relu"), Dense(2)]
        model = Sequential([Input((8, 8, 2)), *layers], seed=0).astype("float64")
        model.compile(optimizer, "mse")
        for _ in range(3):
            model.train_on_batch(x, y)
        return model

    x, y = np.random.default_rng(0).normal(size=(5, 8, 8, 2)), np.random.default_rng(1).normal(size=(5, 2))
    got, want = trained(SGD(0.05, momentum)), trained(Arrays(0.05, momentum))
    for one, other in zip(got.get_weights(), want.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    assert got.grads["dense/kernel"].factors is not None  # nobody has read it so far
    assert got.grads.keys() == want.grads.keys() == got.params.keys()
    for key, gradient in got.grads.items():
        np.testing.assert_allclose(gradient, want.grads[key], rtol=1e-10, atol=1e-14)
        assert got.get_layer(key.split("/")[0]).grads[key.split("/")[1]] is gradient


def test_a_product_is_an_array_for_who_reads_it():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(3, 4)), rng.normal(size=(3, 2))
    want = x.T @ dy

    def fresh():
        return ProductGradient(dy, x)

    assert (fresh().shape, fresh().dtype, len(fresh()), fresh().size, fresh().ndim) == ((4, 2), want.dtype, 4, 8, 2)
    for read in (
        np.asarray,
        np.sum,
        lambda g: g + g,
        lambda g: 2 * g,
        lambda g: -g,
        lambda g: g[1],
        lambda g: np.clip(g, -0.1, 0.1),
        lambda g: g.T.copy(),
        lambda g: np.float32(g),
        lambda g: np.add.reduce(g, 0),
        lambda g: list(map(list, g)),
        lambda g: np.linalg.norm(g),
        copy.deepcopy,
        lambda g: pickle.loads(pickle.dumps(g)),
    ):
        np.testing.assert_array_equal(read(fresh()), read(want))
    assert repr(fresh()) == repr(want)
    assert np.asarray(fresh(), "float32").dtype == "float32"
    gradient = held = fresh()
    assert gradient.factors is not None
    gradient *= 2
    held[0] = 0
    assert held.factors is None  # what was changed is what counts from now on
    np.testing.assert_array_equal(held, np.r_[np.zeros((1, 2)), 2 * want[1:]])


@pytest.mark.parametrize("before", [[], [Flatten()], [Activation("linear"), Flatten()]])
def test_a_batch_that_is_overwritten_before_the_gradient_is_read(before):
    """The caller's arrays are the caller's: what a layer looked at is kept where they reach it."""
    model = Sequential([Input((4,)), *before, Dense(3), Dense(2), Activation("linear")], seed=0).astype("float64")
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(3, 4)), rng.normal(size=(3, 2))
    model.forward(x, training=True, record={})
    model.backward(dy)
    want = {key: np.array(gradient) for key, gradient in model.grads.items()}
    model.forward(x, training=True)
    model.backward(dy)
    x[...], dy[...] = 0, 0
    for key, gradient in model.grads.items():
        np.testing.assert_allclose(gradient, want[key], rtol=1e-12)


def test_a_batch_that_a_nested_model_passes_on():
    """It has arrays of its own, and yet an output of it may be a view of what its caller holds."""
    inside, x = Input((2, 2)), Input((2, 2))
    inner = Model(inside, [Flatten()(inside), Dense(3)(Flatten()(inside))])
    rows, others = inner(x)
    model = Model(x, [Dense(2)(rows), others], seed=0).astype("float64")
    rng = np.random.default_rng(0)
    x, dys = rng.normal(size=(3, 2, 2)), [rng.normal(size=(3, 2)), rng.normal(size=(3, 3))]
    want = None
    for record in ({}, None):
        model.forward(x, training=True, record=record)
        model.backward(dys)
        if want is None:
            want = {key: np.array(gradient) for key, gradient in model.grads.items()}
    x[...] = 0
    assert want.keys() == model.grads.keys() and len(want) == 4
    for key, gradient in model.grads.items():
        np.testing.assert_allclose(gradient, want[key], rtol=1e-12)


def test_no_old_gradient_is_left():
    """A model that does not learn, with a layer that would; a layer that is frozen after it has learnt."""
    model = Sequential([Input((4,)), Dense(4), Dense(1)], seed=0)
    model.compile(SGD(0.1), "mse")
    x, y = np.ones((3, 4)), np.zeros((3, 1))
    model.train_on_batch(x, y)
    assert set(model.grads) == set(model.params)
    model.layers[1].trainable = False
    model.train_on_batch(x, y)
    assert model.layers[1].grads == {} and set(model.grads) == {"dense/kernel", "dense/bias"}
    model.trainable = False
    model.layers[0].trainable = True
    model.train_on_batch(x, y)
    assert set(model.layers[0].grads) == {"kernel", "bias"}


def test_an_optimizer_may_look_at_gradients():
    class Clipped(SGD):
        def update(self, params, grads):
            super().update(params, {key: np.clip(gradient, -0.1, 0.1) for key, gradient in grads.items()})

    model = Sequential([Input((4,)), Dense(4), Dense(1)], seed=0)
    model.compile(Clipped(1.0), "mse")
    before = model.get_weights()
    model.train_on_batch(np.ones((3, 4)), np.full((3, 1), 1e6))
    assert max(abs(a - b).max() for a, b in zip(before, model.get_weights(), strict=True)) <= 0.1 + 1e-6


def test_a_dense_layer_that_is_called_twice_adds_its_gradients():
    inputs, shared = Input((4,)), Dense(4)
    model = Model(inputs, Dense(1)(shared(shared(inputs))), seed=0)
    assert [type(node.layer) for node in joined(model.nodes, model.outputs)[1:]] == [DenseBlock] * 3
    x = np.random.default_rng(0).normal(size=(3, 4))
    model = model.astype("float64")
    results = []
    for record in ({}, None):
        model.forward(x, training=True, record=record)
        model.backward(np.ones((3, 1)))
        results.append(model.grads["dense/kernel"])
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("need_dx", [True, False])
@pytest.mark.parametrize("pool", [[], [MaxPooling2D()]])
def test_no_picture_at_all(pool, need_dx):
    model = Sequential([Input((8, 7, 2)), Conv2D(4, 3), ReLU(), *pool, Conv2D(2, 1)], seed=0)
    assert_equal_to_layers(model, np.empty((0, 8, 7, 2)), need_dx)


@pytest.mark.parametrize("relu", RELUS)
def test_what_a_block_is_of(relu):
    """The pooling is in it, whether the ReLU before it is a layer or the convolution's own."""
    how = {"kernel_size": 3}
    model = Sequential([Input((9, 8, 2)), *RELUS[relu](how), MaxPooling2D(), Conv2D(2, 1)], seed=0)
    nodes = joined(model.nodes, model.outputs)
    assert [type(node.layer) for node in nodes[1:]] == [Block, Conv2D]
    assert nodes[1].layer.conv is model.layers[0] and nodes[1].layer.pool is model.layers[-2]
    assert nodes[1].inputs == model.inputs and nodes[1].outputs == nodes[2].inputs


@pytest.mark.parametrize("algorithm", ["auto", "direct", "im2col"])
def test_a_pooling_joins_what_chooses_its_algorithm_itself(algorithm):
    """A block with a pooling has its own way to convolve: who asked for another one gets it."""
    layers = [Conv2D(4, 3, activation="relu", algorithm=algorithm), MaxPooling2D(), Conv2D(2, 1)]
    model = Sequential([Input((8, 8, 2)), *layers], seed=0)
    assert [block.pool for block in blocks_of(model)] == ([layers[1]] if algorithm == "auto" else [])
    ours = Sequential([Input((8, 8, 2)), Conv2D(4, 3, algorithm=algorithm), ReLU(), MaxPooling2D(), Flatten()], seed=0)
    assert [block.pool for block in blocks_of(ours)] == ([ours.layers[2]] if algorithm == "auto" else [None])
    assert_equal_to_layers(ours, np.random.default_rng(0).normal(size=(2, 8, 8, 2)))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_forward_of_one_s_own_is_run(index):
    """Somebody put it into the layer, in place of its class's: no block passes over it."""
    model = Sequential([Input((8, 8, 2)), Conv2D(4, 3), ReLU(), MaxPooling2D(), Flatten(), Dense(2)], seed=0)
    index = index if index < 2 else 4
    layer, seen = model.layers[index], []

    def watched(x, training, **how):
        seen.append(len(x))
        return type(layer)._forward(layer, x, training, **how)

    layer._forward = watched
    model.forward(np.ones((3, 8, 8, 2)), training=True)
    assert seen == [3]


NO_BLOCK = {
    "no ReLU": [Conv2D(4, 3), MaxPooling2D()],
    "clipped": [Conv2D(4, 3), ReLU(6)],
    "another activation": [Conv2D(4, 3, activation="tanh"), ReLU()],
    "on paper": [Conv2D(4, 3, algorithm="reference"), ReLU()],
}


@pytest.mark.parametrize("name", NO_BLOCK)
def test_what_does_not_join(name):
    model = Sequential([Input((8, 8, 2)), *NO_BLOCK[name], Conv2D(2, 1)], seed=0)
    assert not blocks_of(model)
    assert_equal_to_layers(model, np.random.default_rng(0).normal(size=(2, 8, 8, 2)))


@pytest.mark.parametrize(
    "pool", [MaxPooling2D(3, 2), MaxPooling2D(2, padding="same"), MaxPooling2D(16)], ids=["overlap", "same", "large"]
)
def test_pools_that_stay_outside(pool):
    model = Sequential([Input((17, 17, 2)), Conv2D(4, 2), ReLU(), pool, Conv2D(2, 1)], seed=0)
    assert [block.pool for block in blocks_of(model)] == [None]
    assert_equal_to_layers(model, np.random.default_rng(0).normal(size=(2, 17, 17, 2)))


def test_a_tensor_that_somebody_else_reads_is_made():
    """The convolution's output goes to two layers; the ReLU's is an output of the model."""
    inputs = Input((8, 8, 2))
    z = Conv2D(4, 3, padding="same")(inputs)
    a, b = ReLU()(z), Conv2D(4, 3, padding="same")(z)
    c = ReLU()(b)
    model = Model(inputs, Add()([a, c]), seed=0)
    assert [block.conv.name for block in blocks_of(model)] == [b.node.layer.name]
    assert_equal_to_layers(model, np.random.default_rng(0).normal(size=(2, 8, 8, 2)))
    assert not blocks_of(Model(inputs, c))


def test_one_convolution_called_twice():
    conv, inputs = Conv2D(2, 3, padding="same"), Input((8, 8, 2))
    outputs = GlobalAveragePooling2D()(MaxPooling2D()(ReLU()(conv(ReLU()(conv(inputs))))))
    model = Model(inputs, outputs, seed=0)
    assert len(blocks_of(model)) == 2
    assert_equal_to_layers(model, np.random.default_rng(0).normal(size=(2, 8, 8, 2)))


def test_frozen_layers():
    model = Sequential(
        [Input((8, 8, 2)), Conv2D(4, 3), ReLU(), MaxPooling2D(), Conv2D(3, 2), ReLU(), Flatten(), Dense(2)], seed=0
    )
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 2))
    model.cast("float64")
    for frozen in ([0], [3], [0, 3]):
        for index, layer in enumerate(model.layers):
            layer.trainable = index not in frozen
        dy = np.random.default_rng(1).normal(size=(2, 2))
        want, got = (gradients(model, x, dy, record, need_dx=False) for record in ({}, None))
        assert want.keys() == got.keys()
        assert not {model.layers[index].name for index in frozen} & {key.split("/")[0] for key in got}
        for key in want.keys() - {"dx"}:
            np.testing.assert_allclose(got[key], want[key], rtol=1e-10, atol=1e-12)


def test_a_dtype_that_changes_between_two_steps():
    """A block is made anew for every step: it never trains a dtype of before."""
    model = Sequential([Input((8, 8, 2)), Conv2D(4, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(2)], seed=0)
    model.compile(SGD(0.1), "mse")
    x, y = np.random.default_rng(0).normal(size=(2, 8, 8, 2)), np.zeros((2, 2))
    model.train_on_batch(x, y)
    model.cast("float64")
    model.train_on_batch(x, y)
    assert all(array.dtype == "float64" for array in model.grads.values())


def test_a_step_that_breaks_off_leaves_nothing():
    model = Sequential([Input((8, 8, 2)), Conv2D(4, 3), ReLU(), Flatten(), Dense(2)], seed=0)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 2))
    model.forward(x, training=True)
    model.discard()
    with pytest.raises(RuntimeError, match="needs a forward"):
        model.backward(np.zeros((2, 2)))
    model.forward(x, training=True)
    model.forget()
    with pytest.raises(RuntimeError, match="needs a forward"):
        model.backward(np.zeros((2, 2)))


def test_what_is_an_output_itself_joins_nothing():
    """A block never makes the array between its parts, which somebody wants here."""
    x = Input((6, 6, 2))
    y = Conv2D(4, 3)(x)
    z = Flatten()(MaxPooling2D(2)(ReLU()(y)))
    assert len(blocks_of(Model(x, z))) == 1
    assert blocks_of(Model(x, [y, z])) == []
