"""fit, with evaluate and predict beside it: what they return, what they repeat, what they refuse."""

import csv

import numpy as np
import pytest

import minicnn
from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential, Softmax

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 8, 8, 1)).astype("float32")
Y = rng.integers(3, size=20)


def model(seed=1, lr=0.02, loss="sparse_categorical_crossentropy"):
    net = Sequential(
        [Input((8, 8, 1)), Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(3), Softmax()], seed=seed
    )
    net.compile(minicnn.Adam(lr), loss, metrics=["accuracy"])
    return net


def test_eight_pictures_can_be_memorised():
    net = model()
    history = net.fit(X[:8], Y[:8], epochs=60, batch_size=4, verbose=0)
    assert history.history["loss"][-1] < 0.02 and history.history["accuracy"][-1] == 1
    assert history.epoch == list(range(60))
    assert net.evaluate(X[:8], Y[:8], return_dict=True)["accuracy"] == 1


def test_the_same_seed_gives_the_same_bits():
    a, b = model(), model()
    first, second = (net.fit(X, Y, epochs=3, verbose=0).history for net in (a, b))
    assert first == second
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    c = model(seed=2)
    assert c.fit(X, Y, epochs=3, verbose=0).history != first


def test_going_on_later_equals_one_run():
    """Order is a function of (seed, epoch), so four epochs are two and two."""
    whole, parts = model(), model()
    whole.fit(X, Y, epochs=4, verbose=0)
    parts.fit(X, Y, epochs=2, verbose=0)
    parts.fit(X, Y, epochs=4, initial_epoch=2, verbose=0)
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_batches_and_arrays_train_alike():
    arrays, batches = model(), model()
    arrays.fit(X, Y, batch_size=8, shuffle=False, epochs=2, verbose=0)
    batches.fit([(X[at : at + 8], Y[at : at + 8]) for at in range(0, 20, 8)], epochs=2, verbose=0)
    np.testing.assert_array_equal(arrays.predict(X), batches.predict(X))


def test_epoch_loss_weighs_every_example_alike():
    net = model(lr=1e-12)
    history = net.fit(X, Y, batch_size=7, verbose=0).history
    np.testing.assert_allclose(history["loss"][0], net.evaluate(X, Y)[0], rtol=1e-5)
    np.testing.assert_allclose(net.evaluate(X, Y, batch_size=3), net.evaluate(X, Y, batch_size=20), rtol=1e-5)


def test_what_is_returned_has_keras_form():
    net = model()
    assert [type(value) for value in net.evaluate(X, Y)] == [float, float]
    assert set(net.train_on_batch(X, Y, return_dict=True)) == {"loss", "accuracy"}
    net.compile("sgd", "sparse_categorical_crossentropy")
    assert isinstance(net.evaluate(X, Y), float) and isinstance(net.train_on_batch(X, Y), float)
    history = net.fit(X, Y, validation_data=(X, Y), verbose=0)
    assert list(history.history) == ["loss", "val_loss"]


def test_predictions_that_were_returned_are_never_overwritten():
    net = model()
    first = net.predict(X)
    kept = first.copy()
    net.fit(X, Y, epochs=2, verbose=0)
    net.predict(X)
    np.testing.assert_array_equal(first, kept)


# ---- callbacks ------------------------------------------------------------------------------------------------------


def test_checkpoints_have_their_names_and_the_best_only(tmp_path):
    net = model()
    pattern = tmp_path / "tiny_{epoch:02d}_{val_accuracy:.3f}.keras"
    history = net.fit(
        X,
        Y,
        epochs=6,
        validation_data=(X[:9], Y[:9]),
        verbose=0,
        callbacks=[minicnn.ModelCheckpoint(pattern, monitor="val_accuracy", save_best_only=True)],
    )
    best, names = -1, set()
    for epoch, value in enumerate(history.history["val_accuracy"], 1):
        if value > best:
            best = value
            names.add(f"tiny_{epoch:02d}_{value:.3f}.keras")
    assert {path.name for path in tmp_path.iterdir()} == names
    assert minicnn.load_model(tmp_path / max(names)).evaluate(X[:9], Y[:9])[1] == pytest.approx(best)


