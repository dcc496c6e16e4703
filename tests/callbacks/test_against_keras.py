"""The callbacks that wait for something, held against Keras's on drawn values; Keras's own callbacks in our fit."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import Dense, Input, Sequential, callbacks, metrics
from tests.keras_oracle import keras

VALUES = st.lists(  # None: an epoch that is not validated
    st.none() | st.sampled_from([0.25, 0.5, 0.625, 0.75, 1.0, 2.0]), min_size=1, max_size=12
)
MODES = st.sampled_from(["min", "max", "auto"])
DELTAS = st.sampled_from([0.0, 0.125, -0.25])


class Fake(SimpleNamespace):
    """A model, as far as these callbacks ask: its weights are the number of the epoch; it notes when it is saved."""

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights

    def save(self, path, **how):
        self.saved.append(path)


def played(callback, values, rate=0.5):
    """Call a callback as fit would; return (epochs run, the rate after each, the weights at the end, saved files)."""
    optimizer = SimpleNamespace(learning_rate=np.float32(rate))
    model = Fake(stop_training=False, weights=None, optimizer=optimizer, saved=[])
    callback.set_params({"epochs": len(values), "metrics": ["loss", "val_loss"]})
    callback.set_model(model)
    callback.on_train_begin({})
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch, {})
        model.weights = [epoch]
        callback.on_epoch_end(epoch, {"loss": 0.0} if value is None else {"loss": 0.0, "val_loss": value})
        rates.append(float(optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end({})
    return len(rates), rates, model.weights, model.saved


def alike(name, values, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of every epoch that is not validated
        ours, keras_s = (played(getattr(of, name)(**settings), values) for of in (callbacks, keras.callbacks))
    assert ours[0] == keras_s[0] and ours[2:] == keras_s[2:]
    np.testing.assert_allclose(ours[1], keras_s[1], rtol=1e-6)


@given(VALUES, MODES, DELTAS, st.integers(0, 3), st.none() | st.sampled_from([0.5, 0.7, 1.0]), st.integers(0, 3))
def test_early_stopping(values, mode, delta, patience, baseline, start):
    settings = {"mode": mode, "min_delta": delta, "patience": patience, "baseline": baseline, "start_from_epoch": start}
    alike("EarlyStopping", values, restore_best_weights=True, **settings)


@given(VALUES, MODES, DELTAS, st.integers(0, 3), st.integers(0, 2), st.sampled_from([0.0, 0.2]), st.floats(0, 0.9))
def test_reduce_lr_on_plateau(values, mode, delta, patience, cooldown, least, factor):
    settings = {"mode": mode, "min_delta": delta, "patience": patience, "cooldown": cooldown, "min_lr": least}
    alike("ReduceLROnPlateau", values, factor=factor, **settings)


@given(VALUES, MODES, st.booleans(), st.none() | st.sampled_from([0.5, 0.7]))
def test_model_checkpoint(values, mode, best, least):
    """Without a value Keras saves what it calls the best; here nothing is: so every epoch is validated."""
    values = [0.5 if value is None else value for value in values]
    how = {"mode": mode, "save_best_only": best, "initial_value_threshold": least}
    alike("ModelCheckpoint", values, filepath="{epoch}_{val_loss}.keras", **how)


def test_an_epoch_that_is_not_validated_is_not_the_best(tmp_path):
    keep = callbacks.ModelCheckpoint("{epoch}.keras", save_best_only=True)
    assert played(keep, [None, 2.0, None, 1.0, None, 1.5])[3] == ["2.keras", "4.keras"]


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate * 0.5, lambda epoch: 1.0 / (1 + epoch)])
def test_learning_rate_scheduler(schedule):
    alike("LearningRateScheduler", [0.5] * 4, schedule=schedule)


def test_keras_s_callbacks_are_called():
    net = Sequential([Input((1,)), Dense(1)], seed=0)
    net.compile(minicnn.SGD(1e-9), "mse")
    seen = []
    several = [
        keras.callbacks.EarlyStopping("loss", patience=3, min_delta=0.1),
        keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.1),
        keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch)),
    ]
    history = net.fit(np.ones((4, 1)), np.ones(4), batch_size=2, epochs=9, verbose=0, callbacks=several)
    assert history.epoch == [0, 1, 2, 3] and seen == [0, 1] * 4
    np.testing.assert_allclose(history.history["learning_rate"], [1e-9, 1e-9, 0.5e-9, 0.25e-9])


# ---- which way is better ---------------------------------------------------------------------------------------------


def shared_metrics():
    """Name the classes of metrics that both have, and the strings by which both are asked for them."""
    both = [name for name in metrics.__all__ if isinstance(getattr(keras.metrics, name, None), type)]
    names = [name for name in both if name not in ("Mean", "Metric")]
    return names, sorted({*metrics.METRICS, *names, *(getattr(metrics, name).default_name for name in names)})


@pytest.mark.parametrize("name", shared_metrics()[0])
def test_every_metric_tells_which_way_is_better(name):
    assert getattr(metrics, name)(name="other").direction == getattr(keras.metrics, name)()._direction


@pytest.mark.parametrize("name", shared_metrics()[1])
def test_every_string_is_a_metric_of_that_name(name):
    """Keras takes a class's name, in small letters too; the logs have it as it was written."""
    assert metrics.get(name).name == name
    if name not in ("acc", "accuracy"):  # which Keras reads elsewhere
        assert metrics.get(name).direction == keras.metrics.get(name)._direction


