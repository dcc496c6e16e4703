"""What any layer may be told: where a chain begins, what its arrays cost; what is refused, and that files keep it."""

import numpy as np
import pytest

import minicnn
from minicnn import Conv2D, Dense, Flatten, Input, ReLU, Sequential, constraints, regularizers
from tests.keras_oracle import keras


@pytest.mark.parametrize("how", [{"input_shape": (6, 6, 1)}, {"batch_input_shape": (None, 6, 6, 1)}])
def test_a_chain_begins_where_its_first_layer_says(how):
    net = Sequential([Conv2D(2, 3, **how), Flatten(), Dense(3)])
    assert net.built and net.input_shape == (None, 6, 6, 1) and net.output_shape == (None, 3)
    assert Sequential([Dense(3, input_dim=4)]).input_shape == (None, 4)
    net = Sequential()
    net.add(Flatten(input_shape=(2, 3)))
    assert net.output_shape == (None, 6)


@pytest.mark.parametrize("layer", [Dense(3, input_shape=(4,)), Dense(3)])
def test_elsewhere_it_says_nothing(layer):
    assert Sequential([Input((2,)), Dense(4), layer]).output_shape == (None, 3)


def test_trainable_from_the_start():
    assert not Dense(3, trainable=False).trainable and Dense(3, trainable=True).trainable


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (lambda: Dense(3, activation=keras.activations.relu), "relu"),
        (lambda: Dense(3, activation=keras.activations.silu), "silu"),
        (lambda: Dense(3, activation=keras.activations.linear), None),
        (lambda: Dense(3, activation=ReLU()), "relu"),
        (lambda: Conv2D(3, 3, activation=minicnn.Softmax()), "softmax"),
    ],
)
def test_an_activation_as_function_or_layer(layer, name):
    assert layer().activation == name


def test_arrays_by_their_names():
    layer = Dense(3)
    layer.build((None, 2))
    assert layer.kernel is layer.params["kernel"] and layer.bias.shape == (3,)
    norm = minicnn.BatchNormalization()
    norm.build((None, 2))
    assert norm.moving_mean is norm.state["moving_mean"] and norm.gamma.tolist() == [1, 1]
    with pytest.raises(AttributeError, match="'Dense' object has no attribute 'gamma'"):
        _ = layer.gamma


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: Dense(3, activity_regularizer="l2"),
            "Dense(activity_regularizer='l2') is not supported: write a loss",
        ),
        (
            lambda: Conv2D(3, 3, data_format="channels_first"),
            "Conv2D(data_format='channels_first') is not supported; o",
        ),
        (
            lambda: Dense(3, dtype="float16"),
            "Dense(dtype='float16') is not supported: model.astype('float64') makes a ",
        ),
        (lambda: Dense(3, lora_rank=4), "Dense(lora_rank=4) is not supported: leave it out: all weights are trained."),
        (
            lambda: Dense(3, depthwise_initializer="ones"),
            "Dense has no argument 'depthwise_initializer'. Received: dep",
        ),
        (
            lambda: Flatten(kernel_initializer="ones"),
            "Flatten has no argument 'kernel_initializer'. Received: kernel_i",
        ),
        (lambda: Dense(3, kernel_regularizer="l3"), "`kernel_regularizer` must be one of 'L1', 'L2', 'L1L2', or an L1"),
        (lambda: Dense(3, kernel_constraint=3), "`kernel_constraint` must be one of 'MaxNorm', 'NonNeg', 'UnitNorm', "),
        (
            lambda: Dense(3, input_shape=4),
            "`input_shape` must be a tuple, without the batch: (64, 64, 3). Received: 4.",
        ),
        (lambda: Dense(3, input_shape=(0,)), "`input_shape` must be a tuple, without the batch: (64, 64, 3). Received"),
        (lambda: Dense(3, units=4), "got multiple values for argument 'units'"),
        (lambda: regularizers.L2(-1), "`l2` must be a number, at least 0. Received: l2=-1."),
        (lambda: constraints.MaxNorm("a"), "`max_value` must be a number, at least 0. Received: max_value='a'."),
        (lambda: constraints.UnitNorm(axis=0.5), "`axis` must be an integer or a list of them. Received: axis=0.5."),
    ],
)
def test_refusals(make, sentence):
    with pytest.raises((ValueError, TypeError)) as error:
        make()
    assert sentence in str(error.value)


@pytest.mark.parametrize("name", ["l1", "l2", "L1L2", regularizers.l2, regularizers.l1(0.5), None])
def test_names_of_regularizers(name):
    layer = Dense(3, kernel_regularizer=name)
    theirs = keras.regularizers.get(name) if isinstance(name, str) else None
    own = layer.regularizers.get("kernel")
    if theirs is not None:
        w = np.arange(-3.0, 3).astype("float32")
        np.testing.assert_allclose(own(w), float(theirs(w)), rtol=1e-6)
    assert (own is None) == (name is None)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("MaxNorm", {"max_value": 1.0}),
        ("MaxNorm", {"max_value": 0.5, "axis": [0, 1, 2]}),
        ("UnitNorm", {"axis": 1}),
        ("NonNeg", {}),
    ],
)
def test_constraints_are_keras_s(name, own):
    w = np.random.default_rng(0).normal(size=(3, 3, 2, 4)).astype("float32")
    ours, theirs = getattr(constraints, name)(**own), getattr(keras.constraints, name)(**own)
    np.testing.assert_allclose(ours(w), np.asarray(theirs(w)), rtol=1e-5, atol=1e-7)
    assert type(ours)(**theirs.get_config()).get_config() == ours.get_config() == theirs.get_config()


def test_what_a_file_says_is_written_again():
    """What is known here and what is not: Keras finds it as it was."""
    theirs = keras.layers.Dense(
        3,
        kernel_initializer=keras.initializers.Orthogonal(seed=1),
        kernel_regularizer=keras.regularizers.L2(0.25),
        bias_regularizer=keras.regularizers.OrthogonalRegularizer(),
        bias_constraint=keras.constraints.MinMaxNorm(),
    )
    written = keras.saving.serialize_keras_object(theirs)["config"]
    layer = Dense.from_config(written)
    assert layer.regularizers["kernel"].l2 == 0.25 and not layer.constraints
    assert layer.unknown_settings() == ["bias_regularizer", "bias_constraint"]
    again = keras.layers.Dense.from_config(layer.get_config() | {"dtype": "float32"})
    assert again.get_config() == theirs.get_config() | {"name": again.name}
