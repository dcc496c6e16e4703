"""Reshape: output and gradient as Keras's, errors."""

import numpy as np
import pytest
from hypothesis import given

from minicnn import Reshape
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, normal

pictures = cases(min_dims=4).filter(lambda case: case.shape[0])


@given(pictures)
def test_equals_keras(case):
    n, h, w, c = case.shape
    x, _ = case.arrays()
    for target in ((h * w, c), (-1,), (c, -1, 1)):
        dy = normal(np.random.default_rng(case.seed), np.ascontiguousarray(x).reshape(n, *target).shape, case.dtype)
        assert_parity(Reshape(target), keras.layers.Reshape(target, dtype=case.dtype), x, dy)


@pytest.mark.parametrize(
    ("make", "input_shape", "sentence"),
    [
        (
            lambda: Reshape((2, -1, -1)),
            None,
            "`target_shape` must be positive integers, one of them -1 at most. Received: target_shape=(2, -1, -1).",
        ),
        (
            lambda: Reshape((5, -1), name="r"),
            (None, 4, 3),
            "`target_shape` of layer 'r' must hold the 12 numbers of its input (None, 4, 3). "
            "Received: target_shape=(5, -1).",
        ),
    ],
)
def test_what_makes_no_sense(make, input_shape, sentence):
    with pytest.raises(ValueError) as error:
        make().build(input_shape)
    assert str(error.value) == sentence
