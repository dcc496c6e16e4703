"""One layer at several shapes, inputs with or without a last axis of 1, models that begin anywhere: all as in Keras."""

import threading

import numpy as np
import pytest

import minicnn
from minicnn import (
    Add,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Model,
    Sequential,
    initializers,
    load_model,
)
from minicnn.explain import trace
from minicnn.models import configs
from minicnn.models.summary import rows
from tests.keras_oracle import keras


def draw(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype="float32")


def shared_convolution(of):
    """Return one Conv2D on 8 x 8 and 4 x 4 maps, one MaxPooling2D reused down the chain."""
    x = of.Input((8, 8, 3))
    conv, pool = of.Conv2D(3, 3, padding="same", activation="relu", name="conv"), of.MaxPooling2D(2, name="pool")
    a = conv(x)
    b = conv(pool(a))
    c = of.Conv2D(5, 1, name="wide")(pool(b))
    ends = [of.GlobalAveragePooling2D()(each) for each in (a, b, pool(c))]
    return x, of.Dense(2)(of.Concatenate()(ends))


@pytest.mark.parametrize("way", ["ours", "keras"])
def test_one_layer_at_several_shapes_equals_keras(way, tmp_path):
    """Cases layer_at_two_shapes and conv_pool_predict."""
    path = tmp_path / "m.keras"
    if way == "ours":
        ours = Model(*shared_convolution(minicnn), seed=1)
        ours.compile("sgd", "mse")
        ours.save(path)
        theirs = keras.saving.load_model(path)
    else:
        theirs = keras.Model(*shared_convolution(keras.layers))
        theirs.compile("sgd", "mse")
        theirs.save(path)
        ours = load_model(path)
    theirs.run_eagerly = True
    x, y = draw(4, 8, 8, 3), draw(4, 2, seed=1)
    for _ in range(3):
        np.testing.assert_allclose(ours.train_on_batch(x, y), theirs.train_on_batch(x, y), rtol=1e-5)
        for _ in range(3):  # step by step, recorded, played
            np.testing.assert_allclose(ours.predict(x), np.asarray(theirs(x)), rtol=1e-5, atol=1e-6)
    for got, want in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_a_normalization_called_twice_sees_its_batches_in_keras_order():
    """The moving mean forgets: it tells which call came last. Here the one that the sum reads second comes first."""

    def make(of):
        x, norm = of.Input((3,)), of.BatchNormalization(momentum=0.5)
        return x, of.Add()([of.Activation("tanh")(norm(each)) for each in (of.Dense(3)(x), x)])

    ours, theirs = Model(*make(minicnn), seed=1), keras.Model(*make(keras.layers))
    theirs.set_weights(ours.get_weights())
    x = draw(5, 3)
    ours.forward(x, training=True)
    theirs(x, training=True)
    for got, want in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7)


def test_each_call_has_its_own_row_and_place():
    model = Model(*shared_convolution(minicnn), seed=1)
    found = {row["name"]: (row["shape"][1:], row["params"], row["multiply_adds"], row["field"]) for row in rows(model)}
    assert found["conv"] == ((8, 8, 3), 84, 8 * 8 * 81, (3, 3))
    assert found["conv:1"] == ((4, 4, 3), 0, 4 * 4 * 81, (8, 8))
    assert [found[name][0] for name in ("pool", "pool:1", "pool:2")] == [(4, 4, 3), (2, 2, 3), (1, 1, 5)]
    assert model.multiply_adds() == 8 * 8 * 81 + 4 * 4 * 81 + 2 * 2 * 15 + 22
    x = draw(1, 8, 8, 3)
    values = {}
    model.forward(x, record=values)
    assert trace(model, x, "conv:1", (3, 2, 1)).value == pytest.approx(float(values["conv:1"][0, 3, 2, 1]), abs=1e-6)


def test_a_model_inside_at_two_sizes_is_counted_at_both():
    x = Input((None, None, 2))
    inner = Model(x, Conv2D(3, 3, name="c")(x), name="inner")
    i = Input((8, 8, 2))
    ends = [GlobalAveragePooling2D()(inner(each)) for each in (i, MaxPooling2D(2)(i))]
    model = Model(i, Add()(ends), seed=0)
    found = {row["name"]: row["shape"] for row in rows(model)}  # of two calls as deep, Keras runs the later one first
    assert (found["inner/c"], found["inner:1/c"]) == ((None, 2, 2, 3), (None, 6, 6, 3))
    assert model.multiply_adds() == (36 + 4) * 54
    assert inner.multiply_adds() is None


