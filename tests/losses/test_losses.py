"""Losses against Keras's TensorFlow backend: value and gradient, from probabilities and from logits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import losses
from tests.keras_oracle import keras, tf
from tests.oracles import assert_gradient

PAIRS = {
    "categorical": (losses.CategoricalCrossentropy, keras.losses.CategoricalCrossentropy),
    "sparse": (losses.SparseCategoricalCrossentropy, keras.losses.SparseCategoricalCrossentropy),
    "binary": (losses.BinaryCrossentropy, keras.losses.BinaryCrossentropy),
}


def labels(kind, rng, n, k, dtype):
    classes = rng.integers(k, size=n)
    if kind == "sparse":
        return classes
    return (rng.random((n, k)) < 0.5).astype(dtype) if kind == "binary" else np.eye(k, dtype=dtype)[classes]


def keras_value_and_gradient(loss, t, y, weights):
    y = tf.constant(y)
    with tf.GradientTape() as tape:
        tape.watch(y)
        value = loss(tf.constant(t), y, sample_weight=None if weights is None else tf.constant(weights))
    return value.numpy(), tape.gradient(value, y).numpy()


@given(
    kind=st.sampled_from(list(PAIRS)),
    from_logits=st.booleans(),
    weighted=st.booleans(),
    dtype=st.sampled_from(["float32", "float64"]),
    n=st.integers(1, 5),
    k=st.integers(2, 6),
    seed=st.integers(0, 2**32 - 1),
)
def test_equals_keras(kind, from_logits, weighted, dtype, n, k, seed):
    rng = np.random.default_rng(seed)
    ours, theirs = PAIRS[kind]
    t = labels(kind, rng, n, k, dtype)
    y = rng.normal(0, 3, (n, k)) if from_logits else rng.uniform(0.02, 0.98, (n, k))  # rows need not sum to 1
    y, weights = y.astype(dtype), rng.uniform(0, 2, n).astype(dtype) if weighted else None
    value, gradient = ours(from_logits=from_logits).value_and_gradient(t, y, weights)
    keras_value, keras_gradient = keras_value_and_gradient(theirs(from_logits=from_logits, dtype=dtype), t, y, weights)
    close = 2e-5 if dtype == "float32" else 1e-11
    np.testing.assert_allclose(value, keras_value, rtol=close, atol=close)
    np.testing.assert_allclose(gradient, keras_gradient, rtol=close, atol=close)
    assert gradient.dtype == dtype


@pytest.mark.parametrize("kind", PAIRS)
def test_probabilities_at_the_ends_are_clipped_as_in_keras(kind):
    y = np.array([[0, 1, 0], [1e-9, 1 - 1e-9, 0.5]])
    t = np.array([0, 1]) if kind == "sparse" else np.array([[1.0, 0, 0], [0, 1, 0]])
    value, gradient = PAIRS[kind][0](from_logits=False).value_and_gradient(t, y)
    keras_value, keras_gradient = keras_value_and_gradient(
        PAIRS[kind][1](from_logits=False, dtype="float64"), t, y, None
    )
    np.testing.assert_allclose(value, keras_value, rtol=1e-9)
    np.testing.assert_allclose(gradient, keras_gradient, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", PAIRS)
def test_logits_of_ten_thousand_stay_finite(kind):
    y = np.float32([[1e4, -1e4, 0], [-1e4, 1e4, 0]])
    t = np.array([0, 0]) if kind == "sparse" else np.float32([[1, 0, 0], [1, 0, 0]])
    value, gradient = PAIRS[kind][0](from_logits=True).value_and_gradient(t, y)
    keras_value, keras_gradient = keras_value_and_gradient(PAIRS[kind][1](from_logits=True), t, y, None)
    np.testing.assert_allclose(value, keras_value, rtol=1e-6)
    np.testing.assert_allclose(gradient, keras_gradient, atol=1e-7)


@given(st.sampled_from([*PAIRS, "mse"]), st.booleans(), st.integers(0, 2**32 - 1))
def test_gradient_is_a_slope(kind, from_logits, seed):
    rng = np.random.default_rng(seed)
    t = rng.normal(size=(3, 4)) if kind == "mse" else labels(kind, rng, 3, 4, "float64")
    y = rng.normal(size=(3, 4)) if from_logits else rng.uniform(0.1, 0.9, (3, 4))
    loss = losses.MeanSquaredError() if kind == "mse" else PAIRS[kind][0](from_logits=from_logits)
    weights = rng.uniform(0.5, 2, 3)
    gradient = loss.value_and_gradient(t, y, weights)[1]
    assert_gradient(lambda y: np.array(loss(t, y, weights)), y, gradient, np.array(1.0), rng)


def test_mean_squared_error_equals_keras():
    rng = np.random.default_rng(1)
    t, y = rng.normal(size=(2, 5, 3))
    value, gradient = losses.MeanSquaredError().value_and_gradient(t, y)
    keras_value, keras_gradient = keras_value_and_gradient(keras.losses.MeanSquaredError(dtype="float64"), t, y, None)
    np.testing.assert_allclose([value, *gradient.ravel()], [keras_value, *keras_gradient.ravel()], rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "y", "shape", "sentence"),
    [
        ("categorical_crossentropy", [0, 2], (2, 3), "must be one-hot"),
        ("sparse_categorical_crossentropy", [[1, 0, 0], [0, 0, 1]], (2, 3), "must be integer classes"),
        ("sparse_categorical_crossentropy", [0, 3], (2, 3), "classes from 0 to 2. Received: classes from 0 to 3"),
        ("sparse_categorical_crossentropy", [0, -1], (2, 3), "Received: classes from -1 to 0"),
        ("sparse_categorical_crossentropy", [0, 0.5], (2, 3), "must be integer classes"),
        ("categorical_crossentropy", [[1, 1, 0], [0, 0, 1]], (2, 3), "each row non-negative, with sum 1"),
        ("binary_crossentropy", [[2], [0]], (2, 1), "between 0 and 1"),
        ("binary_crossentropy", [[1, 0], [0, 1]], (2, 1), "must have the predictions' shape (2, 1)"),
        ("mean_squared_error", [1, 2, 3], (2, 3), "must have the predictions' shape (2, 3)"),
    ],
)
def test_labels_that_do_not_fit(loss, y, shape, sentence):
    with pytest.raises(ValueError, match="`y`") as error:
        losses.get(loss).check(np.array(y), shape)
    assert sentence in str(error.value)


def test_unknown_loss():
    with pytest.raises(ValueError, match="`loss` must be one of 'categorical_crossentropy'.*Received: loss='hinge'"):
        losses.get("hinge")


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("kind", PAIRS)
def test_what_keras_writes_is_read_and_given_back(kind, logits):
    ours, theirs = PAIRS[kind]
    written = {"class_name": theirs.__name__, "config": theirs(from_logits=logits).get_config()}
    read = losses.from_config(written)
    assert type(read) is ours and read.from_logits is logits
    config = read.get_config()
    assert config == {"name": ours.name, "reduction": "sum_over_batch_size", "from_logits": logits}
    assert theirs.from_config(config).get_config() == written["config"]


def test_other_forms_of_a_loss_in_a_file():
    assert type(losses.from_config("mse")) is losses.MeanSquaredError
    written = {"class_name": "function", "config": "binary_crossentropy"}
    assert type(losses.from_config(written)) is losses.BinaryCrossentropy
    read = losses.from_config({"class_name": "MeanSquaredError", "config": {"name": "mean_squared_error"}})
    assert type(read) is losses.MeanSquaredError and not read.from_logits
    assert read.get_config() == {"name": "mean_squared_error", "reduction": "sum_over_batch_size"}


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (("SparseCategoricalCrossentropy", {"label_smoothing": 0.1}), r"\(label_smoothing=0.1\) is not supported"),
        (
            ("SparseCategoricalCrossentropy", {"ignore_class": 0}),
            "`ignore_class` must be None: give those examples a sam",
        ),
        (("BinaryCrossentropy", {"axis": 1}), "`axis` must be -1: the classes lie on the last axis. Received: axis=1."),
        (("MeanSquaredError", {"from_logits": True}), r"MeanSquaredError\(from_logits=True\) is not supported."),
        (("BinaryCrossentropy", {"reduction": "none"}), "`reduction` must be one of 'sum_over_batch_size', 'mean', "),
        (
            ("BinaryCrossentropy", {"label_smoothing": 2}),
            "`label_smoothing` must be a number, at least 0 and at most 1.",
        ),
        (("Huber", {"delta": 0}), "`delta` must be a number, positive. Received: delta=0."),
        (("Huber", {"gamma": 1}), r"Huber\(gamma=1\) is not supported."),
        (("Hinge", {}), "must be one of CategoricalCrossentropy, .* Received: 'Hinge'"),
        (("BinaryCrossentropy", None), "Received: 'BinaryCrossentropy'"),
        ((None, {}), "The loss must be one of"),
    ],
)
def test_what_a_file_says_that_we_lack(written, sentence):
    with pytest.raises(ValueError, match=sentence):
        losses.from_config({"class_name": written[0], "config": written[1]})


def test_a_loss_without_its_formula_says_what_it_lacks():
    with pytest.raises(NotImplementedError, match="Loss must define _each"):
        losses.Loss()([1.0], np.array([[1.0]]))


def test_a_loss_that_is_no_name():
    for loss in (3, None, int, ["mse"]):
        with pytest.raises(ValueError, match="`loss` must be one of"):
            losses.get(loss)
    loss = losses.MeanSquaredError()
    assert losses.get(loss) is loss


def test_on_paper():
    """Two examples of two numbers each; -log(1/2) = 0.6931, -log(3/4) = 0.2877, -log(1/4) = 1.3863."""
    p = np.array([[0.5, 0.5], [0.25, 0.75]])
    one_hot, classes = np.array([[1.0, 0], [0, 1]]), np.array([0, 1])
    assert losses.CategoricalCrossentropy()(one_hot, p) == pytest.approx((0.693147 + 0.287682) / 2, rel=1e-5)
    assert losses.SparseCategoricalCrossentropy()(classes, p) == pytest.approx((0.693147 + 0.287682) / 2, rel=1e-5)
    assert losses.BinaryCrossentropy()(one_hot, p) == pytest.approx((2 * 0.693147 + 2 * 0.287682) / 4, rel=1e-5)
    assert losses.MeanSquaredError()(one_hot, p) == pytest.approx((0.25 + 0.25 + 0.0625 + 0.0625) / 4)
    weights = [3, 0.5]
    assert losses.MeanSquaredError()(one_hot, p, weights) == pytest.approx((3 * 0.25 + 0.5 * 0.0625) / 2)
    assert losses.SparseCategoricalCrossentropy()(classes[:, None], p) == pytest.approx(0.490415, rel=1e-5)


@given(
    kind=st.sampled_from(["categorical", "sparse", "binary"]),
    from_logits=st.booleans(),
    weighted=st.booleans(),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
    k=st.integers(2, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_maps_of_labels_equal_one_long_row(kind, from_logits, weighted, shape, k, seed):
    """The mean is taken over all places, each weighted by its example."""
    rng = np.random.default_rng(seed)
    loss = PAIRS[kind][0](from_logits=from_logits)
    y = rng.normal(0, 3, (*shape, k)) if from_logits else rng.uniform(0.02, 0.98, (*shape, k))
    t = labels(kind, rng, int(np.prod(shape)), k, "float64")
    weights = rng.uniform(0, 2, shape[0]) if weighted else None
    long = None if weights is None else np.repeat(weights, shape[1] * shape[2])
    value, gradient = loss.value_and_gradient(t.reshape(*shape, *t.shape[1:]), y, weights)
    want, want_gradient = loss.value_and_gradient(t, y.reshape(-1, k), long)
    np.testing.assert_allclose(value, want, rtol=1e-12)
    np.testing.assert_allclose(gradient.reshape(-1, k), want_gradient, rtol=1e-12)


def test_no_example_is_no_loss():
    value, gradient = losses.CategoricalCrossentropy().value_and_gradient(np.zeros((0, 3)), np.zeros((0, 3)))
    assert value == 0 and gradient.shape == (0, 3)


def test_labels_between_and_beside():
    """A label may be a probability, in one sum of 1; binary ones lie between 0 and 1, ends included."""
    check = losses.CategoricalCrossentropy().check
    check(np.array([[0.25, 0.7505]]), (1, 2))
    for row in ([0.25, 0.76], [-0.25, 1.25], [0.5, 0.49]):
        with pytest.raises(ValueError, match="each row non-negative, with sum 1"):
            check(np.array([row]), (1, 2))
    assert losses.CategoricalCrossentropy().check([[1], [1]], (2, 1)).shape == (2, 1)
    for bad in ([[-0.01]], [[1.01]]):
        with pytest.raises(ValueError, match="must lie between 0 and 1"):
            losses.BinaryCrossentropy().check(bad, (1, 1))
    np.testing.assert_array_equal(losses.BinaryCrossentropy().check([0, 1], (2, 1)), [[0], [1]])
    with pytest.raises(ValueError, match=r"must have shape \(2,\) for sparse.* Received: y.shape=\(3,\)"):
        losses.SparseCategoricalCrossentropy().check([0, 1, 1], (2, 3))


# ---- what a loss can be told -----------------------------------------------------------------------------------------

AMOUNTS = {
    "MeanSquaredError": [{}],
    "MeanAbsoluteError": [{}],
    "Huber": [{}, {"delta": 0.5}, {"delta": 3.0}],
}
REDUCTIONS = st.sampled_from(["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum"])


@given(
    st.sampled_from([(name, own) for name, several in AMOUNTS.items() for own in several]),
    REDUCTIONS,
    st.booleans(),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from([(3, 4), (2, 3, 2, 5), (1, 1)]),
    st.integers(0, 2**32 - 1),
)
def test_amounts_equal_keras(loss, reduction, weighted, dtype, shape, seed):
    rng = np.random.default_rng(seed)
    t, y = rng.normal(0, 2, (2, *shape)).astype(dtype)
    t.flat[0] = y.flat[0]  # a difference of 0, where |d| has a kink
    settings = loss[1] | {"reduction": reduction}
    weights = rng.uniform(0, 2, shape[:-1]).astype(dtype) if weighted else None
    got = getattr(losses, loss[0])(**settings).value_and_gradient(t, y, weights)
    want = keras_value_and_gradient(getattr(keras.losses, loss[0])(**settings, dtype=dtype), t, y, weights)
    close = 2e-5 if dtype == "float32" else 1e-11
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=close, atol=close)


@given(
    st.sampled_from(["categorical", "binary"]),
    st.booleans(),
    st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    REDUCTIONS,
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_smoothed_labels_equal_keras(kind, from_logits, smoothing, reduction, weighted, seed):
    rng = np.random.default_rng(seed)
    t = labels(kind, rng, 4, 3, "float64")
    y = rng.normal(0, 3, (4, 3)) if from_logits else rng.uniform(0.02, 0.98, (4, 3))
    settings = {"from_logits": from_logits, "label_smoothing": smoothing, "reduction": reduction}
    weights = rng.uniform(0, 2, 4) if weighted else None
    got = PAIRS[kind][0](**settings).value_and_gradient(t, y, weights)
    want = keras_value_and_gradient(PAIRS[kind][1](**settings, dtype="float64"), t, y, weights)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


def test_weights_that_are_all_zero():
    loss = losses.MeanAbsoluteError(reduction="mean_with_sample_weight")
    value, gradient = loss.value_and_gradient([[1.0], [2.0]], np.zeros((2, 1)), [0, 0])
    assert value == 0 and not gradient.any()


def test_weights_that_do_not_fit():
    for weights in ([1.0], [[1.0, 1.0], [1.0, 1.0]], 1.0):
        with pytest.raises(
            ValueError, match=r"`sample_weight` must have shape \(2,\), a weight an example. Received: samp"
        ):
            losses.MeanSquaredError()([[1.0], [2.0]], np.zeros((2, 1)), weights)
    assert losses.MeanSquaredError()([[1.0], [2.0]], np.zeros((2, 1)), [[1.0], [0.0]]) == 0.5


@pytest.mark.parametrize(
    ("made", "config"),
    [
        (losses.Huber(2.0), {"name": "huber_loss", "reduction": "sum_over_batch_size", "delta": 2.0}),
        (losses.MeanAbsoluteError("sum", name="mine"), {"name": "mine", "reduction": "sum"}),
        (
            losses.CategoricalCrossentropy(True, 0.25),
            {
                "name": "categorical_crossentropy",
                "reduction": "sum_over_batch_size",
                "from_logits": True,
                "label_smoothing": 0.25,
            },
        ),
    ],
)
def test_settings_go_out_and_in(made, config):
    assert made.get_config() == config
    theirs = getattr(keras.losses, type(made).__name__).from_config(config)
    kept = {"delta": made.delta} if isinstance(made, losses.Huber) else {}  # which Keras's get_config leaves out
    again = losses.from_config({"class_name": type(made).__name__, "config": theirs.get_config() | kept})
    assert type(again) is type(made) and again.get_config() == config


@pytest.mark.parametrize("name", ["mae", "MAE", "mse", "MSE", "mean_absolute_error", "huber", "huber_loss"])
def test_names(name):
    assert type(losses.get(name)).__name__.lower().startswith({"h": "huber", "m": "mean"}[name[0].lower()])


def test_a_function_of_ones_own():
    def squared(t, y):
        return ((y - t) ** 2).mean(-1), 2 * (y - t) / y.shape[-1]

    t, y = np.random.default_rng(0).normal(size=(2, 3, 4))
    loss = losses.get(squared)
    want = losses.MeanSquaredError().value_and_gradient(t, y, [1, 2, 3])
    got = loss.value_and_gradient(t, y, [1, 2, 3])
    np.testing.assert_allclose(got[0], want[0])
    np.testing.assert_allclose(got[1], want[1])
    assert loss.name == "squared"
    with pytest.raises(
        TypeError, match=r"The loss 'only_values' must return two arrays: .*\(3,\).* Received: ndarray."
    ):

        def only_values(t, y):
            return ((y - t) ** 2).mean(-1)

        losses.get(only_values)(t, y)
    with pytest.raises(ValueError, match="`y` must hold 3 examples"):
        loss(t[:2], y)
