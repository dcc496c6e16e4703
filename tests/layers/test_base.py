"""What every layer promises, checked for each: pushes and pops, arrays, settings, symbolic calls, errors."""

import copy
import inspect
import json
import pickle

import numpy as np
import pytest

from minicnn import (
    ELU,
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
    InputLayer,
    LeakyReLU,
    MaxPooling2D,
    Model,
    Multiply,
    Normalization,
    ReLU,
    Rescaling,
    Reshape,
    SeparableConv2D,
    Sequential,
    Sigmoid,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
)
from minicnn.layers import AUGMENTATIONS, LAYERS, Layer
from minicnn.layers.augmentation import Augmentation
from tests.keras_oracle import keras
from tests.strategies import normal
from tests.tolerances import assert_same

IMAGE, ROW = (None, 5, 4, 2), (None, 6)
EXAMPLES = {
    "Conv2D": (lambda: Conv2D(3, (2, 3), padding="same", strides=(2, 1)), IMAGE),
    "Conv2D relu": (lambda: Conv2D(4, 3, groups=2, dilation_rate=(2, 1), activation="relu", use_bias=False), IMAGE),
    "MaxPooling2D": (lambda: MaxPooling2D((2, 3), 1, "same"), IMAGE),
    "Dense": (lambda: Dense(3), ROW),
    "Dense softmax": (lambda: Dense(3, activation="softmax"), ROW),
    "Dense pictures": (lambda: Dense(3), IMAGE),
    "ReLU": (lambda: ReLU(), IMAGE),
    "Sigmoid": (lambda: Sigmoid(), ROW),
    "Softmax": (lambda: Softmax(), ROW),
    "Softmax axis": (lambda: Softmax(axis=1), IMAGE),
    "Activation": (lambda: Activation("sigmoid"), IMAGE),
    "Activation linear": (lambda: Activation("linear"), IMAGE),
    "Flatten": (lambda: Flatten(), IMAGE),
    "Dropout": (lambda: Dropout(0.4, seed=3), IMAGE),
    "SpatialDropout2D": (lambda: SpatialDropout2D(0.4, seed=3), IMAGE),
    "Rescaling": (lambda: Rescaling(1 / 127.5, -1), IMAGE),
    "Add": (lambda: Add(), [IMAGE, IMAGE, IMAGE]),
    "Concatenate": (lambda: Concatenate(axis=2), [IMAGE, (None, 5, 1, 2)]),
    "InputLayer": (lambda: InputLayer((5, 4, 2)), IMAGE),
    "DepthwiseConv2D": (lambda: DepthwiseConv2D((2, 3), 2, "same", depth_multiplier=2), IMAGE),
    "DepthwiseConv2D relu6": (lambda: DepthwiseConv2D(2, activation="relu6", use_bias=False), IMAGE),
    "SeparableConv2D": (lambda: SeparableConv2D(3, (2, 3), padding="same", strides=2), IMAGE),
    "SeparableConv2D silu": (lambda: SeparableConv2D(3, 2, depth_multiplier=3, activation="silu"), IMAGE),
    "BatchNormalization": (lambda: BatchNormalization(), IMAGE),
    "BatchNormalization row": (lambda: BatchNormalization(1, 0.9, 1e-5, center=False), ROW),
    "AveragePooling2D": (lambda: AveragePooling2D((2, 3), 1, "same"), IMAGE),
    "GlobalAveragePooling2D": (lambda: GlobalAveragePooling2D(), IMAGE),
    "GlobalMaxPooling2D": (lambda: GlobalMaxPooling2D(keepdims=True), IMAGE),
    "ZeroPadding2D": (lambda: ZeroPadding2D(((1, 0), (2, 3))), IMAGE),
    "Cropping2D": (lambda: Cropping2D(((1, 0), (2, 1))), IMAGE),
    "Multiply": (lambda: Multiply(), [IMAGE, (None, 1, 1, 2), IMAGE]),
    "Reshape": (lambda: Reshape((4, -1)), IMAGE),
    "Normalization": (lambda: Normalization(), IMAGE),
    "Normalization constants": (lambda: Normalization((1, 3), [1.0, -2.0], [4.0, 9.0]), IMAGE),
    "ReLU6": (lambda: ReLU(6), IMAGE),
    "LeakyReLU": (lambda: LeakyReLU(0.1), IMAGE),
    "ELU": (lambda: ELU(0.5), IMAGE),
    "Activation gelu": (lambda: Activation("gelu"), ROW),
}
every_layer = pytest.mark.parametrize("example", EXAMPLES)
one_input = pytest.mark.parametrize("example", [name for name, (_, shape) in EXAMPLES.items() if shape in (IMAGE, ROW)])
with_arrays = pytest.mark.parametrize("example", [name for name in EXAMPLES if "Conv2D" in name or "Dense" in name])


