"""Add and Multiply of arrays that are stretched: as Keras's, errors."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minicnn
from minicnn import Add, Multiply
from minicnn.layers import of_one_rank
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases

some = cases(min_dims=2).filter(lambda case: case.shape[0])


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


@pytest.mark.parametrize("layer", [Add, Multiply])
@pytest.mark.parametrize("shapes", [[(None, 3)], [(None, 3), (None, 4)], [(None, 3, 2, 4), (None, 3)], (None, 3)])
def test_shapes_that_do_not_stretch(layer, shapes):
    with pytest.raises(ValueError) as error:
        layer(name="join").build(shapes)
    assert str(error.value) == (
        f"Layer 'join' takes a list of at least two inputs, whose sizes agree or are 1. Received: input_shape={shapes}."
    )
