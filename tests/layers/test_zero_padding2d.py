"""ZeroPadding2D: output and gradient as Keras's, settings, errors."""

import numpy as np
import pytest
from hypothesis import given

from minicnn import ZeroPadding2D
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, frames, normal

pictures = cases(min_dims=4).filter(lambda case: case.shape[0])


@given(pictures, frames)
def test_equals_keras(case, frame):
    x, _ = case.arrays()
    dy = normal(np.random.default_rng(case.seed), np.pad(x, ((0, 0), *frame, (0, 0))).shape, case.dtype)
    assert_parity(ZeroPadding2D(frame), keras.layers.ZeroPadding2D(frame, dtype=case.dtype), x, dy)


@pytest.mark.parametrize("frame", [2, (1, 2), ((1, 2), (3, 0))])
def test_forms_of_a_frame(frame):
    theirs = keras.layers.ZeroPadding2D(frame).padding
    assert ZeroPadding2D(frame).padding == tuple(map(tuple, theirs))


def test_what_makes_no_sense():
    with pytest.raises(ValueError) as error:
        ZeroPadding2D((1, -1))
    assert str(error.value) == (
        "`padding` must be one integer of at least 0, two, or ((top, bottom), (left, right)). "
        "Received: padding=(1, -1)."
    )
