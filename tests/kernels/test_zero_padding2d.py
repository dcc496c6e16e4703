"""Zero padding: on paper, kernel against definition, transpose, errors."""

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
    assert_same(functions.zero_padding2d_forward(SMALL, FRAME), LARGE)
    assert_same(functions.zero_padding2d_backward(LARGE + 1, FRAME), SMALL + 1)


@given(cases(min_dims=4), frames)
def test_kernels_equal_reference(case, frame):
    x, _ = case.arrays()
    y = reference.zero_padding2d_forward(x, frame)
    assert_same(kernels.zero_padding2d_forward(x, frame), y)
    dy = normal(np.random.default_rng(case.seed + 1), y.shape, y.dtype)
    assert_same(kernels.zero_padding2d_backward(dy, frame), reference.zero_padding2d_backward(dy, frame))


@given(cases(min_dims=4, dtypes=st.just("float64")), frames)
def test_backward_is_the_transpose(case, frame):
    x, _ = case.arrays()
    y = kernels.zero_padding2d_forward(x, frame)
    dy = normal(np.random.default_rng(case.seed + 1), y.shape)
    assert_adjoint(y, dy, x, kernels.zero_padding2d_backward(dy, frame))


def test_what_comes_out_is_never_the_input_itself():
    x = normal(np.random.default_rng(1), (1, 3, 3, 2))
    for function in (kernels.zero_padding2d_forward, kernels.zero_padding2d_backward):
        assert not np.shares_memory(function(x, ((0, 0), (0, 0))), x)


def test_frames_that_are_none():
    with pytest.raises(ValueError, match=r"`pads` must be \(\(top, bottom\), \(left, right\)\)"):
        kernels.zero_padding2d_forward(np.zeros((1, 3, 4, 1)), (1, 1))
