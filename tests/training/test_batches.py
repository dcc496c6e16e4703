"""What fit, evaluate and predict take for batches, in which order they go through them, and what they refuse."""

import numpy as np
import pytest

import minicnn
from minicnn import Dense, Flatten, Input, Model, Sequential
from minicnn.training.array_batches import ArrayBatches

rng = np.random.default_rng(0)
X = rng.random((20, 4, 4, 1), dtype=np.float32)
Y = rng.integers(3, size=20)
PAIRS = [(X[at : at + 8], Y[at : at + 8]) for at in range(0, 20, 8)]


def model(loss="sparse_categorical_crossentropy", units=3, seed=1, **settings):
    net = Sequential([Input((4, 4, 1)), Flatten(), Dense(units, activation="softmax")], seed=seed)
    net.compile("sgd", loss, **settings)
    return net


class Items:
    """Keras 2's Sequence: a length and items. Asked for one beyond the last it goes on, as slices do."""

    def __init__(self):
        self.asked, self.ended = [], 0

    def __len__(self):
        return 3

    def __getitem__(self, at):
        self.asked.append(at)
        return X[8 * at : 8 * at + 8], Y[8 * at : 8 * at + 8]

    def on_epoch_end(self):
        self.ended += 1


class Words:
    """A list of batches that counts what Keras's PyDataset is told."""

    def __init__(self):
        self.words = []

    def __iter__(self):
        self.words.append("batches")
        return iter(PAIRS)

    def on_epoch_begin(self):
        self.words.append("begin")

    def on_epoch_end(self):
        self.words.append("end")


def watched():
    """Make a net that notes which examples it sees, numbers 0 to 11, and the data."""

    class Watch(Flatten):
        def _forward(self, x, training):
            if training:
                seen[-1].extend(x[:, 0].astype(int).tolist())
            return super()._forward(x, training)

    seen = []
    net = Sequential([Input((1,)), Watch(), Dense(1)], seed=3)
    net.compile(minicnn.SGD(1e-6), "mse")
    note = minicnn.Callback()
    note.on_epoch_begin = lambda epoch, logs: seen.append([])
    x = np.arange(12, dtype="float32")[:, None]
    return net, seen, {"x": x, "y": x, "batch_size": 4, "verbose": 0, "callbacks": note}


# ---- objects that give batches ---------------------------------------------------------------------------------------


def test_a_length_and_items_are_gone_through_once_an_epoch():
    """Case seq_hang."""
    items, net, other = Items(), model(), model()
    net.fit(items, epochs=2, verbose=0)
    other.fit(PAIRS, epochs=2, verbose=0)
    assert items.asked == [0, 1, 2, 0, 1, 2] and items.ended == 2
    np.testing.assert_array_equal(net.predict(X), other.predict(X))
    assert net.evaluate(items) == other.evaluate(X, Y, batch_size=8)
    np.testing.assert_array_equal(net.predict(items), net.predict(X, batch_size=8))
    assert items.asked == [0, 1, 2] * 4 and items.ended == 4
    net.fit(X, Y, validation_data=items, verbose=0)
    assert items.ended == 5


def test_a_dataset_is_told_when_epochs_begin_and_end():
    words = Words()
    model().fit(words, epochs=2, verbose=0)
    assert words.words == ["begin", "batches", "end"] * 2


def test_pydataset_of_keras():
    """Case seq_hang, of Keras."""
    from tests.keras_oracle import keras

    class Data(keras.utils.PyDataset):
        ended = 0

        def __len__(self):
            return 3

        def __getitem__(self, at):
            return PAIRS[at]

        def on_epoch_end(self):
            self.ended += 1

    data, net, other = Data(), model(), model()
    net.fit(data, epochs=3, verbose=0)
    other.fit(PAIRS, epochs=3, verbose=0)
    assert data.ended == 3
    np.testing.assert_array_equal(net.predict(X), other.predict(X))


