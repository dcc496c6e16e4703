"""Cropping: on paper, kernel against definition, transpose, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint
from tests.strategies import cases, frames, normal
from tests.tolerances import assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
SMALL = np.float32([[1, 2], [3, 4]]).reshape(1, 2, 2, 1)
LARGE = np.float32([[0, 0, 0], [1, 2, 0], [3, 4, 0]]).reshape(1, 3, 3, 1)
FRAME = (1, 0), (0, 1)


@both
def test_on_paper(functions):
    assert_same(functions.cropping2d_forward(LARGE + 1, FRAME), SMALL + 1)
    assert_same(functions.cropping2d_backward(SMALL, FRAME), LARGE)


@given(cases(min_dims=4), frames)
def test_kernels_equal_reference(case, frame):
    dy, _ = case.arrays()
    dx = reference.cropping2d_backward(dy, frame)
    assert_same(kernels.cropping2d_backward(dy, frame), dx)
    x = normal(np.random.default_rng(case.seed + 1), dx.shape, dx.dtype)
    assert_same(kernels.cropping2d_forward(x, frame), reference.cropping2d_forward(x, frame))


@given(cases(min_dims=4, dtypes=st.just("float64")), frames)
def test_backward_is_the_transpose(case, frame):
    dy, _ = case.arrays()
    dx = kernels.cropping2d_backward(dy, frame)
    x = normal(np.random.default_rng(case.seed + 1), dx.shape)
    assert_adjoint(kernels.cropping2d_forward(x, frame), dy, x, dx)


def test_what_comes_out_is_never_the_input_itself():
    x = normal(np.random.default_rng(1), (1, 3, 3, 2))
    for function in (kernels.cropping2d_forward, kernels.cropping2d_backward):
        assert not np.shares_memory(function(x, ((0, 0), (0, 0))), x)


def test_frames_that_do_not_fit():
    with pytest.raises(ValueError) as error:
        kernels.cropping2d_forward(np.zeros((1, 3, 4, 1)), ((2, 1), (0, 0)))
    assert str(error.value) == "`crops` must leave at least one pixel of (3, 4). Received: crops=((2, 1), (0, 0))."
