"""Flatten: output and gradient as Keras's, open sizes."""

import numpy as np
from hypothesis import given

from minicnn import Flatten
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases

some = cases(min_dims=2).filter(lambda case: case.shape[0])


@given(some)
def test_equals_keras(case):
    x, dy = case.arrays()
    assert_parity(Flatten(), keras.layers.Flatten(dtype=case.dtype), x, np.ascontiguousarray(dy).reshape(len(x), -1))


def test_open_sizes():
    assert Flatten().compute_output_shape((None, None, 3, 2)) == (None, None)
    assert Flatten().compute_output_shape((None, 4, 3, 2)) == (None, 24)
