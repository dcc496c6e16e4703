"""Cropping2D: output and gradient as Keras's, settings, errors."""

import numpy as np
import pytest
from hypothesis import given

from minicnn import Cropping2D
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, frames, normal

pictures = cases(min_dims=4).filter(lambda case: case.shape[0])


@given(pictures, frames)
def test_equals_keras(case, frame):
    dy, _ = case.arrays()
    x = normal(np.random.default_rng(case.seed), np.pad(dy, ((0, 0), *frame, (0, 0))).shape, case.dtype)
    assert_parity(Cropping2D(frame), keras.layers.Cropping2D(frame, dtype=case.dtype), x, dy)


@pytest.mark.parametrize("frame", [2, (1, 2), ((1, 2), (3, 0))])
def test_forms_of_a_frame(frame):
    theirs = keras.layers.Cropping2D(frame).cropping
    assert Cropping2D(frame).cropping == tuple(map(tuple, theirs))


def test_what_makes_no_sense():
    with pytest.raises(ValueError) as error:
        Cropping2D((2, 0), name="c").build((None, 4, 5, 3))
    assert str(error.value) == (
        "`cropping` of layer 'c' must leave at least one pixel of its input (None, 4, 5, 3). "
        "Received: cropping=((2, 2), (0, 0))."
    )
