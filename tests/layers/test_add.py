"""Add: output and gradients as Keras's, edges. (Arrays that are stretched: test_stretching.py.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Add
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, normal
from tests.tolerances import assert_same

some = cases(min_dims=2).filter(lambda case: case.shape[0])


@given(some, st.integers(2, 4))
def test_equals_keras(case, count):
    *xs, dy = case.arrays(*[case.shape] * (count + 1))
    assert_parity(Add(), keras.layers.Add(dtype=case.dtype), xs, dy)


def test_an_array_given_twice_gets_two_gradients():
    rng = np.random.default_rng(1)
    x, dy = normal(rng, (2, 3), "float32"), normal(rng, (2, 3), "float32")
    layer = Add()
    assert_same(layer.forward([x, x], training=True), x + x)
    for dx in layer.backward(dy):
        assert_same(dx, dy)


def test_the_number_of_inputs_may_change_as_in_keras():
    layer, twin = Add(), keras.layers.Add()
    x = np.ones((1, 3), "float32")
    for count in (2, 3):
        assert_same(layer([x] * count), twin([x] * count).numpy())
    for wrong in (x, [x]):
        with pytest.raises(ValueError, match="takes a list of at least two inputs"):
            layer(wrong)