def make(example, dtype="float32", trainable=True):
    """A built layer, always with the same weights."""
    factory, shape = EXAMPLES[example]
    layer = factory()
    layer.trainable = trainable
    layer.build(shape, np.random.default_rng(1), dtype)
    for array in layer.params.values():
        array[...] = normal(np.random.default_rng(2), array.shape, dtype)
    return layer


def draw(example, n=3, seed=3, dtype="float32"):
    """An input (or a list of them) and a cotangent for it."""
    rng = np.random.default_rng(seed)
    layer = make(example)
    xs = [normal(rng, (n, *shape[1:]), dtype) for shape in shapes_of(layer)]
    return xs if isinstance(layer.input_shape, list) else xs[0], normal(rng, (n, *layer.output_shape[1:]), dtype)


def shapes_of(layer):
    return layer.input_shape if isinstance(layer.input_shape, list) else [layer.input_shape]


def first_array(layer):
    """The kernel, whatever it is called."""
    return next(iter(layer.params.values()))


def assert_all_same(got, want):
    """Compare arrays, lists and dicts of them."""
    if isinstance(want, dict):
        assert got.keys() == want.keys()
        got, want = list(got.values()), list(want.values())
    if isinstance(want, list):
        for one, other in zip(got, want, strict=True):
            assert_same(one, other)
    else:
        assert_same(got, want)


def test_every_layer_is_here():
    here = {type(make(example)) for example in EXAMPLES}
    assert here >= {layer for layer in LAYERS.values() if not issubclass(layer, (Model, Augmentation))}


# ---- forward and backward -------------------------------------------------------------------------------------------


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_shapes_and_dtypes(example, dtype, n):
    layer = make(example, dtype)
    x, dy = draw(example, n, dtype=dtype)
    y = layer.forward(x, training=True)
    assert y.shape == dy.shape and y.dtype == dtype
    dx = layer.backward(dy)
    xs, dxs = (x, dx) if isinstance(x, list) else ([x], [dx])
    assert [(item.shape, item.dtype) for item in dxs] == [(item.shape, item.dtype) for item in xs]
    assert layer.grads.keys() == layer.params.keys()
    for key, param in layer.params.items():
        assert (layer.grads[key].shape, layer.grads[key].dtype) == (param.shape, param.dtype)


@every_layer
def test_prediction_changes_nothing(example):
    """So many threads may predict at once."""
    layer = make(example)
    x, _ = draw(example)
    before = copy.deepcopy({key: value for key, value in vars(layer).items() if key != "rng"})
    y = layer(x)
    assert_all_same(layer.forward(x), y)
    after = {key: value for key, value in vars(layer).items() if key != "rng"}
    for arrays in ("params", "grads", "state"):
        assert_all_same(after.pop(arrays), before.pop(arrays))
    assert after == before


@every_layer
def test_nothing_given_is_changed(example):
    layer = make(example)
    x, dy = draw(example)
    given = copy.deepcopy((x, dy, layer.params))
    layer.forward(x, training=True)
    layer.backward(dy)
    for got, want in zip((x, dy, layer.params), given, strict=True):
        assert_all_same(got, want)


