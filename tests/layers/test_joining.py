"""Subtract, Average, Maximum, Minimum: output and gradients as Keras's, stretched or not; errors."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import Subtract
from minicnn.layers import of_one_rank
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, ties
from tests.tolerances import assert_same

some = cases(min_dims=2).filter(lambda case: case.shape[0])
NAMES = ("Subtract", "Average", "Maximum", "Minimum")
every = pytest.mark.parametrize("name", NAMES)


def check(name, case, shapes, tied):
    *xs, dy = case.arrays(*shapes, case.shape)
    rng = np.random.default_rng(case.seed)
    xs = [ties(rng, x.shape, x.dtype) if tied else np.ascontiguousarray(x) for x in xs]
    count = max(1, dy.size)
    sizes = {"dx": ("add_backward", (abs(dy).sum(), count + 1))}
    if name in ("Subtract", "Average"):
        sizes["y"] = ("add_forward", (sum(abs(x) for x in of_one_rank(xs)), len(xs) + 1))
    twin = getattr(keras.layers, name)(dtype=case.dtype)
    assert_parity(getattr(minicnn, name)(), twin, xs, np.ascontiguousarray(dy), (), sizes)


@every
@given(case=some, count=st.integers(2, 4), tied=st.booleans())
def test_equals_keras(name, case, count, tied):
    check(name, case, [case.shape] * (2 if name == "Subtract" else count), tied)


@every
@given(case=some, data=st.data(), tied=st.booleans())
def test_stretched_arrays_equal_keras(name, case, data, tied):
    """Sizes of 1 are stretched; axes that lack stand after the batch's."""
    full, shapes = case.shape, []
    for _ in range(1 if name == "Subtract" else data.draw(st.integers(1, 3))):
        own = [data.draw(st.sampled_from([1, size])) for size in full[1:]]
        while len(own) > 1 and own[0] == 1 and data.draw(st.booleans()):
            own.pop(0)
        shapes.append((full[0], *own))
    shapes.insert(data.draw(st.integers(0, len(shapes))), full)
    long = [[axis for axis, size in enumerate(shape, -len(shape)) if size > 1] for shape in shapes]
    if name == "Average" and any(len(axes) == 1 and axes != [-1] for axes in long):
        return  # which Keras on TensorFlow may take for a bias: see test_stretching.py
    check(name, case, shapes, tied)


@every
def test_an_array_given_twice_gets_two_gradients(name):
    x, dy = np.float32([[1, -2]]), np.float32([[8, 4]])
    layer = getattr(minicnn, name)()
    y = layer.forward([x, x], training=True)
    assert_same(y, np.float32([[0, 0]]) if name == "Subtract" else x)
    want = {"Subtract": [dy, -dy], "Average": [dy / 2, dy / 2]}.get(name, [dy, 0 * dy])  # of equal ones the first wins
    for got, expected in zip(layer.backward(dy), want, strict=True):
        assert_same(got, expected)


@every
@pytest.mark.parametrize("shapes", [[(None, 3)], [(None, 3), (None, 4)], [(None, 3, 2, 4), (None, 3)], (None, 3)])
def test_shapes_that_do_not_stretch(name, shapes):
    with pytest.raises(ValueError) as error:
        getattr(minicnn, name)(name="join").build(shapes)
    assert str(error.value) == (
        f"Layer 'join' takes a list of at least two inputs, whose sizes agree or are 1. Received: input_shape={shapes}."
    )


def test_subtract_takes_two():
    with pytest.raises(ValueError) as error:
        Subtract(name="s").build([(None, 3)] * 3)
    assert str(error.value) == (
        "Layer 's' takes a list of two inputs. Received: input_shape=[(None, 3), (None, 3), (None, 3)]."
    )


@pytest.mark.parametrize("name", ["add", "average", "concatenate", "maximum", "minimum", "multiply", "subtract"])
def test_functions_beside_layers(name):
    """As in Keras: `add([x, y])` is `Add()([x, y])`, of arrays and of symbolic tensors."""
    xs = [np.random.default_rng(seed).normal(size=(2, 3, 4, 2)).astype("float32") for seed in (1, 2)]
    ours, theirs = (getattr(of, name) for of in (minicnn.layers, keras.layers))
    np.testing.assert_allclose(ours(xs), theirs(xs), rtol=1e-6)
    tensor = ours([minicnn.Input((3, 4, 2)), minicnn.Input((3, 4, 2))], name="joined")
    assert tensor.node.layer.name == "joined" and type(tensor.node.layer).__name__.lower() == name
    assert minicnn.layers.concatenate(xs, 1).shape == (2, 6, 4, 2) and ours.__name__ == name
    example = doctest.DocTestParser().get_doctest(ours.__doc__, {}, name, None, 0)
    assert doctest.DocTestRunner().run(example) == (0, 2)  # doctest itself doesn't see it: it is made by a function
