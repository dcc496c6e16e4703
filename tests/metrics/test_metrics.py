"""Metrics: counted by hand, under every name; how a mean grows; what a file may name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ([{"class_name": "MeanMetricWrapper", "config": {"name": "binary_accuracy"}}], ["binary_accuracy"]),
        ([{"class_name": "function", "config": "categorical_accuracy"}], ["categorical_accuracy"]),
    ],
)
def test_what_a_keras_file_says(written, names):
    assert metrics.from_config(written) == names


def test_metrics_that_we_lack_are_named():
    with pytest.raises(ValueError, match="`metrics` must be from 'accuracy', 'acc', .* Received: 'mean_io_u'"):
        metrics.from_config([{"class_name": "MeanIoU", "config": {"name": "mean_io_u"}}])
    with pytest.raises(TypeError, match=r"`metrics` must be a list: \['accuracy'\]. Received: metrics='accuracy'"):
        Sequential([Input((3,)), Dense(1)]).compile("sgd", "mse", metrics="accuracy")
    assert minicnn.metrics.METRICS["acc"] is minicnn.metrics.METRICS["accuracy"]


# ---- as objects ------------------------------------------------------------------------------------------------------

SETTINGS = {
    "BinaryAccuracy": [{}, {"threshold": 0.25}],
    "CategoricalAccuracy": [{}],
    "SparseCategoricalAccuracy": [{}],
    "TopKCategoricalAccuracy": [{"k": 1}, {"k": 2}, {}],
    "SparseTopKCategoricalAccuracy": [{"k": 1}, {"k": 2}],
    "MeanSquaredError": [{}],
    "MeanAbsoluteError": [{}],
    "Precision": [{}, {"thresholds": 0.25}, {"top_k": 2}, {"class_id": 1}, {"top_k": 1, "class_id": 2}],
    "Recall": [{}, {"thresholds": 0.25}, {"top_k": 2}, {"class_id": 1}],
    "F1Score": [{}, {"average": "micro"}, {"average": "macro"}, {"average": "weighted", "threshold": 0.25}],
    "AUC": [{}, {"num_thresholds": 5}, {"curve": "PR"}, {"curve": "PR", "num_thresholds": 7}],
}


@given(
    st.sampled_from([(name, own) for name, several in SETTINGS.items() for own in several]),
    st.sampled_from(["none", "examples", "places"]),
    st.booleans(),
    st.sampled_from([(), (2,), (3, 2)]),
    st.integers(0, 2**32 - 1),
)
def test_objects_are_keras_s(metric, weighted, coarse, places, seed):
    """Over three batches of rows or of maps, weighted or not, where many predictions are equal, too."""
    from tests.keras_oracle import keras

    name, own = metric
    places = () if name == "F1Score" else places
    rng = np.random.default_rng(seed)
    ours, theirs = getattr(metrics, name)(**own), getattr(keras.metrics, name)(**own)
    for count in (4, 1, 6):
        p = rng.random((count, *places, 3)).astype("float32")
        p = np.round(p * 4) / 4 if coarse and "TopK" not in name else p
        labels = rng.integers(3, size=(count, *places))
        y = labels if name.startswith("Sparse") else np.eye(3, dtype="float32")[labels]
        if name.startswith("Mean"):
            y = rng.normal(size=(count, *places, 3)).astype("float32")
        weights = None if weighted == "none" else rng.uniform(0, 2, count).astype("float32")
        if weighted == "places":
            weights = rng.uniform(0, 2, (count, *places)).astype("float32")
        ours.update_state(y, p, weights)
        if weighted == "examples" and name in ("Precision", "Recall", "AUC"):  # which Keras takes for rows alone
            weights = np.ones((count, *places), "float32") * weights.reshape(-1, *[1] * len(places))
        theirs.update_state(y, p, weights)
        np.testing.assert_allclose(ours.result(), theirs.result(), rtol=2e-5, atol=1e-6)
    again = type(ours).from_config(theirs.get_config() | {"name": ours.name})  # Keras counts its objects
    assert again.get_config() == ours.get_config()
    np.testing.assert_array_equal(ours.fresh()(y, p, weights), again(y, p, weights))
    ours.reset_state()
    np.testing.assert_array_equal(ours(y, p, weights), again.result())


def test_one_output_s_yes_and_no():
    from tests.keras_oracle import keras

    rng = np.random.default_rng(3)
    y, p = rng.integers(2, size=(50, 1)), rng.random((50, 1)).astype("float32")
    for name in ("Precision", "Recall", "AUC"):
        ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
        theirs.update_state(y, p)
        np.testing.assert_allclose([ours(y, p), metrics.get(name)(y[:, 0], p)], float(theirs.result()), rtol=1e-5)


def test_a_perfect_and_a_blind_classifier():
    y = np.array([[1], [0], [1], [0]])
    assert metrics.AUC()(y, y * 0.6 + 0.2) == metrics.AUC(curve="PR")(y, y * 0.6 + 0.2) == 1
    assert metrics.AUC()(y, np.full((4, 1), 0.5)) == 0.5
    assert metrics.Precision().result() == metrics.Recall().result() == metrics.AUC().result() == 0


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: metrics.AUC(num_thresholds=2), "`num_thresholds` must be an integer of at least 3. Received: num_th"),
        (lambda: metrics.AUC(curve="PRGAIN"), "`curve` must be 'ROC' or 'PR'. Received: curve='PRGAIN'."),
        (lambda: metrics.AUC()([[1]], [[1.5]]), "AUC takes probabilities, from 0 to 1; end the model in sigmoid or s"),
        (
            lambda: metrics.AUC.from_config({"multi_label": True}),
            "AUC(multi_label=True) is not supported: give an AUC for each label",
        ),
        (
            lambda: metrics.Precision([0.5, 0.6]),
            "`thresholds` must be a number, at least 0 and at most 1. Received: th",
        ),
        (lambda: metrics.Precision(top_k=0), "`top_k` must be a positive integer. Received: top_k=0."),
        (
            lambda: metrics.Recall(class_id=3)([[1, 0]], [[1.0, 0.0]]),
            "`class_id` must be below 2. Received: class_id=3.",
        ),
        (
            lambda: metrics.Recall()([1], [[1.0, 0.0]]),
            "Recall takes a label 0 or 1 for each prediction, one-hot for sev",
        ),
        (
            lambda: metrics.F1Score("mean"),
            "`average` must be 'micro', 'macro', 'weighted' or None. Received: average='me",
        ),
        (lambda: metrics.TopKCategoricalAccuracy(k=0), "`k` must be a positive integer. Received: k=0."),
        (
            lambda: metrics.BinaryAccuracy(threshold="a"),
            "`threshold` must be a number, and finite. Received: threshold",
        ),
        (lambda: metrics.Recall()([[1]], [[1.0]], [1, 2]), "`sample_weight` must be a number for each of 1 examples."),
        (lambda: metrics.get(3), "or be a Metric. Received: 3."),
        (
            lambda: metrics.from_config([{"class_name": "Precision", "config": {"beta": 2}}]),
            "Precision(beta=2) is not supported.",
        ),
    ],
)
def test_what_metrics_refuse(make, sentence):
    with pytest.raises(ValueError, match=".") as error:
        make()
    assert sentence in str(error.value)


def test_objects_hold_over_a_whole_epoch_and_begin_anew():
    """Their numbers are no means over batches: batch sizes change nothing."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.integers(2, size=(40, 1))
    net = Sequential([Input((3,)), Dense(1, activation="sigmoid")], seed=0)
    several = [metrics.Precision(), metrics.Recall(), metrics.AUC(), "accuracy", metrics.Recall(thresholds=0.25)]
    net.compile(minicnn.SGD(1e-9), "binary_crossentropy", metrics=several)
    history = net.fit(x, y, batch_size=7, epochs=2, verbose=0).history
    assert list(history) == ["loss", "precision", "recall", "auc", "accuracy", "recall_1"]
    p = net.predict(x)
    want = [metric(y, p) for metric in (metrics.Precision(), metrics.Recall(), metrics.AUC())]
    for name, value in zip(("precision", "recall", "auc"), want, strict=True):
        assert history[name] == pytest.approx([value, value], abs=1e-6)
    assert net.evaluate(x, y, batch_size=3)[1:4] == pytest.approx(want)
    assert several[0].result() == 0  # the user's own object has seen nothing
    with pytest.raises(ValueError, match="F1Score wants average='micro', 'macro' or 'weighted' here"):
        net.compile("sgd", "mse", metrics=[metrics.F1Score()])