@pytest.mark.parametrize("example", [name for name in EXAMPLES if "Dropout" not in name])  # these draw: test_dropout.py
def test_pops_last_first(example):
    """A layer that stands twice in a net goes back twice."""
    alone, twice = [], make(example)
    calls = [draw(example, n, seed=n) for n in (1, 2)]
    for x, dy in calls:
        layer = make(example)
        layer.forward(x, training=True)
        alone.append((layer.backward(dy), layer.grads))
    for x, _ in calls:
        twice.forward(x, training=True)
    for (_, dy), (dx, grads) in zip(reversed(calls), reversed(alone), strict=True):
        assert_all_same(twice.backward(dy), dx)
        assert_all_same(twice.grads, grads)


@every_layer
def test_backward_needs_a_forward(example):
    layer = make(example)
    x, dy = draw(example)
    sentence = f"Layer '{layer.name}': backward needs a forward(x, training=True) before it, one for each backward."

    def refused():
        with pytest.raises(RuntimeError) as error:
            layer.backward(dy)
        return str(error.value) == sentence

    assert refused()
    layer(x)
    assert refused()
    layer.forward(x, training=True)
    layer.backward(dy)
    assert refused()
    layer.forward(x, training=True)
    layer.forget()
    assert refused()


@every_layer
def test_keep_decides_apart_from_training(example):
    layer = make(example)
    x, dy = draw(example)
    layer.forward(x, training=True, keep=False)
    with pytest.raises(RuntimeError):
        layer.backward(dy)
    layer.forward(x, keep=True)
    layer.backward(dy)


@every_layer
def test_dx_that_nobody_reads_is_not_computed(example):
    layer, other = make(example), make(example)
    x, dy = draw(example)
    for each in (layer, other):
        each.forward(x, training=True)
    other.backward(dy)
    assert layer.backward(dy, need_dx=False) is None
    assert_all_same(layer.grads, other.grads)


@with_arrays
def test_a_frozen_layer_computes_no_gradients_of_its_own(example):
    layer, frozen = make(example), make(example, trainable=False)
    x, dy = draw(example)
    for each in (layer, frozen):
        each.forward(x, training=True)
    assert_same(frozen.backward(dy), layer.backward(dy))
    assert frozen.grads == {} and layer.grads


@every_layer
def test_other_dtypes_are_cast_to_the_layer_s(example):
    layer = make(example)
    x, _ = draw(example)
    wide = [item.astype("float64") for item in x] if isinstance(x, list) else x.astype("float64")
    assert_same(layer(wide), layer(x))
    whole = [np.rint(item).astype("int8") for item in x] if isinstance(x, list) else np.rint(x).astype("int8")
    floats = [item.astype("float32") for item in whole] if isinstance(x, list) else whole.astype("float32")
    assert_same(layer(whole), layer(floats))


@every_layer
def test_a_cotangent_of_another_dtype_is_cast_too(example):
    layer, same = make(example), make(example)
    x, dy = draw(example, dtype="float64")
    for each, given in ((layer, dy), (same, dy.astype("float32"))):
        each.forward(x, training=True)
        dx = each.backward(given)
        assert all(item.dtype == np.float32 for item in (dx if isinstance(dx, list) else [dx]))
    assert_all_same(layer.grads, same.grads)


@every_layer
def test_cast_converts_a_layer(example):
    layer, double = make(example), make(example)
    x, dy = draw(example, dtype="float64")
    double.cast("float64")
    assert layer(x).dtype == np.float32 and double(x).dtype == np.float64
    np.testing.assert_allclose(double(x), layer(x), atol=1e-5)
    double.forward(x, training=True)
    double.backward(dy)
    assert all(gradient.dtype == np.float64 for gradient in double.grads.values())


# ---- building -------------------------------------------------------------------------------------------------------


@every_layer
def test_a_symbolic_call_computes_nothing(example):
    layer = EXAMPLES[example][0]()
    shapes = EXAMPLES[example][1]
    inputs = [Input(shape[1:]) for shape in (shapes if isinstance(shapes, list) else [shapes])]
    output = layer(inputs if isinstance(shapes, list) else inputs[0])
    assert output.shape == make(example).output_shape
    assert output.node.layer is layer and output.node.inputs == inputs and not layer.built