def test_early_stopping_waits_and_restores(tmp_path):
    class Worsen(minicnn.Callback):
        def on_epoch_end(self, epoch, logs):
            logs["val_loss"] = [3.0, 1.0, 2.0, 2.0, 2.0, 0.5][epoch]
            weights.append(self.model.get_weights())

    net, weights = model(), []
    stop = minicnn.EarlyStopping(patience=2, restore_best_weights=True)
    history = net.fit(X, Y, epochs=6, validation_data=(X, Y), verbose=0, callbacks=[Worsen(), stop])
    assert history.epoch == [0, 1, 2, 3] and stop.stopped_epoch == 3
    for one, other in zip(net.get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_csv_logger_writes_a_line_an_epoch(tmp_path):
    net = model()
    logger = minicnn.CSVLogger(tmp_path / "history.csv")
    history = net.fit(X, Y, epochs=3, verbose=0, callbacks=[logger])
    with open(tmp_path / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2]
    assert [float(row["loss"]) for row in rows] == history.history["loss"]
    net.fit(X, Y, epochs=1, verbose=0, callbacks=[minicnn.CSVLogger(tmp_path / "history.csv", append=True)])
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 5  # one header only


def test_a_broken_off_training_leaves_nothing_behind():
    class Interrupt(minicnn.Callback):
        ended = False

        def on_epoch_end(self, epoch, logs):
            raise KeyboardInterrupt

        def on_train_end(self, logs):
            self.ended = True

    net, interrupt = model(), Interrupt()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, verbose=0, callbacks=[interrupt])
    assert interrupt.ended and not any(layer._saved for layer in net.layers)
    net.fit(X, Y, verbose=0)


class Breaks(Flatten):
    """A layer that is interrupted at its third pass in one direction."""

    def __init__(self, where):
        super().__init__()
        self.where, self.passes = where, 0

    def pass_by(self, where):
        if where == self.where:
            self.passes += 1
            if self.passes == 3:
                raise KeyboardInterrupt

    def _forward(self, x, training):
        self.pass_by("forward")
        return super()._forward(x, training)

    def _backward(self, dy, saved, need_dx):
        self.pass_by("backward")
        return super()._backward(dy, saved, need_dx)


def leaves(net):
    return [leaf for layer in net.layers for leaf in (leaves(layer) if hasattr(layer, "layers") else [layer])]


