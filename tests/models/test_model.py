"""The graph: order, names, gradients that meet, what is frozen, what is kept, and its errors."""

import inspect

import numpy as np
import pytest

from minicnn import (
    Add,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    Model,
    ReLU,
    Sequential,
    Sigmoid,
)
from minicnn.models import homework, tinyvgg
from minicnn.models.summary import rows
from tests.oracles import assert_gradient


def chain(**settings):
    return Sequential([Input((6, 6, 2)), Conv2D(3, 3, activation="relu"), Flatten(), Dense(4)], seed=1, **settings)


def branches():
    """Return a layer used twice, a sum, a concatenation, and a model inside."""
    x = Input((6, 6, 2))
    twice = Conv2D(2, 3, padding="same", name="twice")
    a = twice(x)
    b = twice(Sigmoid()(a))  # smooth: difference quotients stumble over kinks
    inner_in = Input((6, 6, 2))
    inner = Model(inner_in, Conv2D(2, 1, name="inside")(inner_in), name="inner")
    return Model(x, Dense(3)(Flatten()(Concatenate()([Add()([a, b]), inner(b), x]))), seed=1)


def test_names_are_keras_names_and_belong_to_the_model():
    model = Sequential(
        [Input((8, 8, 1)), Conv2D(1, 3), Conv2D(1, 3), MaxPooling2D(), ReLU(), Conv2D(1, 1, name="last")]
    )
    assert [layer.name for layer in model.layers] == ["conv2d", "conv2d_1", "max_pooling2d", "re_lu", "last"]
    assert chain().layers[0].name == "conv2d"  # a second model counts from the beginning


def test_gradient_of_a_branched_graph_is_a_slope():
    model, rng = branches().astype("float64"), np.random.default_rng(2)
    x, dy = rng.normal(size=(2, 6, 6, 2)), rng.normal(size=(2, 3))
    model.forward(x, training=True)
    dx = model.backward(dy)
    assert_gradient(model.forward, x, dx, dy, rng)
    grads = dict(model.grads)
    assert set(grads) == set(model.params) and "inner/inside/kernel" in grads
    for key, w in model.params.items():

        def at(value, w=w):
            before = w.copy()
            w[...] = value
            y = model.forward(x)
            w[...] = before
            return y

        assert_gradient(at, w.copy(), grads[key], dy, rng)


def test_record_holds_every_node_and_its_gradient():
    model, rng = branches(), np.random.default_rng(3)
    there, back = {}, {}
    y = model.forward(rng.normal(size=(2, 6, 6, 2)), training=True, record=there)
    dy = rng.normal(size=y.shape).astype("float32")
    model.backward(dy, record=back)
    assert set(there) == set(back) and {"twice", "twice:1", "inner", "inner/inside", "dense"} <= set(there)
    assert all(there[key].shape == back[key].shape for key in there)
    np.testing.assert_array_equal(back["dense"], dy)
    np.testing.assert_array_equal(there["inner"], there["inner/inside"])


def test_frozen_layers_have_no_gradient_and_keep_nothing():
    model = chain()
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    x = np.ones((2, 6, 6, 2), "float32")
    model.forward(x, training=True, need_dx=False, record={})  # layer by layer
    assert not model.layers[0]._saved and len(model.layers[2]._saved) == 1
    model.backward(np.ones((2, 4), "float32"), need_dx=False)
    assert set(model.grads) == {"dense/kernel", "dense/bias"} and not model.layers[0].grads
    model.train_on_batch(x, np.zeros((2, 4)))
    after = model.get_weights()
    assert [np.array_equal(a, b) for a, b in zip(before, after, strict=True)] == [True, True, False, False]


def test_the_first_layer_computes_no_input_gradient_that_nobody_reads(monkeypatch):
    model, calls = chain(), []
    model.compile("sgd", "mse")
    backward = type(model.layers[0])._backward

    def watched(layer, dy, saved, need_dx):
        calls.append(need_dx)
        return backward(layer, dy, saved, need_dx)

    monkeypatch.setattr(Conv2D, "_backward", watched)
    model.train_on_batch(np.ones((2, 6, 6, 2), "float32"), np.zeros((2, 4)))
    assert calls == [False]


def test_backward_with_and_without_dx_pops_everything():
    model = branches()
    x, dy = np.ones((1, 6, 6, 2)), np.ones((1, 3))
    for need in (True, False):
        model.forward(x, training=True)
        assert (model.backward(dy, need_dx=need) is not None) == need
        assert not any(layer._saved for layer in model.layers)
    with pytest.raises(RuntimeError, match="backward needs a forward"):
        model.backward(dy)


def test_a_chain_without_an_input_is_built_from_its_first_batch():
    model = Sequential([Conv2D(2, 3), Flatten(), Dense(1)], seed=4)
    assert not model.built
    y = model.predict(np.ones((2, 5, 5, 3)))
    same = Sequential([Input((5, 5, 3)), Conv2D(2, 3), Flatten(), Dense(1)], seed=4)
    np.testing.assert_array_equal(y, same.predict(np.ones((2, 5, 5, 3))))