@every_layer
def test_the_first_array_builds(example):
    layer = EXAMPLES[example][0]()
    x, dy = draw(example)
    assert layer(x).shape == dy.shape and layer.built
    assert layer.input_shape == EXAMPLES[example][1] and layer.output_shape == make(example).output_shape


@with_arrays
def test_the_generator_alone_decides_the_weights(example):
    factory, shape = EXAMPLES[example]
    one, same, other = (factory() for _ in range(3))
    for layer, seed in ((one, 1), (same, 1), (other, 2)):
        layer.build(shape, np.random.default_rng(seed))
    assert_all_same(one.params, same.params)
    assert (first_array(one) != first_array(other)).any()
    double = factory()
    double.build(shape, np.random.default_rng(1), "float64")
    assert_same(first_array(double).astype("float32"), first_array(one))


@with_arrays
def test_building_twice_keeps_the_weights(example):
    layer = make(example)
    before = layer.get_weights()
    layer.build(EXAMPLES[example][1], np.random.default_rng(9))
    assert_all_same(layer.get_weights(), before)


# ---- arrays ---------------------------------------------------------------------------------------------------------


@with_arrays
def test_weights_are_copied_in_and_out(example):
    layer = make(example)
    weights = [normal(np.random.default_rng(5), array.shape, "float32") for array in layer.get_weights()]
    held = first_array(layer)
    layer.set_weights(weights)
    assert first_array(layer) is held  # an optimizer may hold it too
    assert_all_same(layer.get_weights(), weights)
    weights[0][...] = 7
    layer.get_weights()[0][...] = 8
    assert not np.isin(first_array(layer), (7, 8)).any()


def test_weights_that_do_not_fit():
    layer = make("Dense")
    before = layer.get_weights()
    for weights, sentence in [
        ([before[0]], "Layer 'dense' has 2 arrays (kernel, bias). Received: 1."),
        (
            [before[0] + 1, np.zeros(4)],
            "`bias` of layer 'dense' must have shape (3,). Received: shape (4,).",
        ),
    ]:
        with pytest.raises(ValueError) as error:
            layer.set_weights(weights)
        assert str(error.value) == sentence
        assert_all_same(layer.get_weights(), before)
    with pytest.raises(ValueError, match=r"Layer 're_lu' has 0 arrays \(none\). Received: 1\."):
        make("ReLU").set_weights(before[:1])


# ---- settings -------------------------------------------------------------------------------------------------------


def in_files(layer):
    """The class name that a file has for a layer: Keras has no Sigmoid layer."""
    return "Activation" if isinstance(layer, Sigmoid) else type(layer).__name__


def keras_twin(layer):
    """The Keras layer of the same settings."""
    return getattr(keras.layers, in_files(layer)).from_config(layer.get_config())


def plain(config):
    """Keras writes tuples here and lists there: compare them as lists. It also says more of dtype than its name."""
    config = json.loads(json.dumps(config))
    dtype = config.pop("dtype")
    return config, dtype["config"]["name"] if isinstance(dtype, dict) else dtype


@every_layer
def test_settings_go_round_through_keras(example):
    """Ours -> Keras -> ours: the same settings, and the same numbers."""
    layer = make(example)
    config = layer.get_config()
    back = LAYERS[in_files(layer)].from_config(keras_twin(layer).get_config())
    assert plain(back.get_config() | config) == plain(config | back.get_config())
    back.build(layer.input_shape)
    back.set_weights(layer.get_weights())
    x, _ = draw(example)
    assert_same(back(x), layer(x))


@every_layer
def test_settings_are_named_as_in_keras(example):
    """Every setting that we write, Keras writes too, with the same value."""
    layer = make(example)
    ours, dtype = plain(layer.get_config())
    theirs, keras_dtype = plain(keras_twin(layer).get_config())
    theirs.setdefault("trainable", True)  # an InputLayer has none
    assert {key: theirs[key] for key in ours} == ours and dtype == keras_dtype


