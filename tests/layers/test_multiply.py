"""Multiply: output and gradients as Keras's, errors. (Arrays that are stretched: test_stretching.py.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Multiply, reference
from tests.keras_oracle import keras, keras_gradients
from tests.strategies import cases
from tests.tolerances import assert_close


@given(cases(min_dims=2).filter(lambda case: case.shape[0]), st.data())
def test_equals_keras(case, data):
    stretched = data.draw(st.lists(st.booleans(), min_size=len(case.shape) - 1, max_size=len(case.shape) - 1))
    narrow = (case.shape[0], *(1 if one else size for one, size in zip(stretched, case.shape[1:], strict=True)))
    *xs, dy = case.arrays(case.shape, narrow, case.shape, case.shape)
    twin = keras.layers.Multiply(dtype=case.dtype)
    layer = Multiply()
    layer.build([(None, *x.shape[1:]) for x in xs], dtype=case.dtype)
    y, dxs = layer.forward(xs, training=True), layer.backward(dy)
    want_y, want_dxs, _ = keras_gradients(twin, [np.ascontiguousarray(x) for x in xs], np.ascontiguousarray(dy))
    assert_close(y, want_y, "multiply_forward", "Keras", (abs(want_y), 3))
    sizes = reference.multiply_backward(abs(dy), [abs(x) for x in xs])
    for got, want, size in zip(dxs, want_dxs, sizes, strict=True):
        assert_close(got, want, "multiply_backward", "Keras", (size, 3 + dy.size))


def test_what_makes_no_sense():
    with pytest.raises(ValueError) as error:
        Multiply(name="m").build([(None, 4, 3), (None, 2, 3)])
    assert str(error.value) == (
        "Layer 'm' takes a list of at least two inputs, whose sizes agree or are 1. "
        "Received: input_shape=[(None, 4, 3), (None, 2, 3)]."
    )