RNG = np.random.default_rng(5)
XS = RNG.normal(size=(24, 3)).astype("float32")
YS = np.eye(3, dtype="float32")[(XS @ RNG.normal(size=(3, 3)) + RNG.normal(size=(24, 3))).argmax(1)]
ASKED = {  # name in the logs -> the metric, as compile takes it of either engine
    "roc": lambda of: of.AUC(name="roc"),
    "sensitivity": lambda of: of.Recall(name="sensitivity"),
    "f1": lambda of: of.F1Score("macro", name="f1"),
    "off": lambda of: of.MeanAbsoluteError(name="off"),
    "acc": lambda of: "acc",
    "AUC": lambda of: "AUC",
    "precision": lambda of: "precision",
    "MSE": lambda of: "MSE",
    "loss": lambda of: "acc",
}


def trained(of, net, name, make):
    net.set_weights([np.random.default_rng(2).normal(size=w.shape) for w in net.get_weights()])
    eager = {"run_eagerly": True} if of is keras else {}
    net.compile(of.optimizers.SGD(3.0), "categorical_crossentropy", metrics=[ASKED[name](of.metrics)], **eager)
    callback = make(of.callbacks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        how = {"batch_size": 12, "epochs": 12, "verbose": 0, "shuffle": False, "validation_data": (XS[::2], YS[::2])}
        history = net.fit(XS, YS, callbacks=[callback], validation_freq=2, **how)
    return history.history, net.get_weights()


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("kind", ["EarlyStopping", "ReduceLROnPlateau"])
def test_auto_is_keras_s_in_a_training(name, kind):
    """Measured every other epoch, at a rate at which the values jump."""
    settings = {"patience": 1, "restore_best_weights": True} if kind == "EarlyStopping" else {"patience": 1}
    ours = Sequential([Input((3,)), Dense(3, activation="softmax")])
    theirs = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
    found = [
        trained(of, net, name, lambda room: getattr(room, kind)(f"val_{name}", **settings))
        for of, net in ((minicnn, ours), (keras, theirs))
    ]
    assert set(found[0][0]) == set(found[1][0])
    for key, values in found[1][0].items():
        np.testing.assert_allclose(found[0][0][key], values, rtol=1e-3, atol=1e-5)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["val_error", "val_accurate", "other_loss"])
@pytest.mark.parametrize("kind", ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"])
def test_auto_does_not_guess(name, kind):
    """A function of one's own, a name that nobody has: Keras refuses them after an epoch, we before it."""

    def error(y_true, y_pred):
        return np.abs(y_true - y_pred).mean(-1)

    net = Sequential([Input((3,)), Dense(3, activation="softmax")])
    net.compile("sgd", "categorical_crossentropy", metrics=[error])
    how = {"filepath": "a.keras", "save_best_only": True} if kind == "ModelCheckpoint" else {}
    with pytest.raises(
        ValueError, match=f"^`mode` must be 'min' or 'max' for monitor='{name}': .* Received: mode='auto'"
    ):
        net.fit(XS, YS, verbose=0, callbacks=getattr(callbacks, kind)(monitor=name, **how))
    assert net.optimizer.iterations == 0


def test_outputs_tell_which_way_is_better():
    x = Input((3,))
    net = minicnn.Model(x, [Dense(3, activation="softmax", name="a")(x), Dense(3, name="b")(x)])
    net.compile("sgd", ["categorical_crossentropy", "mse"], metrics=[["acc"], [metrics.AUC(name="area"), "mae"]])
    wanted = {"loss": -1, "val_a_loss": -1, "b_loss": -1, "val_a_acc": 1, "b_area": 1, "val_b_mae": -1}
    for name, sign in wanted.items():
        watch = callbacks.EarlyStopping(name)
        watch.set_model(net)
        assert watch.sign == sign, name


def test_keras_s_callbacks_want_a_mode_where_they_watch_a_metric():
    net = Sequential([Input((3,)), Dense(3, activation="softmax")], seed=0)
    net.compile(minicnn.SGD(1e-9), "categorical_crossentropy", metrics=["accuracy"])
    stop = keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=1)
    assert net.fit(XS, YS, epochs=9, verbose=0, validation_data=(XS, YS), callbacks=stop).epoch == [0, 1]