def test_settings_that_change_the_output_and_that_we_lack_are_refused():
    for layer, config, sentence in [
        (
            ReLU,
            {"name": "r", "threshold": 1.0},
            "Layer 'r': ReLU(threshold=1.0) is not supported; only threshold=0.0 is.",
        ),
        (
            Conv2D,
            {"name": "c", "filters": 1, "kernel_size": 1, "data_format": "channels_first"},
            "Layer 'c': Conv2D(data_format='channels_first') is not supported; only data_format='channels_last' is.",
        ),
    ]:
        with pytest.raises(ValueError) as error:
            layer.from_config(config)
        assert str(error.value) == sentence
    with pytest.raises(ValueError, match="Layer 'd': Dense does not understand its settings .*'colour'"):
        Dense.from_config({"name": "d", "units": 2, "colour": "red"})


@pytest.mark.parametrize("example", [name for name in EXAMPLES if name != "SpatialDropout2D"])  # has no such key
@pytest.mark.parametrize("trainable", [True, False])
def test_whether_it_learns_is_a_setting(example, trainable):
    config = make(example, trainable=trainable).get_config()
    assert config["trainable"] is trainable
    back = LAYERS[in_files(make(example))].from_config(config)
    assert back.trainable is trainable


def settings_of(layer):
    """The arguments of a layer's `__init__` that it holds under their own names, read from its signature."""
    names = [name for name in inspect.signature(type(layer).__init__).parameters if name in vars(layer)]
    return [name for name in names if name != "name"]


@every_layer
def test_settings_are_fixed_once_a_layer_is_built(example):
    """Before, they may be set; whoever runs a built layer plans by them. What it learns stays changeable."""
    layer, shape = EXAMPLES[example][0](), EXAMPLES[example][1]
    names = [*settings_of(layer), "activation"]
    for name in names:
        setattr(layer, name, getattr(layer, name))
    layer.build(shape)
    before = layer.get_config()
    for name in names:
        with pytest.raises(AttributeError) as error:
            setattr(layer, name, 7)
        assert str(error.value) == (
            f"`{name}` of layer '{layer.name}' is fixed, since the layer is built; make a new {type(layer).__name__}, "
            f"or one by from_config of settings that say otherwise. Received: {name}=7."
        )
    assert layer.get_config() == before
    layer.trainable = False
    layer.set_weights(layer.get_weights())
    layer.params = {key: array + 1 for key, array in layer.params.items()}