def test_batches_may_be_lists():
    """As torch's DataLoader gives them: fit, evaluate and predict take the same."""
    lists = [list(pair) for pair in PAIRS]
    net, other = model(), model()
    net.fit(lists, verbose=0)
    other.fit(PAIRS, verbose=0)
    np.testing.assert_array_equal(net.predict(lists), other.predict(X, batch_size=8))
    np.testing.assert_array_equal(net.predict([(x,) for x, _ in PAIRS]), net.predict(X, batch_size=8))
    np.testing.assert_array_equal(net.predict([x] for x, _ in PAIRS), net.predict(X, batch_size=8))
    assert net.evaluate(lists) == other.evaluate(PAIRS)


def test_dataloader_of_torch():
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    loader = torch.utils.data.DataLoader(data, batch_size=8)
    net, other = model(), model()
    net.fit(loader, epochs=2, verbose=0)
    other.fit(PAIRS, epochs=2, verbose=0)
    np.testing.assert_array_equal(net.predict(loader), other.predict(X, batch_size=8))


def test_lists_for_several_inputs():
    a, b = Input((2,)), Input((2,))
    net = Model([a, b], minicnn.Add()([a, b]))
    x, y = rng.random((2, 6, 2), dtype=np.float32)
    for batches in ([([x, y], y)], iter([[x, y]]), iter([[[x, y], y]])):
        np.testing.assert_array_equal(net.predict(batches), x + y)


# ---- the order of the examples ---------------------------------------------------------------------------------------


def test_each_epoch_sees_every_example_once_in_another_order():
    net, seen, how = watched()
    net.fit(epochs=3, **how)
    assert all(sorted(row) == list(range(12)) for row in seen)
    assert len({tuple(row) for row in [*seen, range(12)]}) == 4


def test_a_loop_of_calls_shuffles_like_one_call():
    net, seen, how = watched()
    net.fit(epochs=4, **how)
    loop, parts, how = watched()
    for _ in range(2):
        loop.fit(epochs=1, **how)
    loop.fit(epochs=2, **how)
    assert parts == seen and loop.epochs == net.epochs == 4


def test_an_initial_epoch_that_is_given_wins():
    net, seen, how = watched()
    net.fit(epochs=4, **how)
    later, parts, how = watched()
    later.fit(epochs=4, initial_epoch=2, **how)  # a fresh net: as after load_model
    later.fit(epochs=1, **how)
    assert parts[:2] == seen[2:] and later.epochs == 5
    later.fit(epochs=1, initial_epoch=0, **how)
    assert parts[3] == seen[0] and later.epochs == 1


def test_an_order_without_shuffle_is_the_data_s_own():
    net, seen, how = watched()
    net.fit(epochs=2, shuffle=False, **how)
    x = how.pop("x")
    net.fit([(x[at : at + 4], x[at : at + 4]) for at in (8, 0, 4)], epochs=1, **how | {"y": None})
    assert seen[:2] == [list(range(12))] * 2 and seen[2] == [8, 9, 10, 11, *range(8)]


def test_what_is_measured_keeps_its_order():
    """Or else the last bits of a mean would change from run to run."""

    class Watch(Flatten):
        def _forward(self, x, training):
            seen.extend([] if training else x[:, 0].astype(int).tolist())
            return super()._forward(x, training)

    seen, x = [], np.arange(12, dtype="float32")[:, None]
    net = Sequential([Input((1,)), Watch(), Dense(1)])
    net.compile(minicnn.SGD(1e-6), "mse")
    for data in ((x, x), [x, x], [(x, x)]):
        net.fit(x, x, validation_data=data, verbose=0)
    net.evaluate(x, x, batch_size=5)
    net.predict(x, batch_size=5)
    assert seen == list(range(12)) * 5


def test_a_loaded_file_begins_at_the_first_order(tmp_path):
    net = model()
    net.fit(X, Y, epochs=2, verbose=0)
    net.save(tmp_path / "net.keras")
    assert net.epochs == 2 and minicnn.load_model(tmp_path / "net.keras").epochs == 0