@pytest.mark.parametrize("begin", [[], [(8, 8, 3)]])
def test_a_chain_takes_pictures_of_a_second_size(begin, tmp_path):
    def make(of):
        return [*map(of.Input, begin), of.Conv2D(2, 3), of.MaxPooling2D(2), of.GlobalAveragePooling2D(), of.Dense(2)]

    ours, theirs = Sequential(make(minicnn), seed=1), keras.Sequential(make(keras.layers))
    first, second = draw(2, 8, 8, 3), draw(2, 11, 6, 3)
    ours(first), theirs(first)
    theirs.set_weights(ours.get_weights())
    ours.compile("sgd", "mse")
    theirs.compile("sgd", "mse", run_eagerly=True)
    for x in (second, first, second, second):
        np.testing.assert_allclose(ours.predict(x), np.asarray(theirs(x)), rtol=1e-5, atol=1e-6)
        got, want = ours.train_on_batch(x, draw(2, 2)), theirs.train_on_batch(x, draw(2, 2))
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="larger input"):
        ours.predict(draw(2, 2, 9, 3))
    with pytest.raises(ValueError, match="must fit its arrays"):
        ours.predict(draw(2, 9, 9, 4))
    if begin:
        for symbolic in (ours, theirs):  # in a graph the Input's sizes hold: so in Keras
            with pytest.raises(ValueError, match=r"None, 8, 8, 3"):
                symbolic((Input if symbolic is ours else keras.Input)((6, 6, 3)))


def test_dense_after_flatten_keeps_its_size():
    model = Sequential([Conv2D(2, 3), Flatten(), Dense(2)])
    model.predict(draw(1, 6, 6, 1))
    with pytest.raises(ValueError) as error:
        model.predict(draw(1, 7, 6, 1))
    assert str(error.value) == (
        "Input of layer 'dense' must fit its arrays, which were made for shape (None, 32). Received: x.shape=(1, 40)."
    )


def test_a_first_batch_that_is_refused_leaves_no_trace():
    model = Sequential([Conv2D(2, 3), GlobalAveragePooling2D()])
    with pytest.raises(ValueError, match="larger input"):
        model.predict(draw(1, 2, 2, 1))
    assert not model.built and model.predict(draw(1, 5, 5, 3)).shape == (1, 2)
    assert [type(layer).__name__ for layer in (*model.layers, model.nodes[0].layer)] == [
        "Conv2D",
        "GlobalAveragePooling2D",
        "InputLayer",
    ]


# ---- a last axis of 1 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(6, 6, 1), (1,), (4, 1)])
@pytest.mark.parametrize("chain", [True, False])
def test_a_last_axis_of_1_may_be_left_out_or_be_one_too_many(shape, chain):
    def make(of):
        x = of.Input(shape)
        layers = [of.Flatten(), of.Dense(2)]
        if chain:
            return (minicnn if of is minicnn else keras).Sequential([x, *layers])
        return (minicnn if of is minicnn else keras).Model(x, layers[1](layers[0](x)))

    ours, theirs = make(minicnn), make(keras.layers)
    theirs.set_weights(ours.get_weights())
    for model, how in ((ours, {}), (theirs, {"run_eagerly": True})):
        model.compile("sgd", "mse", **how)
    full, y = draw(5, *shape), draw(5, 2, seed=1)
    for x in (full[..., 0], full, full[..., None]):
        want = np.asarray(theirs(x))
        for got in (ours(x), ours.predict(x), ours.predict(x, batch_size=2), ours.predict([full])):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(ours.evaluate(x, y), theirs.evaluate(x, y, verbose=0), rtol=1e-5)
        ours.fit(x, y, verbose=0, shuffle=False)
        theirs.fit(x, y, verbose=0, shuffle=False)
        for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
        ours.forward(x, training=True)
        assert ours.backward(np.ones((5, 2))).shape == x.shape
    with pytest.raises(ValueError, match="must have shape"):
        ours.predict(full[..., None, None])


def test_nothing_else_is_added_or_taken():
    model = Sequential([Input((3,)), Dense(2)])
    assert model.predict(draw(5, 3, 1)).shape == (5, 2)
    for wrong in (draw(5), draw(5, 3, 2), draw(3)):
        with pytest.raises(ValueError, match=r"must have shape \(None, 3\)\. Received: x\.shape="):
            model.predict(wrong)
    pair = Model([a := Input((3,)), b := Input((3,))], Add()([a, b]))
    with pytest.raises(ValueError, match="takes 2 inputs. Received: 3"):
        pair([draw(2, 3)] * 3)
    with pytest.raises(ValueError, match="equally many examples. Received: 2, 1"):
        pair([draw(2, 3), draw(1, 3)])