def test_keras_s_own_example_of_one_row():
    """Of predictions without an axis of classes the k largest of all are meant."""
    from tests.keras_oracle import keras

    rng = np.random.default_rng(1)
    y, p = rng.integers(2, size=9), rng.random(9).astype("float32")
    for name in ("Precision", "Recall"):
        for k in (2, 4):
            theirs = getattr(keras.metrics, name)(top_k=k)
            theirs.update_state(y, p)
            assert getattr(metrics, name)(top_k=k)(y, p) == pytest.approx(float(theirs.result()))


# ---- of one's own ----------------------------------------------------------------------------------------------------


class Among(metrics.Metric):
    """Of the predictions of the right class: which share is at least `least`. It writes what the docstring asks."""

    default_name = "among"

    def __init__(self, least):
        self.least = least
        super().__init__()

    def reset_state(self):
        self.right = self.all = 0

    def _update(self, y_true, y_pred, weights):
        own = y_pred[np.arange(len(y_true)), y_true]
        self.right, self.all = self.right + int((own >= self.least).sum()), self.all + len(own)

    def result(self):
        return self.right / self.all


class Doubled(metrics.MeanMetric):
    """A mean of something else than its function says."""

    def _values(self, y_true, y_pred):
        return 2.0 * super()._values(y_true, y_pred)