def test_an_epoch_that_was_broken_off_comes_again():
    net, seen, how = watched()
    stop = minicnn.Callback()

    def interrupt(batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    stop.on_train_batch_end = interrupt
    with pytest.raises(KeyboardInterrupt):
        net.fit(epochs=2, **how | {"callbacks": [how["callbacks"], stop]})
    net.fit(epochs=1, **how)
    assert seen[0] == seen[1][:8] and net.epochs == 1


def test_another_seed_is_another_order():
    net, seen, how = watched()
    for seed in (None, 3, 4):
        net.fit(initial_epoch=0, epochs=1, seed=seed, **how)
    assert seen[0] == seen[1] != seen[2]


def test_batches_of_an_epoch_hold_every_example_once():
    batches = ArrayBatches(np.arange(10), np.arange(10), 3, shuffle=True, seed=5)
    orders = []
    for epoch in range(2):
        batches.epoch = epoch
        orders.append([value for x, _ in batches for value in x])
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10)) and orders[0] != orders[1]


def test_batches_know_how_many_they_are():
    batches = ArrayBatches(np.arange(10), np.arange(10), 4)
    assert len(batches) == 3 and [len(y) for _, y in batches] == [4, 4, 2]


# ---- class_weight ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["integers", "one-hot", "column", "binary", "binary column", "regression"])
def test_class_weights_are_keras_s(kind):
    from tests.keras_oracle import keras

    binary, weights = kind.startswith("binary"), {0: 0.5, 1: 3.0}
    loss = {"one-hot": "categorical_crossentropy", "regression": "mse"}.get(kind, "sparse_categorical_crossentropy")
    units, head = (1, "sigmoid") if binary else (1, None) if kind == "regression" else (3, "softmax")
    y = Y % 2 if binary else np.eye(3, dtype="float32")[Y] if kind == "one-hot" else Y
    y = y[:, None] if kind in ("column", "binary column", "regression") else y
    loss = "binary_crossentropy" if binary else loss
    theirs = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(units, activation=head)])
    ours = Sequential([Input((4,)), Dense(units, activation=head)])
    ours.set_weights(theirs.get_weights())
    theirs.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)
    ours.compile(minicnn.SGD(0.1), loss)
    x = X.reshape(20, 16)[:, :4]
    settings = {"batch_size": 8, "epochs": 2, "shuffle": False, "class_weight": weights, "verbose": 0}
    want = theirs.fit(x, y.astype("float32") if binary else y, **settings).history["loss"]
    np.testing.assert_allclose(ours.fit(x, y, **settings).history["loss"], want, rtol=1e-5)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_class_weights_by_hand():
    """A weight multiplies its examples' losses; the sum is still divided by how many they are."""
    net, one_hot = model(), np.eye(3)[Y]
    each = -np.log(net.predict(X)[np.arange(20), Y])
    weights = np.array([2.0, 1.0, 0.25])[Y]
    given = {0: 2, np.int64(2): np.float32(0.25)}  # a class that is not named counts 1
    assert net.train_on_batch(X, Y, class_weight=given) == pytest.approx((weights * each).sum() / 20, rel=1e-5)
    net = model("categorical_crossentropy")
    assert net.train_on_batch(X, one_hot, class_weight=given) == pytest.approx((weights * each).sum() / 20, rel=1e-5)
    assert model().train_on_batch(X, Y, class_weight={}) == pytest.approx(each.mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({3: 1.0}, "classes, integers from 0 to 2, as keys. Received: key 3."),
        ({-1: 1.0}, "Received: key -1."),
        ({"0": 1.0}, "Received: key '0'."),
        ({0.5: 1.0}, "Received: key 0.5."),
        ({np.nan: 1.0}, "Received: key nan."),
        ({None: 1.0}, "Received: key None."),
        ({0: None}, "finite numbers of at least 0 as weights. Received: None for class 0."),
        ({1: np.nan}, "Received: nan for class 1."),
        ({1: np.inf}, "Received: inf for class 1."),
        ({1: -1}, "Received: -1 for class 1."),
        ({1: "2"}, "Received: '2' for class 1."),
        ([1.0, 2.0, 1.0], "`class_weight` must be a dict, class -> weight: {0: 1.0, 1: 2.5}. Received: class_weight=["),
        ("balanced", "Received: class_weight='balanced'."),
    ],
)
@pytest.mark.parametrize("built", [True, False])
def test_class_weights_that_are_refused(given, sentence, built):
    net = model() if built else Sequential([Flatten(), Dense(3, activation="softmax")])
    net.compile("sgd", "sparse_categorical_crossentropy")
    for call in (net.fit, net.train_on_batch):
        with pytest.raises((ValueError, TypeError)) as error:
            call(X, Y, class_weight=given, **({"verbose": 0} if call == net.fit else {}))
        assert sentence in str(error.value) and str(error.value).startswith("`class_weight` must")
    assert net.optimizer.iterations == 0 and net.evaluate(X, Y) > 0


