"""The sigmoid: on paper, kernel against definition, gradient, edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases
from tests.tolerances import assert_close, assert_same, sizes_of_sigmoid

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    """exp(-log 3) = 1/3, so sigmoid(log 3) = 1 / (1 + 1/3) = 3/4, with slope 3/4 * 1/4."""
    y = functions.sigmoid_forward(np.array([0.0, math.log(3), -math.log(3)]))
    np.testing.assert_allclose(y, [0.5, 0.75, 0.25], rtol=1e-15)
    dx = functions.sigmoid_backward(np.array([4.0, 16, 32]), np.array([0.5, 0.75, 0.25]))
    np.testing.assert_allclose(dx, [1, 3, 6], rtol=1e-15)


@given(cases())
def test_kernels_equal_reference(case):
    x, dy = case.arrays()
    y = reference.sigmoid_forward(4 * x)
    dx = reference.sigmoid_backward(dy, y)
    sizes = sizes_of_sigmoid(4 * x, y, dy)
    assert_close(kernels.sigmoid_forward(4 * x), y, "sigmoid_forward", "reference", sizes["sigmoid_forward"])
    assert_close(kernels.sigmoid_backward(dy, y), dx, "sigmoid_backward", "reference", sizes["sigmoid_backward"])


@given(cases(dtypes=st.just("float64")))
def test_gradient_is_the_slope(case):
    x, dy = case.arrays()
    dx = kernels.sigmoid_backward(dy, kernels.sigmoid_forward(x))
    assert_gradient(kernels.sigmoid_forward, x, dx, dy, np.random.default_rng(case.seed))


@both
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_never_overflows(functions, dtype):
    """Warnings are errors here: exp(1e4) would show."""
    x = np.array([1e4, -1e4, 1e30, -1e30, np.inf, -np.inf, np.nan], dtype)
    y = functions.sigmoid_forward(x)
    assert_same(y, np.array([1, 0, 1, 0, 1, 0, np.nan], dtype))
    dy = np.full(7, 3, dtype)
    assert_same(functions.sigmoid_backward(dy, y), np.array([0, 0, 0, 0, 0, 0, np.nan], dtype))


@both
def test_small_probabilities_keep_their_digits(functions):
    """1 / (1 + exp(-x)) is about exp(x) far below 0; a form like 1 - 1 / (1 + exp(x)) would give 0."""
    x = np.float32([-20, -50, -80])
    y = functions.sigmoid_forward(x)
    np.testing.assert_allclose(y, np.exp(x.astype("float64")), rtol=1e-6)
