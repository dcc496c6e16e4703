"""What every layer asks of the arrays that it is given: casts to its dtype, and the text of every refusal."""

import numpy as np
import pytest

from minicnn import Add, Dense, Input, Normalization
from tests.layers.examples import EXAMPLES, assert_all_same, draw, every_layer, make, one_input, shapes_of, with_arrays
from tests.tolerances import assert_same


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
