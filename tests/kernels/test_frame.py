"""Zero padding and cropping: on paper, kernel against definition, transposes, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint
from tests.strategies import cases, normal
from tests.tolerances import assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
sides = st.tuples(st.integers(0, 3), st.integers(0, 3))
frames = st.tuples(sides, sides)


@both
def test_on_paper(functions):
    x = np.float32([[1, 2], [3, 4]]).reshape(1, 2, 2, 1)
    y = np.float32([[0, 0, 0], [1, 2, 0], [3, 4, 0]]).reshape(1, 3, 3, 1)
    frame = (1, 0), (0, 1)
    assert_same(functions.zero_padding2d_forward(x, frame), y)
    assert_same(functions.cropping2d_forward(y, frame), x)


@given(cases(min_dims=4), frames)
def test_kernels_equal_reference(case, frame):
    x, _ = case.arrays()
    y = reference.zero_padding2d_forward(x, frame)
    assert_same(kernels.zero_padding2d_forward(x, frame), y)
    assert_same(kernels.cropping2d_forward(y, frame), reference.cropping2d_forward(y, frame))
    assert_same(kernels.zero_padding2d_backward(y, frame), np.ascontiguousarray(x))
    assert_same(kernels.cropping2d_backward(x, frame), y)


@given(cases(min_dims=4, dtypes=st.just("float64")), frames)
def test_backward_is_the_transpose(case, frame):
    x, _ = case.arrays()
    rng = np.random.default_rng(case.seed + 1)
    y = kernels.zero_padding2d_forward(x, frame)
    dy = normal(rng, y.shape)
    assert_adjoint(y, dy, x, kernels.zero_padding2d_backward(dy, frame))
    big = normal(rng, y.shape)
    assert_adjoint(kernels.cropping2d_forward(big, frame), x, big, kernels.cropping2d_backward(x, frame))


@pytest.mark.parametrize("forward", [kernels.zero_padding2d_forward, kernels.cropping2d_forward])
def test_what_comes_out_is_never_the_input_itself(forward):
    x = normal(np.random.default_rng(1), (1, 3, 3, 2))
    assert not np.shares_memory(forward(x, ((0, 0), (0, 0))), x)


def test_frames_that_do_not_fit():
    x = np.zeros((1, 3, 4, 1))
    with pytest.raises(ValueError) as error:
        kernels.cropping2d_forward(x, ((2, 1), (0, 0)))
    assert str(error.value) == "`crops` must leave at least one pixel of (3, 4). Received: crops=((2, 1), (0, 0))."
    with pytest.raises(ValueError, match=r"`pads` must be \(\(top, bottom\), \(left, right\)\)"):
        kernels.zero_padding2d_forward(x, (1, 1))
