"""Softmax: on paper, kernel against definition, gradient, edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases, normal
from tests.tolerances import assert_close, assert_same, sizes_of_softmax

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    """Logits log 1, log 2, log 5 stand 1 : 2 : 5, whatever constant is added."""
    logits = np.log([[1.0, 2, 5]])
    y = np.array([[1, 2, 5]]) / 8
    for constant in (0, 3, -700):
        np.testing.assert_allclose(functions.softmax_forward(logits + constant), y, rtol=1e-13)
    # the mean of dy under y is (8 + 2 * 16 + 5 * 0) / 8 = 5
    np.testing.assert_allclose(functions.softmax_backward(np.array([[8.0, 16, 0]]), y), y * [[3, 11, -5]], rtol=1e-15)


@given(cases(min_dims=2))
def test_kernels_equal_reference(case):
    x, dy = case.arrays()
    y = reference.softmax_forward(4 * x)
    dx = reference.softmax_backward(dy, y)
    sizes = sizes_of_softmax(4 * x, y, dy)
    assert_close(kernels.softmax_forward(4 * x), y, "softmax_forward", "reference", sizes["softmax_forward"])
    assert_close(kernels.softmax_backward(dy, y), dx, "softmax_backward", "reference", sizes["softmax_backward"])


@given(cases(min_dims=2, dtypes=st.just("float64")))
def test_gradient_is_the_slope(case):
    """With a random cotangent: under one of equal numbers every gradient of a softmax is 0, and any would pass."""
    x, dy = case.arrays()
    dx = kernels.softmax_backward(dy, kernels.softmax_forward(x))
    assert_gradient(kernels.softmax_forward, x, dx, dy, np.random.default_rng(case.seed))


@both
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_ten_thousand(functions, dtype):
    """Warnings are errors here: exp(1e4) would show, and so would 0 / 0."""
    x = np.array([[1e4, 1e4 - 1, 0], [-1e4, -1e4, -1e4], [1e4, -1e4, 0]], dtype)
    y = functions.softmax_forward(x)
    e = math.exp(-1)
    want = np.array([[1 / (1 + e), e / (1 + e), 0], [1 / 3, 1 / 3, 1 / 3], [1, 0, 0]])
    np.testing.assert_allclose(y, want, rtol=4 * np.finfo(dtype).eps)
    assert y.dtype == dtype


@both
@pytest.mark.parametrize("classes", [1, 7, 16, 33, 1000])
def test_rows_are_probabilities(functions, classes):
    y = functions.softmax_forward(normal(np.random.default_rng(1), (5, classes), "float32"))
    assert y.shape == (5, classes) and y.min() > 0
    np.testing.assert_allclose(y.sum(axis=1, dtype="float64"), 1, rtol=2e-7 * np.sqrt(classes))


@both
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_inf_spoil_their_row_alone(functions, bad):
    x = np.float32([[1, 2, 3], [1, bad, 3], [3, 2, 1]])
    with np.errstate(invalid="ignore"):  # inf - inf
        y = functions.softmax_forward(x)
    assert_same(np.isnan(y), np.repeat([[False], [True], [False]], 3, axis=1))
