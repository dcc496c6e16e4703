"""What Keras users ask of models and layers: outputs in between, arithmetic, arrays, places, pop, JSON, files."""

import json

import numpy as np
import pytest

import minicnn
from minicnn import BatchNormalization, Conv2D, Dense, Flatten, Input, Model, ReLU, Sequential, load_model
from tests.keras_oracle import keras

X = np.random.default_rng(0).normal(size=(3, 6, 6, 2)).astype("float32")


def chain(of=minicnn):
    o = of if of is minicnn else keras.layers
    layers = [o.Conv2D(3, 3, name="conv"), o.BatchNormalization(name="norm"), o.Flatten(), o.Dense(2, name="last")]
    net = of.Sequential([of.Input((6, 6, 2), name="x"), *layers])
    net.set_weights([np.random.default_rng(1).uniform(0.5, 1.5, w.shape) for w in net.get_weights()])
    return net


def test_outputs_in_between_are_keras_s():
    found = []
    for of in (minicnn, keras):
        net = chain(of)
        made = of.Model(inputs=net.inputs, outputs=[net.get_layer("conv").output, net.layers[1].output, net.outputs[0]])
        ends = of.Model(net.get_layer("norm").input, net.outputs[0])  # a model may begin anywhere
        found.append([*made.predict(X, verbose=0), ends.predict(made.predict(X, verbose=0)[0], verbose=0)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_layer_called_twice_or_never_has_no_output():
    layer = Dense(2, name="d")
    with pytest.raises(AttributeError, match="Layer 'd' has an `output` where it was called on one symbolic tensor"):
        layer.output  # noqa: B018
    layer(layer(Input((2,))))
    with pytest.raises(AttributeError, match="Received: 2 calls."):
        layer.input  # noqa: B018


@pytest.mark.parametrize(
    "formula",
    [
        lambda x, y: x + y,
        lambda x, y: x * y - y,
        lambda x, y: 2 * x + 0.5,
        lambda x, y: 1 - x / 4,
        lambda x, y: -(x - 3) * 0.5 + y,
    ],
)
def test_arithmetic_is_keras_s(formula):
    found = []
    for of in (minicnn, keras):
        x, y = of.Input((6, 6, 2)), of.Input((6, 6, 2))
        found.append(of.Model([x, y], formula(x, y)).predict([X, X[::-1].copy()], verbose=0))
    np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-6)
    with pytest.raises(TypeError, match="A symbolic tensor is divided by a number, not by another one"):
        Input((2,)) / Input((2,))


def test_arrays_by_keras_s_names():
    ours, theirs = chain(), chain(keras)
    for frozen in (False, True):
        ours.layers[0].trainable = theirs.layers[0].trainable = not frozen
        for name in ("weights", "trainable_weights", "non_trainable_weights"):
            for one, other in zip((ours, *ours.layers), (theirs, *theirs.layers), strict=True):
                mine, keras_s = getattr(one, name), getattr(other, name)
                assert sorted(w.shape for w in mine) == sorted(tuple(w.shape) for w in keras_s), (name, one.name)
    assert ours.layers[0].kernel is ours.layers[0].params["kernel"] and ours.layers[3].bias.shape == (2,)
    assert ours.get_layer("norm").moving_mean.shape == (3,)
    with pytest.raises(AttributeError, match="'Flatten' object has no attribute 'kernel'"):
        ours.layers[2].kernel  # noqa: B018
    ours.get_layer(index=3).kernel[...] = 0
    ours.layers[-1].bias[:] = 7
    assert (ours.predict(X) == 7).all()


def test_places():
    net = chain()
    assert net.get_layer(index=-1) is net.get_layer("last") is net.layers[3]
    for index in (4, -5, "0"):
        with pytest.raises(ValueError, match="`index` must be a place among 4 layers"):
            net.get_layer(index=index)
    with pytest.raises(ValueError, match="Give `name` or `index`, one of them."):
        net.get_layer("conv", 0)


def test_pop_and_add_are_keras_s():
    found = []
    for of in (minicnn, keras):
        net = chain(of)
        last = net.pop()
        shapes = [net.output_shape]
        net.pop()
        shapes.append(net.output_shape)
        net.add((of if of is minicnn else keras.layers).ReLU())
        found.append(net.predict(X, verbose=0))
        assert shapes == [(None, 48), (None, 4, 4, 3)] and last.name == "last"
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-5)
    net = Sequential([Dense(2)])
    assert net.pop().name == "dense" and net.layers == []
    with pytest.raises(ValueError, match="There is no layer to take away."):
        net.pop()


def test_all_layers_are_popped_and_others_added():
    net = Sequential([Input((4,)), Dense(3), ReLU()])
    net.pop()
    net.pop()
    assert net.layers == []
    net.add(Dense(5))
    assert net.output_shape == (None, 5) and net.predict(np.ones((2, 4))).shape == (2, 5)


def test_json_is_keras_s(tmp_path):
    x = Input((6, 6, 2))
    graph = Model(x, Dense(2)(Flatten()(BatchNormalization()(Conv2D(3, 3)(x)) * 0.5)))
    for net in (chain(), graph):
        text = net.to_json()
        twin = keras.models.model_from_json(text)
        twin.set_weights(net.get_weights())
        np.testing.assert_allclose(net.predict(X), twin.predict(X, verbose=0), rtol=1e-4, atol=1e-5)
        config = json.loads(text)["config"]
        again = type(net).from_config(config)
        assert again.get_config() == net.get_config()


def test_what_is_there_stays(tmp_path):
    net, file = chain(), tmp_path / "net.keras"
    net.save(file, overwrite=False)
    before = file.read_bytes()
    with pytest.raises(ValueError, match=r"net\.keras is there already; overwrite=True replaces it."):
        net.save(file, overwrite=False)
    assert file.read_bytes() == before
    net.layers[-1].bias[:] = 9
    net.save(file)
    np.testing.assert_array_equal(load_model(file).predict(X), net.predict(X))
    net.save_weights(tmp_path / "net.weights.h5")
    with pytest.raises(ValueError, match="is there already"):
        net.save_weights(tmp_path / "net.weights.h5", overwrite=False)
