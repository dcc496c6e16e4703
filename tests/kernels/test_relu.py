"""ReLU: on paper, kernel against definition, gradient, edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint, assert_gradient
from tests.strategies import apart, cases, normal
from tests.tolerances import assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    y = functions.relu_forward(np.float32([-2, -0.5, 0, 0.5, 2]))
    assert_same(y, np.float32([0, 0, 0, 0.5, 2]))
    assert_same(functions.relu_backward(np.float32([1, 2, 3, 4, 5]), y), np.float32([0, 0, 0, 4, 5]))


@given(cases())
def test_kernels_equal_reference(case):
    x, dy = case.arrays()
    y = kernels.relu_forward(x)
    assert_same(y, reference.relu_forward(x))
    assert_same(kernels.relu_backward(dy, y), reference.relu_backward(dy, y))


@given(cases(dtypes=st.just("float64")))
def test_gradient_is_the_slope_and_the_transpose(case):
    rng = np.random.default_rng(case.seed)
    x, dy = apart(rng, case.shape), normal(rng, case.shape)
    y = kernels.relu_forward(x)
    dx = kernels.relu_backward(dy, y)
    assert_gradient(kernels.relu_forward, x, dx, dy, rng)
    assert_adjoint(y, dy, x, dx)


@both
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edges(functions, dtype):
    """The slope at exactly 0 is 0, of either sign; the smallest positive number passes; NaN stays, inf passes."""
    tiny = np.finfo(dtype).smallest_subnormal
    x = np.array([0.0, -0.0, tiny, -tiny, np.inf, -np.inf, np.nan], dtype)
    y = functions.relu_forward(x)
    assert_same(y, np.array([0, 0, tiny, 0, np.inf, 0, np.nan], dtype))
    dy = np.arange(1, 8, dtype=dtype)
    assert_same(functions.relu_backward(dy, y), np.array([0, 0, 3, 0, 5, 0, 0], dtype))
