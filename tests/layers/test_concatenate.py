"""Concatenate: output and gradients as Keras's, open sizes, errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Concatenate
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases

some = cases(min_dims=2).filter(lambda case: case.shape[0])


@given(some, st.lists(st.integers(1, 4), min_size=2, max_size=4), st.data())
def test_equals_keras_along_every_axis(case, sizes, data):
    rank = len(case.shape)
    axis = data.draw(st.sampled_from([axis for axis in range(-rank + 1, rank) if axis]))
    shapes = [(*case.shape[: axis % rank], size, *case.shape[axis % rank + 1 :]) for size in (*sizes, sum(sizes))]
    *xs, dy = case.arrays(*shapes)
    assert_parity(Concatenate(axis), keras.layers.Concatenate(axis, dtype=case.dtype), xs, dy)


def test_open_sizes():
    assert Concatenate().compute_output_shape([(None, 4, None), (None, 4, 2)]) == (None, 4, None)
    assert Concatenate(1).compute_output_shape([(None, 4, None), (None, 5, None)]) == (None, 9, None)


@pytest.mark.parametrize(
    "shapes", [(None, 3), [], [(None, 3)], [(None, 3, 2), (None, 4, 2)], [(None, 3), (None, 3, 1)], [(None,), (None,)]]
)
def test_takes_shapes_that_differ_along_its_axis(shapes):
    with pytest.raises(ValueError) as error:
        Concatenate(name="join").build(shapes)
    assert str(error.value) == (
        "Layer 'join' takes a list of at least two inputs that differ along axis -1 only. "
        f"Received: input_shape={shapes}."
    )
    with pytest.raises(ValueError, match="`axis` must be an integer other than 0, the batch. Received: axis=0."):
        Concatenate(0)
