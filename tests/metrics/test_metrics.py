"""Metrics: counted by hand, under every name; how a mean grows; what a file may name."""

import numpy as np
import pytest

import minicnn
from minicnn import Dense, Input, Sequential, metrics

P = np.array([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1], [0.4, 0.4, 0.2], [0.1, 0.3, 0.6]])


def test_binary_accuracy_by_hand():
    p = np.array([[0.2], [0.5], [0.51], [0.9]])  # 0.5 itself is a no
    np.testing.assert_array_equal(metrics.binary_accuracy([0, 0, 1, 0], p)[:, 0], [True, True, True, False])
    np.testing.assert_array_equal(metrics.binary_accuracy([0, 0, 1, 1], p, threshold=0.15)[:, 0], [0, 0, 1, 1])
    np.testing.assert_array_equal(metrics.binary_accuracy(np.array([[1, 0, 0]]), P[:1] * 1.2), [[1, 1, 1]])


def test_categorical_accuracies_by_hand():
    labels = np.array([0, 2, 0, 2])  # of two equal the first counts: row 2 says 0
    want = [True, False, True, True]
    np.testing.assert_array_equal(metrics.sparse_categorical_accuracy(labels, P), want)
    np.testing.assert_array_equal(metrics.sparse_categorical_accuracy(labels[:, None], P), want)
    np.testing.assert_array_equal(metrics.categorical_accuracy(np.eye(3)[labels], P), want)


def test_accuracy_means_what_the_shapes_call_for():
    labels = np.array([0, 2, 0, 2])
    for y, p in ((labels, P), (labels[:, None], P), (np.eye(3)[labels], P)):
        np.testing.assert_array_equal(metrics.accuracy(y, p), [True, False, True, True])
    np.testing.assert_array_equal(metrics.accuracy([1, 1], np.array([[0.6], [0.4]])), [[True], [False]])


@pytest.mark.parametrize(
    ("name", "loss", "units", "y"),
    [
        ("acc", "sparse_categorical_crossentropy", 3, [0, 1, 2, 2]),
        ("accuracy", "categorical_crossentropy", 3, np.eye(3)[[0, 1, 2, 2]]),
        ("sparse_categorical_accuracy", "sparse_categorical_crossentropy", 3, [0, 1, 2, 2]),
        ("categorical_accuracy", "categorical_crossentropy", 3, np.eye(3)[[0, 1, 2, 2]]),
        ("binary_accuracy", "binary_crossentropy", 3, np.eye(3)[[0, 1, 2, 2]]),
        ("acc", "binary_crossentropy", 1, [0, 1, 1, 0]),
    ],
)
def test_each_is_told_under_the_name_that_was_given(name, loss, units, y):
    net = Sequential([Input((3,)), Dense(units, activation="sigmoid" if "binary" in loss else "softmax")], seed=0)
    net.compile("sgd", loss, metrics=[name])
    p = net.predict(P)
    truth = np.reshape(y, (4, -1))
    sharp = p > 0.5 if "binary" in loss else p.argmax(-1, keepdims=True)
    if truth.shape[1] == 3 and "binary" not in loss:
        truth = truth.argmax(-1)[:, None]
    want = (sharp == truth).mean()
    assert net.evaluate(P, np.array(y), batch_size=3, return_dict=True)[name] == pytest.approx(want)
    history = net.fit(P, np.array(y), validation_data=(P, np.array(y)), verbose=0).history
    assert list(history) == ["loss", name, "val_loss", f"val_{name}"] and history[name] == pytest.approx([want])


def test_a_mean_counts_every_example_alike():
    mean = metrics.Mean()
    assert mean.result() == 0
    mean.add(1.0, 3)
    mean.add(np.float32(0.5), 1)
    assert mean.result() == 0.875 and mean.count == 4 and type(mean.result()) is float


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (None, []),
        (["accuracy", None, "acc"], ["accuracy", "acc"]),
        ([["accuracy"]], ["accuracy"]),
        ([{"class_name": "BinaryAccuracy", "config": {"name": "binary_accuracy"}}], ["binary_accuracy"]),
        ([{"class_name": "function", "config": "categorical_accuracy"}], ["categorical_accuracy"]),
    ],
)
def test_what_a_keras_file_says(written, names):
    assert metrics.from_config(written) == names


def test_metrics_that_we_lack_are_named():
    with pytest.raises(ValueError, match="`metrics` must be from 'accuracy', 'acc', .* Received: 'auc'"):
        metrics.from_config([{"class_name": "AUC", "config": {"name": "auc"}}])
    with pytest.raises(TypeError, match=r"`metrics` must be a list: \['accuracy'\]. Received: metrics='accuracy'"):
        Sequential([Input((3,)), Dense(1)]).compile("sgd", "mse", metrics="accuracy")
    assert minicnn.metrics.METRICS["acc"] is minicnn.metrics.METRICS["accuracy"]