def test_the_settings_that_are_fixed():
    """Written out: the test above reads them from the signatures, as the code does."""
    assert {example: settings_of(make(example)) for example in ("Conv2D", "ReLU", "Sigmoid", "Add")} == {
        "Conv2D": [
            *("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "activation", "use_bias"),
            "algorithm",
        ],
        "ReLU": ["max_value"],
        "Sigmoid": [],
        "Add": [],
    }
    for example, inherited in (("Sigmoid", "activation"), ("SpatialDropout2D", "noise_shape"), ("Softmax", "axis")):
        with pytest.raises(AttributeError, match=f"`{inherited}` of layer"):
            setattr(make(example), inherited, None)


@every_layer
def test_copies_of_a_built_layer(example):
    """They are built too: their settings are the same, and fixed."""
    layer = make(example)
    x, _ = draw(example)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.get_config() == layer.get_config()
        assert_same(other(x), layer(x))
        with pytest.raises(AttributeError):
            other.activation = "tanh"
    fresh = LAYERS[in_files(layer)].from_config(layer.get_config())
    fresh.activation = "tanh"


def test_settings_of_somebody_else_s_layer():
    """Also of one that inherits, that takes keywords, or that settles a setting while it builds."""

    class Shift(Layer):
        def __init__(self, by=None, *, sign=1, name=None):
            super().__init__(name)
            self.by, self.sign, self.calls = by, sign, 0

        def _build(self, input_shape, rng):
            self.by = 1.0 if self.by is None else self.by

        def _forward(self, x, training):
            self.calls += 1
            return x + np.float32(self.sign * self.by), None

    class Twice(Shift):
        def __init__(self, name=None):
            super().__init__(2.0, name=name)

    for layer, want in ((Shift(), 1.0), (Shift(3.0, sign=-1), -3.0), (Twice(), 2.0)):
        assert layer(np.zeros((1, 2)))[0, 0] == want
        for name in ("by", "sign"):
            with pytest.raises(AttributeError, match=f"`{name}` of layer .* is fixed"):
                setattr(layer, name, 5)
        layer.calls = 0  # not given to `__init__`: the layer's own affair
        assert layer(np.zeros((1, 2)))[0, 0] == want and layer.calls == 1


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_settings_of_augmentation_are_fixed_too(name):
    layer = LAYERS[name](factor=0.5)
    layer.settings = {"factor": 0.25}
    layer.build(IMAGE)
    with pytest.raises(AttributeError, match="`settings` of layer .* is fixed"):
        layer.settings = {}
    assert LAYERS[name].from_config(layer.get_config()).get_config() == layer.get_config()


def test_a_model_is_built_from_layers_not_from_settings():
    model = Sequential([Input((4,)), Dense(2)], seed=0)
    model.seed, model.trainable = 1, False
    model.add(ReLU())
    assert model.output_shape == (None, 2)


def test_what_matters_to_training_alone_is_kept():
    theirs = keras.layers.Dense(3, kernel_regularizer="l2", name="d").get_config()
    kept = Dense.from_config(theirs).get_config()
    assert theirs["kernel_regularizer"]
    for key in ("kernel_initializer", "bias_initializer", "kernel_regularizer", "kernel_constraint"):
        assert kept[key] == theirs[key]


def test_names():
    assert [make(example).name for example in ("Conv2D", "MaxPooling2D", "ReLU", "InputLayer")] == [
        keras.src.utils.naming.to_snake_case(name) for name in ("Conv2D", "MaxPooling2D", "ReLU", "InputLayer")
    ]
    for name in ("", "a/b", 3):
        with pytest.raises(ValueError) as error:
            ReLU(name=name)
        assert str(error.value) == f"`name` must be a non-empty string without '/'. Received: name={name!r}."


# ---- 7 errors -------------------------------------------------------------------------------------------------------


@with_arrays
def test_x_with_other_channels_than_the_arrays(example):
    layer = make(example)
    x, _ = draw(example)
    for wrong in (np.concatenate([x, x], -1), np.concatenate([x, x], -1)[:2]):
        with pytest.raises(ValueError) as error:
            layer(wrong)
        assert str(error.value) == (
            f"Input of layer '{layer.name}' must fit its arrays, which were made for shape {layer.input_shape}. "
            f"Received: x.shape={wrong.shape}."
        )


@pytest.mark.parametrize("example", [name for name in EXAMPLES if "2D" in name and "Drop" not in name])
def test_pictures_have_four_axes(example):
    layer = make(example)
    x, _ = draw(example)
    for wrong in (x[0], x[None]):
        with pytest.raises(ValueError, match=r"takes images of shape \(None, height, width, channels\)"):
            layer(wrong)


@every_layer
def test_x_that_is_no_batch(example):
    layer = make(example)
    wrong = [np.float32(1)] * len(shapes_of(layer)) if layer.takes_list else np.float32(1)
    with pytest.raises(ValueError) as error:
        layer(wrong)
    assert str(error.value) == (
        f"Input of layer '{layer.name}' must be a batch: its first axis counts the examples. Received: one number."
    )


@pytest.mark.parametrize("example", [name for name in EXAMPLES if make(name).takes_list])
def test_inputs_of_as_many_examples(example):
    layer = make(example)
    xs, _ = draw(example)
    with pytest.raises(ValueError) as error:
        layer([xs[0][:1], *xs[1:]])
    assert str(error.value) == (
        f"The inputs of layer '{layer.name}' must hold equally many examples. "
        f"Received: {', '.join(['1'] + ['3'] * (len(xs) - 1))}."
    )


@one_input
def test_a_list_where_one_array_is_meant(example):
    """As symbols, a list is refused; as numbers, it is one array."""
    layer = make(example)
    x, _ = draw(example)
    assert_same(layer(x.tolist()), layer(x))
    with pytest.raises(ValueError) as error:
        layer([Input(x.shape[1:])])
    assert str(error.value) == (
        f"Layer '{layer.name}' takes one input. Received: 1 of shapes {[(None, *x.shape[1:])]}."
    )


@every_layer
def test_numbers_that_only_float64_holds(example):
    """They would become inf, and nobody would know where it came from. What is inf already stays so."""
    layer = make(example)
    x, dy = draw(example, dtype="float64")
    first = x[0] if isinstance(x, list) else x
    first[(0,) * first.ndim] = -1e300
    sentence = "must be at most 3.4e+38, the largest float32. Received: -1e+300."
    with pytest.raises(ValueError) as error:
        layer(x)
    assert str(error.value) == f"Input of layer '{layer.name}' {sentence}"
    first[(0,) * first.ndim] = np.inf
    with np.errstate(all="ignore"):
        layer.forward(x, training=True)
    dy[(0,) * dy.ndim] = -1e300
    with pytest.raises(ValueError) as error:
        layer.backward(dy)
    assert str(error.value) == f"`dy` of layer '{layer.name}' {sentence}"


def test_weights_that_only_float64_holds():
    layer = make("Dense")
    before = layer.get_weights()
    for wrong, kind in ((np.full((6, 3), 1e300), ValueError), (np.full((6, 3), "a"), TypeError)):
        with pytest.raises(kind, match="`kernel` of layer 'dense' must be "):
            layer.set_weights([wrong, before[1]])
        assert_all_same(layer.get_weights(), before)
    layer.cast("float64")
    layer.params["kernel"][0, 0] = 1e300
    with pytest.raises(ValueError, match="`kernel` of layer 'dense' must be at most"):
        layer.cast("float32")


@every_layer
def test_dy_of_a_wrong_shape(example):
    """The forward that it belongs to stays pushed: the right dy may still come."""
    layer = make(example)
    x, dy = draw(example)
    layer.forward(x, training=True)
    for wrong in (dy[..., :1], dy[0], dy[:1], np.float32(1)):
        if wrong.shape == dy.shape:
            continue
        with pytest.raises(ValueError) as error:
            layer.backward(wrong)
        assert str(error.value) == (
            f"`dy` of layer '{layer.name}' must have the output's shape {dy.shape}. Received: dy.shape={wrong.shape}."
        )
    layer.backward(dy)


@one_input
@pytest.mark.parametrize("dtype", ["complex64", "U3", "O"])
def test_x_of_a_wrong_kind(example, dtype):
    layer = make(example)
    x, _ = draw(example)
    wrong = x.astype(dtype)
    with pytest.raises(TypeError) as error:
        layer(wrong)
    assert str(error.value) == f"Input of layer '{layer.name}' must be real numbers. Received: dtype={wrong.dtype}."


def test_dtype_of_a_layer():
    with pytest.raises(ValueError) as error:
        Dense(3).build((None, 4), dtype="float16")
    assert str(error.value) == "`dtype` must be 'float32' or 'float64'. Received: dtype='float16'."


def test_symbols_and_arrays_mixed():
    with pytest.raises(TypeError) as error:
        Add(name="sum")([Input((3,)), np.zeros((1, 3))])
    assert str(error.value) == "Layer 'sum' got symbolic tensors and arrays mixed; all must be of one kind."


def test_the_count_of_a_normalization_stays_a_whole_number():
    """Whatever dtype the layer is converted to: Keras's file has it as an integer."""
    layer = Normalization()
    layer.build((None, 3))
    layer.state["count"][...] = 7
    layer.cast("float64")
    assert layer.state["count"].dtype == np.int64 and layer.state["count"] == 7
    assert layer.state["mean"].dtype == np.float64
