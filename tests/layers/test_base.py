"""What every layer promises, checked for each: pushes and pops, building, arrays, names."""

import copy

import numpy as np
import pytest

from minicnn import Conv2D, Input, MaxPooling2D, Model, ReLU, reference
from minicnn.layers import LAYERS
from minicnn.layers.augmentation import Augmentation
from tests.keras_oracle import keras
from tests.layers.examples import EXAMPLES, assert_all_same, draw, every_layer, first_array, make, with_arrays
from tests.strategies import normal
from tests.tolerances import assert_same


def test_every_layer_is_here():
    here = {type(make(example)) for example in EXAMPLES}
    assert here >= {layer for layer in LAYERS.values() if not issubclass(layer, (Model, Augmentation))}


def test_names():
    assert [make(example).name for example in ("Conv2D", "MaxPooling2D", "ReLU", "InputLayer")] == [
        keras.src.utils.naming.to_snake_case(name) for name in ("Conv2D", "MaxPooling2D", "ReLU", "InputLayer")
    ]
    for name in ("", "a/b", 3):
        with pytest.raises(ValueError) as error:
            ReLU(name=name)
        assert str(error.value) == f"`name` must be a non-empty string without '/'. Received: name={name!r}."


# ---- forward and backward -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
def test_a_layer_alone_takes_pictures_of_another_size(training):
    """As in Keras, what a layer is built for fixes its channels; the definitions tell what it answers."""
    rng = np.random.default_rng(0)
    conv, pool, strides, pads = Conv2D(4, 3), MaxPooling2D(2), (1, 1), ((0, 0), (0, 0))
    for height, width in ((8, 8), (5, 6), (8, 8)):
        x = normal(rng, (2, height, width, 3), "float32")
        y = conv(x, training=training)
        how = (strides, pads, (1, 1), 1)
        want = reference.conv2d_forward(x, conv.params["kernel"], conv.params["bias"], *how)
        np.testing.assert_allclose(y, want, atol=1e-5)
        assert_same(pool(y, training=training), reference.maxpool2d_forward(y, (2, 2), (2, 2), pads))
        if training:
            dy = normal(rng, y.shape, "float32")
            np.testing.assert_allclose(
                conv.backward(dy), reference.conv2d_backward_input(dy, conv.params["kernel"], x.shape, *how), atol=1e-5
            )


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