def test_the_batch_is_no_part_of_an_inputs_shape():
    with pytest.raises(ValueError) as error:
        Sequential([Input((None, 8, 8, 3)), Conv2D(2, 3)])
    assert str(error.value) == (
        "Layer 'conv2d' takes images of shape (None, height, width, channels). Received: "
        "input_shape=(None, None, 8, 8, 3). (Input's shape is without the batch.)"
    )


# ---- models that begin anywhere --------------------------------------------------------------------------------------


def residual(of):
    x = of.Input((8, 8, 2))
    middle = of.MaxPooling2D(2, name="pool")(of.Conv2D(3, 3, padding="same", name="first")(x))
    last = of.Add(name="sum")([of.Conv2D(3, 1, name="left")(middle), of.Conv2D(3, 1, name="right")(middle)])
    return x, middle, last


def test_a_model_begins_at_a_tensor_between(tmp_path):
    x, middle, last = residual(minicnn)
    whole, head, tail = Model(x, last, seed=1), Model(x, middle), Model(middle, last)
    pictures = draw(3, 8, 8, 2)
    between = head.predict(pictures)
    np.testing.assert_allclose(tail.predict(between), whole.predict(pictures), rtol=1e-6, atol=1e-6)
    kx, kmiddle, klast = residual(keras.layers)
    twin, ktail = keras.Model(kx, klast), keras.Model(kmiddle, klast)
    assert [layer.name for layer in tail.layers][1:] == [layer.name for layer in ktail.layers][1:]
    twin.set_weights(whole.get_weights())
    np.testing.assert_allclose(tail.predict(between), np.asarray(ktail(between)), rtol=1e-5, atol=1e-6)
    tail.save(tmp_path / "tail.keras")
    loaded = keras.saving.load_model(tmp_path / "tail.keras")
    np.testing.assert_allclose(np.asarray(loaded(between)), tail.predict(between), rtol=1e-5, atol=1e-6)
    tail.compile("sgd", "mse")
    before = whole.predict(pictures)
    tail.train_on_batch(between, np.zeros((3, 4, 4, 3)))  # the layers are shared
    assert not np.allclose(whole.predict(pictures), before)
    np.testing.assert_allclose(tail.predict(between), whole.predict(pictures), rtol=1e-6, atol=1e-6)


def test_what_is_given_is_never_computed():
    """One output of a model inside is given from outside, the other one computed."""
    i = Input((3,))
    a = Dense(3, name="a")(i)
    inner = Model(i, [a, Dense(3, name="b")(a)], name="inner")
    x = Input((3,))
    one, other = inner(x)
    model = Model([x, one], Add()([one, other]), seed=1)
    rows, given = draw(2, 3), np.full((2, 3), 100, "float32")
    np.testing.assert_allclose(model.predict([rows, given]), given + inner.predict(rows)[1], rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match="`inputs` must name each tensor once"):
        Model([x, x], one)
    with pytest.raises(ValueError, match="Missing: 'input_layer"):
        Model(other, one)


def test_a_second_model_of_the_same_calls_leaves_the_firsts_names_alone():
    x, shared = Input((3,)), Dense(3, name="d")
    first = shared(x)
    second = shared(first)
    both = Model(x, [first, second], seed=1)
    Model(first, second)
    values = {}
    both.forward(draw(2, 3), record=values)
    assert list(values) == ["input_layer", "d", "d:1"]


# ---- flags, seeds, blank weights -------------------------------------------------------------------------------------


def chain():
    return Sequential([Input((3,)), Dense(2)])


@pytest.mark.parametrize("make", [lambda: Model(*shared_convolution(minicnn)), chain])
def test_from_config_keeps_that_a_model_is_frozen(make):
    model = make()
    model.trainable = False
    model.layers[-1].trainable = True
    for copy in (type(model).from_config(model.get_config()), model.astype("float64")):
        assert copy.trainable is False and not copy.params
        assert [layer.trainable for layer in copy.layers] == [layer.trainable for layer in model.layers]
    model = make()
    model.layers[-1].trainable = False
    copy = type(model).from_config(model.get_config())
    assert copy.trainable and not copy.layers[-1].trainable


