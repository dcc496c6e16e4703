"""The callbacks that wait for something, held against Keras's on drawn values; Keras's own callbacks in our fit."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import Dense, Input, Sequential, callbacks
from tests.keras_oracle import keras

VALUES = st.lists(st.sampled_from([0.25, 0.5, 0.625, 0.75, 1.0, 2.0]), min_size=1, max_size=12)
MODES = st.sampled_from(["min", "max"])
DELTAS = st.sampled_from([0.0, 0.125, -0.25])


class Fake(SimpleNamespace):
    """A model, as far as these callbacks ask: its weights are the number of the epoch."""

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def played(callback, values, rate=0.5):
    """Call a callback as fit would; return (epochs run, the rate after each, the weights at the end)."""
    optimizer = SimpleNamespace(learning_rate=np.float32(rate))
    model = Fake(stop_training=False, weights=None, optimizer=optimizer)
    callback.set_params({"epochs": len(values)})
    callback.set_model(model)
    callback.on_train_begin({})
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch, {})
        model.weights = epoch
        callback.on_epoch_end(epoch, {"loss": 0.0, "val_loss": value})
        rates.append(float(optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end({})
    return len(rates), rates, model.weights


def alike(name, values, **settings):
    ours, keras_s = (played(getattr(of, name)(**settings), values) for of in (callbacks, keras.callbacks))
    assert ours[0] == keras_s[0] and ours[2] == keras_s[2]
    np.testing.assert_allclose(ours[1], keras_s[1], rtol=1e-6)


@given(VALUES, MODES, DELTAS, st.integers(0, 3), st.none() | st.sampled_from([0.5, 0.7, 1.0]), st.integers(0, 3))
def test_early_stopping(values, mode, delta, patience, baseline, start):
    settings = {"mode": mode, "min_delta": delta, "patience": patience, "baseline": baseline, "start_from_epoch": start}
    alike("EarlyStopping", values, restore_best_weights=True, **settings)


@given(VALUES, MODES, DELTAS, st.integers(0, 3), st.integers(0, 2), st.sampled_from([0.0, 0.2]), st.floats(0, 0.9))
def test_reduce_lr_on_plateau(values, mode, delta, patience, cooldown, least, factor):
    settings = {"mode": mode, "min_delta": delta, "patience": patience, "cooldown": cooldown, "min_lr": least}
    alike("ReduceLROnPlateau", values, factor=factor, **settings)


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