def test_open_sizes_are_known_at_the_first_forward():
    model = Sequential([Input((None, None, 1)), Conv2D(2, 3), MaxPooling2D(2)])
    assert model.output_shape == (None, None, None, 2)
    assert model.predict(np.ones((1, 9, 7, 1))).shape == (1, 3, 2, 2)
    with pytest.raises(ValueError, match="larger"):
        model.predict(np.ones((1, 2, 7, 1)))


def test_astype_copies_and_leaves_the_model_alone():
    model = chain()
    model.compile("adam", "mse", metrics=[])
    double = model.astype("float64")
    assert (model.dtype, double.dtype) == ("float32", "float64") and double.loss.name == "mean_squared_error"
    double.params["dense/kernel"][...] = 0
    assert model.params["dense/kernel"].any()
    assert double.predict(np.ones((1, 6, 6, 2), "float32")).dtype == np.float64


def test_empty_batches_give_empty_results():
    assert chain().predict(np.ones((0, 6, 6, 2))).shape == (0, 4)


def test_dropout_draws_from_the_models_seed():
    def drops(seed):
        model = Sequential([Input((50,)), Dropout(0.5)], seed=seed)
        return [model.forward(np.ones((2, 50)), training=True) for _ in range(2)]

    (a, b), (c, d) = drops(1), drops(1)
    np.testing.assert_array_equal([a, b], [c, d])
    assert not np.array_equal(a, b) and not np.array_equal(a, drops(2)[0])


def test_summary_counts():
    text = []
    model = tinyvgg((64, 64), 10)
    model.summary(print_fn=text.append)
    lines = text[0].splitlines()
    assert "19,920 parameters, 19,920 of them trainable; 5,608,780 multiply-adds" in lines[-1]
    assert lines[4].split() == "conv2d Conv2D (N, 62, 62, 10) 280 154,880 1,037,880 3 x 3".split()
    assert [line.split()[-3:] for line in lines if "max_pooling2d_1" in line] == [["16", "x", "16"]]
    assert homework((150, 150), 2).count_params() == 11_215_873
    assert homework((200, 200), 2).count_params() == 20_073_473


def test_receptive_field_is_what_a_gradient_reaches():
    """The pixels that one output depends on, counted by a gradient through positive weights."""
    model = Sequential(
        [Input((40, 40, 1)), Conv2D(1, 3, strides=2), Conv2D(1, 3, dilation_rate=2), MaxPooling2D((3, 2), strides=1)]
    )
    model.set_weights([np.abs(w) + 0.1 for w in model.get_weights()])
    x = np.random.default_rng(0).random((1, 40, 40, 1)) + 1
    y = model.forward(x, training=True)
    reached = np.zeros((40, 40), bool)
    for seed in range(30):  # which pixel wins the pool depends on the picture
        model.forget()
        x = np.random.default_rng(seed).random((1, 40, 40, 1)) + 1
        model.forward(x, training=True)
        dy = np.zeros_like(y)
        dy[0, 5, 5, 0] = 1
        reached |= model.backward(dy)[0, :, :, 0] != 0
    down, across = np.flatnonzero(reached.any(1)), np.flatnonzero(reached.any(0))
    field = rows(model)[-1]["field"]
    assert (np.ptp(down) + 1, np.ptp(across) + 1) == field


def test_receptive_field_of_oblong_windows_and_of_branches():
    """By hand: field + (window - 1) * jump down and across, of two branches the larger one each way."""
    x = Input((30, 30, 1))
    a = Conv2D(1, (3, 5), strides=(2, 1), padding="same")(x)  # 3 x 5, jump 2 x 1
    b = MaxPooling2D((2, 3), strides=(2, 1), padding="same")(x)  # 2 x 3, jump 2 x 1
    joined = Conv2D(1, (1, 3))(Add()([a, b]))  # 3 x (5 + 2 * 1)
    inner_x = Input((15, 28, 1))
    inner = Model(inner_x, Conv2D(1, (2, 1))(inner_x), name="inner")
    y = inner(joined)  # (3 + 1 * 2) x 7
    table = rows(Model(x, Dense(2)(Flatten()(y))))
    fields = {row["name"]: row["field"] for row in table}
    assert fields["add"] == (3, 5) and fields["conv2d_1"] == (3, 7)
    assert fields["inner/conv2d"] == (5, 7)
    assert fields["flatten"] == fields["dense"] == "all"


def test_defaults_of_the_methods():
    """Keras's, where Keras has a number of its own."""

    def defaults(method):
        given = inspect.signature(getattr(Model, method)).parameters.values()
        return {one.name: one.default for one in given if one.default is not inspect.Parameter.empty}

    assert defaults("fit") == {
        "y": None, "batch_size": None, "epochs": 1, "verbose": "auto", "callbacks": None, "validation_split": 0.0,
        "validation_data": None, "shuffle": True, "class_weight": None, "sample_weight": None, "initial_epoch": None,
        "steps_per_epoch": None, "validation_steps": None, "validation_batch_size": None, "validation_freq": 1,
        "seed": None,
    }  # fmt: skip
    measuring = {"batch_size": None, "verbose": 0, "steps": None, "callbacks": None}
    assert defaults("evaluate") == {**measuring, "y": None, "sample_weight": None, "return_dict": False}
    assert defaults("predict") == measuring
    one = {"y": None, "sample_weight": None, "return_dict": False}
    assert defaults("train_on_batch") == {**one, "class_weight": None} and defaults("test_on_batch") == one
    assert defaults("compile") == {
        "optimizer": "rmsprop", "loss": None, "loss_weights": None, "metrics": None, "weighted_metrics": None,
    }  # fmt: skip
    assert defaults("forward")["training"] is False