def test_layers_added_one_by_one_start_as_in_a_list():
    listed = Sequential([Input((4,)), Dense(4), Dense(4)], seed=3)
    added = Sequential(seed=3)
    for layer in (Input((4,)), Dense(4), Dense(4)):
        added.add(layer)
    for one, other in zip(listed.get_weights(), added.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    first, _, second, _ = added.get_weights()
    assert not np.array_equal(first, second)


def test_blank_is_what_a_file_is_read_into_and_nothing_else(tmp_path, monkeypatch):
    """While one thread stands in the middle of loading a file, another makes models: theirs are drawn.

    Case blank_race.
    """
    path, inside, go_on = tmp_path / "m.keras", threading.Event(), threading.Event()
    Sequential([Input((3,)), Dense(3), Dense(2)], seed=1).save(path)
    build, drawn = Dense._build, []

    def slow(layer, shape, rng):
        build(layer, shape, rng)
        if threading.current_thread() is not threading.main_thread():
            drawn.append(layer.params["kernel"].any())
            inside.set()
            go_on.wait(60)

    monkeypatch.setattr(Dense, "_build", slow)
    loader = threading.Thread(target=load_model, args=(path,))
    loader.start()
    assert inside.wait(60)
    made = Sequential([Input((3,)), Dense(3), minicnn.BatchNormalization()])
    go_on.set()
    loader.join()
    assert made.get_weights()[0].all() and made.get_weights()[2].all() and not any(drawn) and len(drawn) == 2


def test_a_layer_that_joins_a_loaded_chain_is_drawn(tmp_path):
    Sequential([Input((3,)), Dense(3)]).save(tmp_path / "m.keras")
    model = load_model(tmp_path / "m.keras")
    model.add(Dense(2))
    assert model.get_weights()[2].all()
    assert isinstance(model._rng, np.random.Generator) and not isinstance(model._rng, initializers.Blank)


def test_summary_of_what_is_not_built():
    text = []
    Sequential([Conv2D(2, 3), Sequential([Dense(2, name="last")], name="inner")]).summary(
        print_fn=text.append, expand_nested=True
    )
    lines = text[0].splitlines()
    assert lines[2].split() == ["conv2d", "Conv2D", "?", "0", "?", "?", "?", "x", "?"]
    assert lines[3].split()[:3] == ["inner/last", "Dense", "?"]
    assert lines[-1].endswith("0 parameters, 0 of them trainable; an open number of multiply-adds an example")


def test_summary_of_a_built_model_in_one_that_is_not():
    """Its shapes are known; how much of the picture its numbers see is not."""
    deep = Sequential([Conv2D(3, 2, name="last")], name="b")
    inner = Sequential([Input((8, 8, 1)), Conv2D(2, 3, name="first"), deep], name="a")
    table = rows(Sequential([Conv2D(1, 3, padding="same", name="new"), inner]))
    assert [(row["name"], row["shape"], row["params"], row["field"]) for row in table] == [
        ("new", None, 0, None),
        ("a/first", (None, 6, 6, 2), 20, None),
        ("a/b/last", (None, 5, 5, 3), 27, None),
    ]


# ---- what is read from files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "fits"), [(8192, True), (8193, False)])
def test_a_picture_that_would_fill_the_memory_is_refused_when_loaded(side, fits, tmp_path):
    """2**26 numbers of one example may lie between two layers."""
    Sequential([Input((side, side, 1)), GlobalAveragePooling2D(), Dense(1)]).save(tmp_path / "m.keras")
    if fits:
        assert load_model(tmp_path / "m.keras").input_shape == (None, side, side, 1)
        return
    with pytest.raises(ValueError, match=f"gives {side**2} numbers for one example; more than {2**26} are not comp"):
        load_model(tmp_path / "m.keras")


@pytest.mark.parametrize(
    ("said", "training"),
    [
        ({}, None),
        ({"training": None}, None),
        ({"training": False}, False),
        ({"training": 1}, True),
        ({"mask": None, "training": True}, True),
        ({"mask": [None, None]}, None),
        ({"masks": {"a": None, "b": None}}, None),
    ],
)
def test_what_a_call_in_a_file_says_beside_its_inputs(said, training):
    assert configs._training("dense", said) is training


@pytest.mark.parametrize("said", [{"mask": 1}, {"mask": [None, 1]}, {"mask": {"a": None, "b": 0}}])
def test_what_no_layer_takes_is_refused_by_name(said):
    with pytest.raises(ValueError, match="Layer 'dense' is called with `mask`, which no layer of minicnn takes"):
        configs._training("dense", {"training": True, **said})