@given(st.floats(0.1, 0.9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_a_metric_of_ones_own_keeps_its_settings(least, size, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(9, 3)), rng.integers(3, size=9)
    net = Sequential([Input((3,)), Dense(3, activation="softmax")])
    own = Among(least)
    several = [own, Doubled(metrics.sparse_categorical_accuracy, "doubled"), "accuracy"]
    net.compile(minicnn.SGD(0.0), "sparse_categorical_crossentropy", metrics=several)
    history = net.fit(x, y, batch_size=size, epochs=2, verbose=0).history
    want = (net.predict(x)[np.arange(9), y] >= least).mean()
    assert history["among"] == pytest.approx([want, want])
    assert history["doubled"] == pytest.approx([2 * value for value in history["accuracy"]])
    assert own.all == 0


def once_a_batch(y_true, y_pred):
    return float(np.abs(y_true - y_pred).max())


def test_a_function_that_returns_one_number_counts_once_a_batch():
    from tests.keras_oracle import keras

    rng = np.random.default_rng(0)
    ours = metrics.get(once_a_batch)
    theirs = keras.metrics.MeanMetricWrapper(lambda y, p: keras.ops.max(keras.ops.abs(y - p)))
    for count in (32, 4):
        y, p = rng.random((2, count, 2)).astype("float32")
        ours.update_state(y, p)
        theirs.update_state(y, p)
    assert ours.result() == pytest.approx(float(theirs.result()))
    net = Sequential([Input((2,)), Dense(2)])
    net.compile("sgd", "mse", weighted_metrics=[once_a_batch])
    with pytest.raises(
        ValueError, match=r"^The metric 'once_a_batch' must return a number for each of the weights, \(4,"
    ):
        net.evaluate(y, p, sample_weight=np.ones(4))


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (
            np.ones((2, 3)),
            r"`sample_weight` must have shape \(2,\), a number an example, or \(2, 4, 4\), a number a plac",
        ),
        (np.ones((2, 4, 4, 3)), r"Received: sample_weight.shape=\(2, 4, 4, 3\)."),
        (1.0, "`sample_weight` must be a number for each of 2 examples. Received: 1 of them."),
        (np.ones(3), "`sample_weight` must be a number for each of 2 examples. Received: 3 of them."),
    ],
)
@pytest.mark.parametrize("name", ["Precision", "AUC", "CategoricalAccuracy"])
def test_weights_that_do_not_fit(name, weights, sentence):
    p = np.full((2, 4, 4, 3), 0.5)
    with pytest.raises(ValueError, match=sentence):
        getattr(metrics, name)()(p > 0, p, weights)


def test_f1_takes_rows_alone():
    with pytest.raises(
        ValueError, match=r"^F1Score takes predictions \(N, K\), a row an example; .* y_pred.shape=\(2, 4, 3"
    ):
        metrics.F1Score("macro")(np.ones((2, 4, 3)), np.ones((2, 4, 3)))
