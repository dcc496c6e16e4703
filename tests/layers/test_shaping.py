"""Flatten, Rescaling, Add and Concatenate: output and gradients as Keras's, settings, errors."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minicnn
from minicnn import Add, Concatenate, Flatten, Multiply, Rescaling
from minicnn.layers.stretching import of_one_rank
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, normal
from tests.tolerances import assert_same

some = cases(min_dims=2).filter(lambda case: case.shape[0])


# ---- 5 Keras --------------------------------------------------------------------------------------------------------


@given(some)
def test_flatten_equals_keras(case):
    x, dy = case.arrays()
    assert_parity(Flatten(), keras.layers.Flatten(dtype=case.dtype), x, np.ascontiguousarray(dy).reshape(len(x), -1))


CONSTANTS = st.sampled_from([1 / 255, 1 / 127.5, -0.5, 0.1, 0.0])


@given(some, CONSTANTS, CONSTANTS, st.sampled_from(["numbers", "scales", "offsets", "both"]))
def test_rescaling_equals_keras(case, scale, offset, several):
    """Constants that float32 rounds, in a float64 layer too: Keras rounds them first."""
    x, dy = case.arrays()
    if several in ("scales", "both"):
        scale = [scale / (channel + 1) for channel in range(x.shape[-1])]
    if several in ("offsets", "both"):
        offset = [offset - channel / 3 for channel in range(x.shape[-1])]
    sizes = {
        "y": ("rescaling_forward", (abs(x * scale) + np.abs(offset), 2)),
        "dx": ("rescaling_backward", (abs(dy * scale), 1)),
    }
    assert_parity(Rescaling(scale, offset), keras.layers.Rescaling(scale, offset, dtype=case.dtype), x, dy, (), sizes)


@given(some, st.integers(2, 4))
def test_add_equals_keras(case, count):
    *xs, dy = case.arrays(*[case.shape] * (count + 1))
    assert_parity(Add(), keras.layers.Add(dtype=case.dtype), xs, dy)


@given(some, st.sampled_from(["Add", "Multiply"]), st.data())
def test_stretched_arrays_equal_keras(case, name, data):
    """Sizes of 1 are stretched; axes that lack stand after the batch's.

    Left out: sums with an array that has one long axis, not the last. Keras 3.15 on TensorFlow takes it for a bias
    where it is as long as the last one is: [[1, 2], [3, 4]] + [[10], [100]] is [[11, 102], [13, 104]] there.
    """
    shapes, full = [], case.shape
    for _ in range(data.draw(st.integers(1, 3))):
        own = [data.draw(st.sampled_from([1, size])) for size in full[1:]]
        while len(own) > 1 and own[0] == 1 and data.draw(st.booleans()):
            own.pop(0)
        shapes.append((full[0], *own))
    shapes.insert(data.draw(st.integers(0, len(shapes))), full)
    long = [[axis for axis, size in enumerate(shape, -len(shape)) if size > 1] for shape in shapes]
    assume(name == "Multiply" or all(len(axes) != 1 or axes == [-1] for axes in long))
    *xs, dy = case.arrays(*shapes, full)
    factors, sizes = [abs(x) for x in of_one_rank(xs)], {}
    if name == "Add":
        count = max(1, dy.size)
        sizes = {"y": ("add_forward", (sum(factors), len(xs))), "dx": ("add_backward", (abs(dy).sum(), count))}
    else:
        most = math.prod(max(float(each.max(initial=0)), 1.0) for each in factors)
        sizes = {
            "y": ("multiply_forward", (math.prod(factors), len(xs))),
            "dx": ("multiply_backward", (abs(dy).sum() * most, len(xs) + max(1, dy.size))),
        }
    assert_parity(getattr(minicnn, name)(), getattr(keras.layers, name)(dtype=case.dtype), xs, dy, (), sizes)


@given(some, st.lists(st.integers(1, 4), min_size=2, max_size=4), st.data())
def test_concatenate_equals_keras_along_every_axis(case, sizes, data):
    rank = len(case.shape)
    axis = data.draw(st.sampled_from([axis for axis in range(-rank + 1, rank) if axis]))
    shapes = [(*case.shape[: axis % rank], size, *case.shape[axis % rank + 1 :]) for size in (*sizes, sum(sizes))]
    *xs, dy = case.arrays(*shapes)
    assert_parity(Concatenate(axis), keras.layers.Concatenate(axis, dtype=case.dtype), xs, dy)


# ---- 6 edges --------------------------------------------------------------------------------------------------------


def test_an_array_given_twice_gets_two_gradients():
    rng = np.random.default_rng(1)
    x, dy = normal(rng, (2, 3), "float32"), normal(rng, (2, 3), "float32")
    layer = Add()
    assert_same(layer.forward([x, x], training=True), x + x)
    for dx in layer.backward(dy):
        assert_same(dx, dy)


@pytest.mark.parametrize("scale", [np.array(1 / 255.0), np.float32(1 / 255), np.full(3, 1 / 255), np.array(2)])
def test_rescaling_by_numpy_s_numbers_equals_keras(scale, tmp_path):
    x = np.random.default_rng(0).random((2, 2, 2, 3), dtype="float32")
    want = keras.layers.Rescaling(scale, offset=np.array(-1))(x).numpy()
    model = minicnn.Sequential([minicnn.Input((2, 2, 3)), Rescaling(scale, np.array(-1))])
    np.testing.assert_allclose(model.predict(x), want, rtol=1e-6)
    model.save(tmp_path / "r.keras")
    assert_same(minicnn.load_model(tmp_path / "r.keras").predict(x), model.predict(x))


def test_open_sizes():
    assert Flatten().compute_output_shape((None, None, 3, 2)) == (None, None)
    assert Flatten().compute_output_shape((None, 4, 3, 2)) == (None, 24)
    assert Concatenate().compute_output_shape([(None, 4, None), (None, 4, 2)]) == (None, 4, None)
    assert Concatenate(1).compute_output_shape([(None, 4, None), (None, 5, None)]) == (None, 9, None)


# ---- 7 errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [True, "1", None, [1.0, None], float("nan"), [float("inf")]])
def test_rescaling_takes_numbers(scale):
    with pytest.raises(ValueError) as error:
        Rescaling(scale)
    assert str(error.value) == f"`scale` must be one finite number, or one a channel. Received: scale={scale!r}."
    with pytest.raises(ValueError) as error:
        Rescaling(1.0, scale)
    assert str(error.value) == f"`offset` must be one finite number, or one a channel. Received: offset={scale!r}."


def test_rescaling_takes_a_number_for_each_channel():
    with pytest.raises(ValueError) as error:
        Rescaling(1.0, [1.0, 2.0], name="r").build((None, 4, 3))
    assert str(error.value) == (
        "`offset` of layer 'r' must be one number, or one for each channel of its input "
        "(None, 4, 3). Received: offset=(1.0, 2.0)."
    )


@pytest.mark.parametrize("layer", [Add, Multiply])
@pytest.mark.parametrize("shapes", [[(None, 3)], [(None, 3), (None, 4)], [(None, 3, 2, 4), (None, 3)], (None, 3)])
def test_shapes_that_do_not_stretch(layer, shapes):
    with pytest.raises(ValueError) as error:
        layer(name="join").build(shapes)
    assert str(error.value) == (
        f"Layer 'join' takes a list of at least two inputs, whose sizes agree or are 1. Received: input_shape={shapes}."
    )


@pytest.mark.parametrize(
    "shapes", [(None, 3), [], [(None, 3)], [(None, 3, 2), (None, 4, 2)], [(None, 3), (None, 3, 1)], [(None,), (None,)]]
)
def test_concatenate_takes_shapes_that_differ_along_its_axis(shapes):
    with pytest.raises(ValueError) as error:
        Concatenate(name="join").build(shapes)
    assert str(error.value) == (
        "Layer 'join' takes a list of at least two inputs that differ along axis -1 only. "
        f"Received: input_shape={shapes}."
    )
    with pytest.raises(ValueError, match="`axis` must be an integer other than 0, the batch. Received: axis=0."):
        Concatenate(0)


def test_the_number_of_inputs_may_change_as_in_keras():
    layer, twin = Add(), keras.layers.Add()
    x = np.ones((1, 3), "float32")
    for count in (2, 3):
        assert_same(layer([x] * count), twin([x] * count).numpy())
    for wrong in (x, [x]):
        with pytest.raises(ValueError, match="takes a list of at least two inputs"):
            layer(wrong)
