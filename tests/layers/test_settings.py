"""Settings, for every layer: Keras's names and values, refusals, fixed once the layer is built, copies."""

import copy
import inspect
import json
import pickle

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Input, ReLU, Resizing, Sequential
from minicnn.layers import AUGMENTATIONS, LAYERS, Layer
from tests.keras_oracle import keras
from tests.layers.examples import AUGMENTED, EXAMPLES, IMAGE, draw, every_layer, make
from tests.tolerances import assert_same


def keras_twin(layer):
    """Return the Keras layer of the same settings."""
    twin = getattr(keras.layers, layer.class_name, None)
    assert twin is not None, f"Keras has no {layer.class_name}: `class_name` must be what files call it, as in Sigmoid"
    return twin.from_config(layer.get_config())


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
    back = LAYERS[layer.class_name].from_config(keras_twin(layer).get_config())
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
            Resizing,
            {"name": "r", "height": 1, "width": 1, "antialias": True},
            "Layer 'r': Resizing(antialias=True) is not supported; only antialias=False is.",
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
    back = LAYERS[make(example).class_name].from_config(config)
    assert back.trainable is trainable


def settings_of(layer):
    """Return the arguments of a layer's `__init__` that it holds under their own names, read from its signature."""
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
        "ReLU": ["max_value", "negative_slope", "threshold"],
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
    fresh = LAYERS[layer.class_name].from_config(layer.get_config())
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
    layer = LAYERS[name](**AUGMENTED.get(name, {}))
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