def test_multiply_adds_are_those_of_layers_alone():
    x = Input((4,))
    inner = Model(x, Dense(3)(x))
    assert Model(x, Dense(2)(inner(x))).multiply_adds() == 4 * 3 + 3 * 2
    assert tinyvgg((64, 64), 10).multiply_adds() == 5_608_780


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Model(Input((3,)), Dense(2)(Input((3,)))), "Missing: 'input_layer"),
        (lambda: Model([], Dense(2)(Input((3,)))), "`inputs` must be symbolic tensors"),
        (lambda: Model(np.ones(3), np.ones(3)), "`inputs` must be symbolic tensors"),
        (lambda: Sequential([Input((3,)), Dense(2, name="a"), Dense(2, name="a")]), "unique in a model"),
        (lambda: Sequential([Input((4, 4, 1)), Conv2D(1, 5)]), "larger"),
        (lambda: Sequential([Input((4, 4, 1)), Conv2D(1, 1), Input((4, 4, 1))]), "Only the first layer"),
        (lambda: chain().get_layer("nobody"), "`name` must be one of the layers 'conv2d', 'flatten', 'dense'"),
        (lambda: chain().set_weights([np.ones(3)]), "has 4 arrays. Received: 1"),
        (
            lambda: chain().predict(np.ones((1, 6, 6, 3))),
            "must fit its arrays, which were made for shape (None, 6, 6, 2). Received: x.shape=(1, 6, 6, 3)",
        ),
    ],
)
def test_errors(make, sentence):
    with pytest.raises(ValueError, match=".") as error:
        make()
    assert sentence in str(error.value)


def test_a_layer_twice_in_a_chain():
    layer = Dense(3)
    with pytest.raises(ValueError, match="cannot hold the same layer twice"):
        Sequential([Input((3,)), layer, layer])


# ---- outputs that are read twice, or by nobody -----------------------------------------------------------------------


def test_one_tensor_as_two_outputs_adds_its_gradients():
    x = Input((3,))
    z = Dense(2)(x)
    model, ones = Model(x, [z, z], seed=1).astype("float64"), np.ones((4, 2))
    model.forward(np.ones((4, 3)), training=True)
    model.backward([2 * ones, 3 * ones])
    np.testing.assert_array_equal(model.grads["dense/bias"], [20, 20])


@pytest.mark.parametrize("read", [0, 1])
def test_a_model_inside_of_which_one_output_is_read(read):
    """A feature extractor: what leads to the other output alone gets no gradient, and training leaves it as it is."""
    inside = Input((6, 6, 2))
    first = Conv2D(3, 3, name="first")(inside)
    second = Conv2D(3, 1, name="second")(first)
    inner = Model(inside, [first, second], name="inner")
    x = Input((6, 6, 2))
    model = Model(x, Dense(2)(Flatten()(inner(x)[read])), seed=1)
    model.compile("adam", "mse")
    before = {key: array.copy() for key, array in model.params.items()}
    model.train_on_batch(np.random.default_rng(0).normal(size=(3, 6, 6, 2)), np.zeros((3, 2)))
    changed = {key for key, array in model.params.items() if (array != before[key]).any()}
    unread = {"inner/second/kernel", "inner/second/bias"} if read == 0 else set()
    assert changed == set(before) - unread
    proof, rng = model.astype("float64"), np.random.default_rng(2)
    x, dy = rng.normal(size=(2, 6, 6, 2)), rng.normal(size=(2, 2))
    proof.forward(x, training=True)
    assert_gradient(proof.forward, x, proof.backward(dy), dy, rng)


def test_a_record_of_gradients_needs_a_record_before():
    model = Sequential([Input((6, 6, 2)), Conv2D(3, 3), ReLU(), Flatten(), Dense(4)], seed=1)
    x = np.ones((1, 6, 6, 2))
    model.forward(x, training=True)
    with pytest.raises(RuntimeError, match="needs a forward\\(record"):
        model.backward(np.ones((1, 4)), record={})
    model.forget()
    values, gradients = {}, {}
    model.forward(x, training=True, record=values)
    model.backward(np.ones((1, 4)), record=gradients)
    assert values.keys() == gradients.keys()


def test_logits_of_a_model_that_ends_in_no_activation_are_its_output():
    model = Sequential([Input((6, 6, 2)), Conv2D(3, 3), Flatten()], seed=1)
    x = np.ones((1, 6, 6, 2))
    np.testing.assert_array_equal(model.forward(x, logits=True), model.forward(x))
