"""One's own functions in a net: it gives what the kernels give, it trains as they train, and says what does not fit."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU, Sequential, Softmax
from minicnn.explain import exercises
from tests.explain.exercises.students import (
    conv,
    conv_dkernel,
    conv_dx,
    dbias,
    dense,
    dense_back,
    flatten,
    pool,
    pool_dx,
    relu,
    relu_dx,
    softmax,
)

OWN = {
    "conv2d_forward": conv,
    "conv2d_backward_input": conv_dx,
    "conv2d_backward_kernel": conv_dkernel,
    "bias_backward": dbias,
    "maxpool2d_forward": pool,
    "maxpool2d_backward": pool_dx,
    "relu_forward": relu,
    "relu_backward": relu_dx,
    "dense_forward": dense,
    "dense_backward": dense_back,
    "flatten_forward": flatten,
    "softmax_forward": softmax,
}


def named(name, calls=None):
    """Return a student's function under the exercise's name, which counts its calls."""

    def function(*case):
        if calls is not None:
            calls.append(name)
        return OWN[name](*case)

    function.__name__ = name
    return function


def net():
    layers = [
        Conv2D(3, 3, padding="same", strides=2),
        ReLU(),
        Conv2D(2, 2, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(4),
        Softmax(),
    ]
    model = Sequential([Input((10, 9, 2)), *layers], seed=3)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(8, 10, 9, 2)).astype("float32"), rng.integers(0, 4, 8)


def test_it_computes_and_trains_as_the_kernels_do():
    (x, y), mine, kernels, calls = data(), net(), net(), []
    names = exercises.use(mine, *(named(name, calls) for name in OWN))
    assert len(names) == 7
    np.testing.assert_allclose(mine.predict(x, verbose=0), kernels.predict(x, verbose=0), rtol=1e-4, atol=1e-6)
    histories = [model.fit(x, y, epochs=3, batch_size=4, verbose=0, shuffle=False) for model in (mine, kernels)]
    np.testing.assert_allclose(histories[0].history["loss"], histories[1].history["loss"], rtol=1e-4)
    for one, other in zip(mine.get_weights(), kernels.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
    assert set(calls) == OWN.keys()


def test_a_dense_layer_calls_bias_backward_where_dense_backward_is_not_given():
    (x, y), mine, kernels, calls = data(), net(), net(), []
    exercises.use(mine, named("bias_backward", calls))
    histories = [model.fit(x, y, batch_size=8, verbose=0) for model in (mine, kernels)]
    assert histories[0].history["loss"] == pytest.approx(histories[1].history["loss"], rel=1e-5)
    for one, other in zip(mine.get_weights(), kernels.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
    assert len(calls) == 3  # two convolutions, and Dense


def test_one_function_alone():
    (x, _), mine, kernels = data(), net(), net()
    assert exercises.use(mine, named("maxpool2d_forward")) == ["max_pooling2d"]
    np.testing.assert_allclose(mine.predict(x, verbose=0), kernels.predict(x, verbose=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layers", "name", "words"),
    [
        ([Flatten(), Dense(2)], "conv2d_forward", "No layer of this model calls conv2d_forward"),
        ([Conv2D(2, 2, dilation_rate=2)], "conv2d_forward", "groups or a dilation"),
        ([ReLU(max_value=6)], "relu_forward", "max_value=6"),
        ([ReLU(negative_slope=0.1)], "relu_forward", "negative_slope=0.1"),
        ([ReLU(threshold=1)], "relu_backward", "threshold=1"),
    ],
)
def test_what_does_not_fit(layers, name, words):
    model = Sequential([Input((6, 6, 2)), *layers])
    with pytest.raises(ValueError, match=words):
        exercises.use(model, named(name))


def test_a_later_call_begins_anew():
    (x, _), mine, calls = data(), net(), []
    exercises.use(mine, named("conv2d_forward", calls))
    exercises.use(mine, named("flatten_forward", calls))
    mine.predict(x, verbose=0)
    assert set(calls) == {"flatten_forward"}
    assert exercises.use(mine) == []
    calls.clear()
    mine.predict(x, verbose=0)
    assert not calls


def test_what_is_refused_changes_nothing():
    model, calls = Sequential([Input((4,)), Dense(3), ReLU(), Dense(2), ReLU(max_value=6)]), []
    exercises.use(model, named("dense_forward", calls))
    with pytest.raises(ValueError, match="max_value=6"):
        exercises.use(model, named("relu_forward", calls))
    model.predict(np.ones((1, 4)), verbose=0)
    assert calls == ["dense_forward", "dense_forward"]


def test_a_function_that_stands_in_no_layer():
    def crossentropy(z, labels):
        return z, labels

    with pytest.raises(ValueError, match="among those of the exercises that a layer calls.* Received: crossentropy"):
        exercises.use(net(), crossentropy)


def test_a_function_of_another_name():
    with pytest.raises(ValueError, match="among those of the exercises .* Received: my_conv"):

        def my_conv(x):
            return x

        exercises.use(net(), my_conv)