@pytest.mark.parametrize("where", ["forward", "backward", "update"])
@pytest.mark.parametrize("call", ["fit", "train_on_batch"])
def test_an_interruption_inside_a_step_leaves_a_net_that_trains(where, call):
    """Nothing that layers pushed stays, also in a model inside; the next steps are a fresh net's from these weights."""

    def make(layer):
        inner = Sequential([Input((8, 8, 1)), Conv2D(4, 3, activation="relu"), MaxPooling2D(2)], seed=2)
        net = Sequential([Input((8, 8, 1)), inner, layer, Dense(3), Softmax()], seed=1)
        net.compile(minicnn.SGD(0.1), "sparse_categorical_crossentropy")
        return net

    def train(net):
        if call == "fit":
            net.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
        else:
            for at in range(0, 20, 4):
                net.train_on_batch(X[at : at + 4], Y[at : at + 4])

    net, fresh, ended = make(Breaks(where)), make(Flatten()), make(Flatten())
    update = net.optimizer.update

    def interrupted(params, grads):
        net.get_layer("breaks").pass_by("update")
        update(params, grads)

    net.optimizer.update = interrupted
    with pytest.raises(KeyboardInterrupt):
        train(net)
    assert not any(layer._saved for layer in [net, net.layers[0], *leaves(net)])
    assert net.optimizer.iterations == 2 and net.epochs == 0
    for at in (0, 4):  # the steps before were whole
        ended.train_on_batch(X[at : at + 4], Y[at : at + 4])
    for one, other in zip(net.get_weights(), ended.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    fresh.set_weights(net.get_weights())
    for each in (net, fresh):
        train(each)
    for one, other in zip(net.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_lines_and_bar_show_loss_and_metric(capsys, monkeypatch):
    model().fit(X, Y, epochs=2, verbose=2)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and lines[1].startswith("epoch 2/2") and "accuracy" in lines[1]
    model().fit(X, Y, verbose="auto")  # not a terminal: lines
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setenv("FORCE_COLOR", "1")
    model().fit(X, Y, verbose=1)
    assert "epoch 1/1" in capsys.readouterr().err
    model().fit(X, Y, verbose=0)
    assert capsys.readouterr().err == ""


# ---- what is refused ------------------------------------------------------------------------------------------------


def with_value(value, at):
    x = X.copy()
    x[at] = value
    return x


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda net: net.fit(with_value(np.nan, (9, 1, 2, 0)), Y, batch_size=4, shuffle=False, verbose=0),
            "`x` must be finite. Received: NaN in batch 2, example 1, at index (1, 2, 0).",
        ),
        (lambda net: net.evaluate(with_value(np.inf, (0, 0, 0, 0)), Y), "Received: inf in batch 0, example 0"),
        (lambda net: net.train_on_batch(with_value(-np.inf, (1, 0, 0, 0)), Y), "Received: inf in batch 0, example 1"),
        (
            lambda net: net.fit(X, Y, batch_size=0),
            "`batch_size` must be a positive integer. Received: batch_size=0.",
        ),
        (lambda net: net.predict(X, batch_size=0), "`batch_size` must be a positive integer"),
        (lambda net: net.fit(X, Y, epochs=0), "`epochs` must be a positive integer"),
        (lambda net: net.fit(X, Y[:-1]), "equally many examples. Received: 20 and 19"),
        (lambda net: net.fit(X), "`y` is missing"),
        (lambda net: net.fit([(X, Y)], Y), "`y` must be None where x gives batches"),
        (lambda net: net.fit(X, np.eye(3)[Y], verbose=0), "`y` must be integer classes, (20,)"),
        (lambda net: net.fit(X, Y + 1, verbose=0), "`y` must be classes from 0 to 2. Received: classes from 1 to 3."),
        (lambda net: net.fit(X[:0], Y[:0], verbose=0), "at least one example"),
        (lambda net: net.evaluate(X[:0], Y[:0]), "at least one example"),
        (lambda net: net.fit(X, Y, verbose=3), "`verbose` must be 0, 1, 2 or 'auto'"),
        (lambda net: net.compile("lion", "mse"), "`optimizer` must be 'sgd', 'adam'"),
        (lambda net: net.compile("sgd", "hinge"), "`loss` must be one of"),
        (lambda net: net.compile("sgd", "mse", metrics=["mean_io_u"]), "`metrics` must be from"),
        (lambda net: minicnn.SGD(-1), "`learning_rate` must be a number, at least 0. Received: learning_rate=-1."),
        (lambda net: minicnn.SGD(0.1, momentum=2), "`momentum` must be a number, at least 0 and at most 1"),
        (lambda net: minicnn.ModelCheckpoint("m.txt"), "`filepath` must end in .keras"),
        (lambda net: minicnn.EarlyStopping(mode="best"), "`mode` must be 'auto', 'min' or 'max'"),
        (
            lambda net: net.fit(X, Y, verbose=0, callbacks=[minicnn.EarlyStopping("val_loss")]),
            "`monitor` must be one of loss, accuracy. Received: monitor='val_loss'",
        ),
    ],
)
def test_refusals(call, sentence):
    with pytest.raises(ValueError, match=".") as error:
        call(model())
    assert sentence in str(error.value)


def test_one_hot_is_wanted_where_it_is():
    with pytest.raises(ValueError, match="must be one-hot.*integer classes want sparse_categorical"):
        model(loss="categorical_crossentropy").fit(X, Y, verbose=0)


def test_an_iterator_cannot_serve_every_epoch():
    with pytest.raises(TypeError, match="iterated over again each epoch"):
        model().fit(iter([(X, Y)]), epochs=2)


def test_what_a_file_asks_for_and_training_does_not_do_is_named():
    inner = Sequential([Input((2,)), Dense(3, name="within")], name="inner")
    net = Sequential([Input((2,)), inner, Dense(1, name="last")])
    net.compile("sgd", "mse")
    inner.layers[-1].keep({"kernel_regularizer": {"class_name": "Orthogonal"}, "kernel_initializer": "strange"})
    net.layers[-1].keep({"bias_constraint": "MinMaxNorm", "bias_regularizer": None, "kernel_constraint": "non_neg"})
    sentence = "Training goes on without kernel_regularizer of layer 'within', bias_constraint of layer 'last', which"
    with pytest.warns(UserWarning, match=sentence) as caught:
        net.fit(np.ones((1, 2)), np.ones(1), verbose=0)
    assert caught[0].filename == __file__  # the caller's line, not ours