@pytest.mark.parametrize("one_hot", [False, True])
def test_class_weights_of_label_maps_are_refused(one_hot):
    net = Sequential([Input((4, 4, 1)), minicnn.Conv2D(3, 1, activation="softmax")])
    net.compile("sgd", "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy")
    y = rng.integers(3, size=(20, 4, 4))
    with pytest.raises(ValueError, match=r"`class_weight` needs one class an example. Received: y.shape=\(20, 4, 4"):
        net.fit(X, np.eye(3)[y] if one_hot else y, class_weight={0: 1.0}, verbose=0)


# ---- what is refused -------------------------------------------------------------------------------------------------


def generate():
    yield from PAIRS


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda net: net.fit(X, Y, validation_data=(X,)), "`validation_data` must be (x, y), or batches. Received: 1"),
        (
            lambda net: net.fit(X, Y, validation_data=[X, Y, Y, Y]),
            "`validation_data` must be (x, y), or batches. Receiv",
        ),
        (
            lambda net: net.fit(X, Y, validation_data=(X, Y, Y[:3])),
            "`sample_weight` must hold a weight for each of 20 ex",
        ),
        (
            lambda net: net.fit(X, Y, validation_data=iter(PAIRS)),
            "over again each epoch (a list, a sequence), not an it",
        ),
        (lambda net: net.fit(generate), "Batches must be an object that can be iterated over again each epoch"),
        (lambda net: net.fit(generate(), epochs=2), "not an iterator or a function. Received: generator."),
        (lambda net: net.fit(None), "not an iterator or a function. Received: NoneType."),
        (lambda net: net.fit(X, np.array(["shirt", "hat"] * 10)), "`y` must be an array of numbers; np.unique(y, "),
        (lambda net: net.fit(X, ["shirt", "hat"] * 10), "makes classes of names. Received: dtype=<U5, shape=(20,)."),
        (lambda net: net.fit([(X, ["shirt", "hat"] * 10)], verbose=0), "`y` must be an array of numbers"),
        (lambda net: net.train_on_batch(X, ["shirt", "hat"] * 10), "`y` must be an array of numbers"),
        (lambda net: net.evaluate(X, [None] * 20), "Received: dtype=object, shape=(20,)."),
        (lambda net: net.fit(X, [[1, 2], [1]] * 10), "`y` must be one array: its rows have unequal lengths or shapes"),
        (lambda net: net.fit([(X,)], verbose=0), "Each batch must be (x, y). Received: batch 0 is a tuple of 1."),
        (
            lambda net: net.fit([(X, Y, Y, Y)], verbose=0),
            "Each batch must be (x, y). Received: batch 0 is a tuple of 4.",
        ),
        (
            lambda net: net.evaluate([(X, Y, Y[:2])]),
            "`sample_weight` must have shape (20,), a weight an example. Receiv",
        ),
        (
            lambda net: net.fit(X, Y, sample_weight=-np.ones(20)),
            "finite numbers of at least 0. Received: -1 among them.",
        ),
        (lambda net: net.fit(X, Y, sample_weight=[np.nan] * 20), "finite numbers of at least 0. Received: nan among"),
        (lambda net: net.fit(X, Y, sample_weight=np.ones(19)), "a weight for each of 20 examples. Received: 19."),
        (
            lambda net: net.fit(X, Y, sample_weight=["a"] * 20),
            "`sample_weight` must be an array of numbers. Received: d",
        ),
        (lambda net: net.fit(PAIRS, sample_weight=Y), "`sample_weight` must be None where x gives batches of (x, y)."),
        (lambda net: net.fit(X, Y, sample_weight=Y, class_weight={}), "Only one of `class_weight` and `sample_weight`"),
        (
            lambda net: net.fit(X, Y, validation_split=1.0),
            "`validation_split` must be a number, at least 0 and at most",
        ),
        (
            lambda net: net.fit(X, Y, validation_split="a"),
            "`validation_split` must be a number, at least 0 and at most",
        ),
        (
            lambda net: net.fit(X, Y, validation_split=0.99),
            "must leave an example on either side. Received: 0.99 of 20",
        ),
        (lambda net: net.fit(PAIRS, validation_split=0.5), "`validation_split` needs arrays: split batches beforehand"),
        (
            lambda net: net.fit(X, Y, steps_per_epoch=0),
            "`steps_per_epoch` must be a positive integer. Received: steps_",
        ),
        (
            lambda net: net.fit(X, Y, validation_freq=0),
            "`validation_freq` must be a positive integer. Received: validat",
        ),
        (
            lambda net: net.fit(X, Y, validation_freq="a"),
            "`validation_freq` must be a positive integer. Received: valida",
        ),
        (
            lambda net: net.fit(X, Y, validation_steps=-1),
            "`validation_steps` must be a positive integer. Received: vali",
        ),
        (lambda net: net.evaluate(X, Y, steps=0), "`steps` must be a positive integer. Received: steps=0."),
        (lambda net: net.predict(X, steps=0.5), "`steps` must be a positive integer. Received: steps=0.5."),
        (lambda net: net.predict({"a": X}), "`x` must have the keys 'input_layer'. Received: 'a'."),
        (lambda net: net.evaluate((X, Y)), "Each batch must be (x, y). Received: batch 0 is a ndarray."),
        (lambda net: net.fit({"x": X}, Y, verbose=0), "`x` must have the keys 'input_layer'. Received: 'x'."),
        (lambda net: net.predict([]), "`x` must hold at least one batch. Received: none."),
        (lambda net: net.predict(iter([])), "`x` must hold at least one batch. Received: none."),
        (lambda net: net.evaluate([]), "`x` must hold at least one example. Received: none."),
        (
            lambda net: net.evaluate(np.where(np.arange(20)[:, None, None, None] == 7, 1e300, X.astype("float64")), Y),
            "`x` must be finite. Received: 1e+300, which is inf in float32, in batch 0, example 7, at index (0, 0, 0).",
        ),
    ],
)
def test_refusals(call, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        call(model())
    assert sentence in str(error.value)


def test_validation_data_may_be_a_list_as_in_keras():
    for data in ((X, Y), [X, Y], PAIRS, [list(pair) for pair in PAIRS]):
        assert "val_loss" in model().fit(X, Y, verbose=0, validation_data=data).history


def test_a_float64_net_takes_what_float32_does_not_hold():
    x = np.where(np.arange(20)[:, None, None, None] == 7, 1e39, X.astype("float64"))
    for call in ("evaluate", "train_on_batch", "fit"):
        net = model().astype("float64")
        getattr(net, call)(x, Y, **({"verbose": 0} if call == "fit" else {}))
        with pytest.raises(ValueError, match="Received: 1e.39, which is inf in float32, in batch 0, example 7"):
            getattr(model(), call)(x, Y, **({"verbose": 0, "shuffle": False} if call == "fit" else {}))


def test_integers_and_booleans_are_numbers():
    net = model()
    assert net.evaluate((X * 255).astype("uint8"), Y) > 0 and net.evaluate(X > 0.5, Y) > 0
    assert net.evaluate(X.astype("float16"), Y) == pytest.approx(net.evaluate(X, Y), rel=1e-2)
